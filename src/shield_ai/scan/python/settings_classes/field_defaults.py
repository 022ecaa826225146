"""Describe the default of a pydantic field: whether a call generates it, or it reads a variable."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeVar

from shield_ai.model.name_meaning import is_secret
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import parse_expression, string_constant
from shield_ai.scan.python.classify.candidates import is_number
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.aws_reads import reads_aws
from shield_ai.scan.python.readers.known_readers import RuntimeFunction
from shield_ai.scan.python.readers.reads import reads_variable

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver

Node = TypeVar("Node", bound=ast.AST)
DEFAULT_KEYWORDS = frozenset({"default", "default_factory"})
TEXT_TYPES = frozenset({"str", "bytes"})
EMPTY_FACTORIES = frozenset({"bytes", "dict", "list", "set", "str", "tuple"})
# https://docs.pydantic.dev/latest/api/types/ and https://docs.pydantic.dev/latest/api/networks/
SECRET_ANNOTATION = regex(
    r"\b(?:Secret(?:Str|Bytes)"
    r"|(?:Postgres|Cockroach|MySQL|MariaDB|ClickHouse|Snowflake|Mongo|Redis|Amqp|Nats)Dsn)\b"
)
# A type of URL does not say whether the URL holds a password.
URL_TYPE = regex(r"\b(?:Any|AnyHttp|Http|AnyWebsocket|Websocket|File|Ftp)?Url$")


def field_default_contains_read(
    resolver: Resolver, value: ast.expr, scopes: tuple[Scope, ...]
) -> bool:
    """Return whether a default reads a variable or AWS.

    If so, that read is rewritten, and not the field.
    """
    for node in ast.walk(value):
        if isinstance(node, ast.Call):
            if isinstance(resolver.resolve(node.func, scopes), RuntimeFunction):
                return True
    if reads_aws(resolver.project, resolver.module, value, scopes):
        return True
    return not _is_field_call(value) and reads_variable(resolver, value, scopes)


def defaults_of(value: ast.expr | None) -> list[ast.expr]:
    """Return the default of a field, or of its call of `Field`, in a list; empty without one."""
    return [default for default in _arguments(value) if ast.unparse(default) != "..."]


def is_optional(node: ast.AnnAssign, *, is_pydantic_1: bool) -> bool:
    """Return whether a field is optional: it has a default or, in pydantic 1, accepts None.

    https://docs.pydantic.dev/1.10/usage/models/#required-optional-fields
    """
    if defaults_of(node.value):
        return True
    is_required = "..." in map(ast.unparse, _arguments(node.value))
    return is_pydantic_1 and _accepts_none(node.annotation) and not is_required


def _arguments(value: ast.expr | None) -> list[ast.expr]:
    """Return what `defaults_of` returns, and `...`, which marks a required field."""
    if value is None:
        return []
    if not isinstance(value, ast.Call) or not _is_field_call(value):
        return [value]
    keywords = [keyword.value for keyword in value.keywords if keyword.arg in DEFAULT_KEYWORDS]
    return [*value.args, *keywords]


def _accepts_none(annotation: ast.expr) -> bool:
    """Return whether a type is `Optional[…]`, `… | None`, a `Union` with None, or `Any`."""
    text = string_constant(annotation)
    if text is not None:
        parsed = parse_expression(text)
        return parsed is not None and _accepts_none(parsed)
    if isinstance(annotation, ast.BinOp):
        return any(map(_accepts_none, (annotation.left, annotation.right)))
    if isinstance(annotation, ast.Subscript):
        return _generic_accepts_none(annotation)
    return ast.unparse(annotation) in {"None", "object"} or is_named(annotation, "Any")


def _generic_accepts_none(annotation: ast.Subscript) -> bool:
    arguments = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
    if is_named(annotation.value, "Union"):
        return any(map(_accepts_none, arguments))
    if is_named(annotation.value, "Annotated") and arguments:
        is_required = any("..." in map(ast.unparse, _arguments(item)) for item in arguments[1:])
        return _accepts_none(arguments[0]) and not is_required
    return is_named(annotation.value, "Optional")


def generated_default(value: ast.expr | None) -> ast.expr | None:
    """Return the default of a field if a call generates it, such as a random key; else None.

    A default that is composed of other secrets is not generated.
    """
    keywords = value.keywords if isinstance(value, ast.Call) else []
    for keyword in keywords:
        if keyword.arg == "default_factory" and not isinstance(keyword.value, ast.Lambda):
            return None if ast.unparse(keyword.value) in EMPTY_FACTORIES else keyword.value
    for default in defaults_of(value):
        if _is_generated(default):
            return default
    return None


def default_text(value: ast.expr | None) -> ast.expr | None:
    """Return the text that is the default of a field, also inside `SecretStr(...)`; else None."""
    for default in defaults_of(value):
        text = default
        if isinstance(default, ast.Call) and _is_conversion(default) and default.args:
            text = default.args[0]
        if literal_text(text):
            return text
    return None


def default_number(value: ast.expr | None) -> ast.expr | None:
    """Return the number that is the default of a field, or None."""
    return next((default for default in defaults_of(value) if is_number(default)), None)


def _is_generated(default: ast.expr) -> bool:
    calls = _nodes(default, ast.Call)
    if all(_is_conversion(call) for call in calls):
        return False
    functions = {node for call in calls for node in ast.walk(call.func)}
    names = _nodes(default, ast.Name)
    return not any(is_secret(name.id) for name in names if name not in functions)


def _nodes(node: ast.AST, kind: type[Node]) -> list[Node]:
    return [part for part in ast.walk(node) if isinstance(part, kind)]


def is_instance_of(value: ast.expr | None, annotation: ast.expr) -> bool:
    """Return whether a default creates an object of the field's type, which is not a text type."""
    if not isinstance(value, ast.Call) or _is_conversion(value):
        return False
    return ast.unparse(value.func) == ast.unparse(without_none(annotation))


def without_none(annotation: ast.expr) -> ast.expr:
    """Return the type in `Optional[type]` or `type | None`."""
    if isinstance(annotation, ast.BinOp) and ast.unparse(annotation.right) == "None":
        return annotation.left
    if isinstance(annotation, ast.Subscript) and is_named(annotation.value, "Optional"):
        return annotation.slice
    return annotation


def is_named(node: ast.expr, name: str) -> bool:
    """Return whether a type has the given name, in any module."""
    return ast.unparse(node).rpartition(".")[2] == name


def _is_field_call(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).endswith("Field")


def _is_conversion(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    return name in TEXT_TYPES or bool(SECRET_ANNOTATION.search(name) or URL_TYPE.search(name))
