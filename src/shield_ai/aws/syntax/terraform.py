"""Blocks, addresses and strings in Terraform's JSON syntax.

https://developer.hashicorp.com/terraform/language/syntax/json
"""

from __future__ import annotations

import json
import re
from typing import Any

from shield_ai.aws.desired.iam import short_digest

# the resource's type, and its arguments; a list of dicts is a repeated block
Block = tuple[str, dict[str, Any]]


class Expression(str):
    """A string that Terraform evaluates; all other strings are literals."""

    __slots__ = ()


def terraform_attribute(resource_type: str, name: str, attribute_name: str) -> Expression:
    """Return the reference to an attribute of another resource."""
    return Expression(f"${{{terraform_address(resource_type, name)}.{attribute_name}}}")


def terraform_address(resource_type: str, name: str) -> str:
    """Return the address of the first block of a resource."""
    return f"{resource_type}.{label(name)}"


def label(name: str) -> str:
    """Return a unique Terraform label for a resource name: `a/b` becomes `a__b`.

    Names that differ only in replaced characters, such as `a.b` and `a+b`, get a digest.
    """
    text = re.sub(r"[^A-Za-z0-9_-]", "_", name.replace("/", "__"))
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*([_/][A-Za-z0-9-]+)*", name):
        return text
    return f"_{text}_{short_digest(name)}"


def document_text(value: Any) -> str:
    """Return a document, such as an IAM policy, as the text that AWS expects."""
    return json.dumps(value, ensure_ascii=False)


def escape(value: Any) -> Any:
    """Escape the template markers `${` and `%{` in all strings and keys except expressions."""
    if isinstance(value, Expression):
        return str(value)
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {escape(key): escape(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [escape(item) for item in value]
    return value
