"""Write values and blocks in HCL, the language of Terraform files.

https://developer.hashicorp.com/terraform/language/syntax/configuration
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INDENT = "  "


class Reference(str):
    """The address of another resource or attribute, written without quotes."""

    __slots__ = ()


class References:
    """A list of addresses, written without quotes."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses


class JsonEncode:
    """A document written as jsonencode(…), so that it stays readable in the file."""

    def __init__(self, document: Any) -> None:
        self.document = document


def resource_block(resource_type: str, label: str, arguments: Mapping[str, Any]) -> str:
    """Return a resource block.

    Args:
        resource_type: For example `aws_sqs_queue`.
        label: The name of the resource within the configuration.
        arguments: A list of dicts is written as repeated nested blocks.
    """
    body = "".join(_argument_lines(arguments, depth=1))
    return f"resource {quote(resource_type)} {quote(label)} {{\n{body}}}\n"


def quote(text: str) -> str:
    """Quote a string, with HCL's template markers `${` and `%{` escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return quoted.replace("${", "$${").replace("%{", "%%{")


def _argument_lines(arguments: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = _INDENT * depth
    for key, value in arguments.items():
        if not _is_block_list(value):
            yield f"{indent}{key} = {_expression(value, depth)}\n"
            continue
        for block in value:
            body = "".join(_argument_lines(block, depth + 1))
            yield f"{indent}{key} {{\n{body}{indent}}}\n"


def _is_block_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _expression(value: Any, depth: int) -> str:
    match value:
        case Reference():
            return str(value)
        case References():
            return f"[{', '.join(value.addresses)}]"
        case JsonEncode():
            return f"jsonencode({_expression(value.document, depth)})"
        case dict():
            return _object(value, depth)
        case list():
            return _tuple(value, depth)
        case str():
            return quote(value)
        case _:
            return json.dumps(value)


def _object(value: dict[str, Any], depth: int) -> str:
    if not value:
        return "{}"
    indent = _INDENT * (depth + 1)
    lines = [
        f"{indent}{quote(str(key))} = {_expression(item, depth + 1)}\n"
        for key, item in value.items()
    ]
    return "{\n" + "".join(lines) + _INDENT * depth + "}"


def _tuple(value: list[Any], depth: int) -> str:
    if not value:
        return "[]"
    indent = _INDENT * (depth + 1)
    lines = [f"{indent}{_expression(item, depth + 1)},\n" for item in value]
    return "[\n" + "".join(lines) + _INDENT * depth + "]"
