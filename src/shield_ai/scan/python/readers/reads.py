"""Describe a read of a variable: the arguments for the variable's name and for its default."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING, TypeGuard

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.aws_reads import SECRETS_MANAGER
from shield_ai.scan.python.readers.known_readers import (
    DOTENV_LABEL,
    DYNACONF_LABEL,
    NAME_KEYWORDS,
    Library,
)
from shield_ai.scan.python.readers.value_classes import is_value_class

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.known_readers import Reader
    from shield_ai.scan.python.readers.resolve import Resolver

# A cache that needs no server: https://django-environ.readthedocs.io/en/latest/types.html
LOCAL_CACHE_URL = regex(r"(?:db|file|locmem|dummy)cache://")


class Read:
    """A read of a variable: the reader, the name's expression and the default."""

    __slots__ = ("argument", "default", "reader")

    def __init__(self, reader: Reader, argument: ast.expr | None, default: ast.expr | None) -> None:
        self.reader = reader
        self.argument = argument
        self.default = default


def name_and_default(node: ast.Call, reader: Reader) -> tuple[ast.expr | None, ast.expr | None]:
    """Return the arguments of a call that give the variable's name and the default."""
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    positional = list(itertools.takewhile(lambda a: not isinstance(a, ast.Starred), node.args))
    name = _argument_at(positional, reader.name_position)
    if name is None:
        name = _name_keyword(keywords, reader)
    default = keywords.get("default")
    if default is None:
        follows_name = reader.name_position != 0
        index = reader.name_position + 1 if follows_name else reader.default_position
        has_default = index >= 0 and index != reader.fallback_position
        default = _argument_at(positional, index) if has_default else None
    return name, default


def fallback_name(node: ast.expr, reader: Reader) -> ast.expr | None:
    """Return the argument of a call that names the variable to read instead of the first."""
    if not isinstance(node, ast.Call) or not reader.fallback_keyword:
        return None
    for keyword in node.keywords:
        if keyword.arg == reader.fallback_keyword:
            return keyword.value
    return _argument_at(node.args, reader.fallback_position)


def _argument_at(positional: list[ast.expr], index: int) -> ast.expr | None:
    return positional[index] if len(positional) > index else None


def _name_keyword(keywords: dict[str, ast.expr], reader: Reader) -> ast.expr | None:
    if reader.name_keyword in keywords:
        return keywords[reader.name_keyword]
    if not reader.fixed:
        for name, value in keywords.items():
            if name in NAME_KEYWORDS:
                return value
    return None


def explain_reader(read: Read) -> SkipReason | None:
    """Explain why a reader may return another value than that of the variable; else None."""
    reader = read.reader
    if reader.label.startswith(DOTENV_LABEL):
        return SkipId.READS_DOTENV_FILE.reason(reader=DOTENV_LABEL)
    if reader.label.startswith(DYNACONF_LABEL):
        return SkipId.READ_BY_LIBRARY.reason(function="Dynaconf")
    if isinstance(read.argument, ast.Constant) and isinstance(read.argument.value, bytes):
        return SkipId.UNSUPPORTED_READ.reason()
    if reader.reads_aws:
        return SkipId.READS_AWS.reason(reader=reader.label, service=SECRETS_MANAGER)
    if reader.overridden_by:
        return SkipId.OVERRIDDEN.reason(reader=reader.label, other=reader.overridden_by)
    if reader.is_guessed and not reader.is_copy:
        return SkipId.UNKNOWN_READER.reason(reader=reader.label)
    return None


def reads_variable(resolver: Resolver, default: ast.expr, scopes: tuple[Scope, ...]) -> bool:
    """Return whether a default reads another variable, directly or through a name."""
    parts = [default]
    for node in ast.walk(default):
        if isinstance(node, ast.Name):
            bindings = resolver.module.lookup(node.id, scopes)
            parts += [binding for binding in bindings if isinstance(binding, ast.expr)]
    for part in parts:
        calls = [n for n in ast.walk(part) if isinstance(n, (ast.Call, ast.Subscript))]
        if any(_reads(resolver, call, scopes) for call in calls):
            return True
    return False


def _reads(resolver: Resolver, node: ast.Call | ast.Subscript, scopes: tuple[Scope, ...]) -> bool:
    """Return whether an expression reads a variable, directly or by a value class."""
    if resolver.find_read(node, scopes):
        return True
    function = resolver.resolve(node.func, scopes) if isinstance(node, ast.Call) else None
    return isinstance(function, Library) and is_value_class(function.path)


def concatenated_parts(node: ast.AST) -> list[ast.expr] | None:
    """Return the operands of `a + b`, or the parts of a formatted text; else None."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    if isinstance(node, ast.JoinedStr):
        return [v.value if _is_unchanged(v) else v for v in node.values]
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _filled(node.left, "%s", values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.keywords:
        if node.func.attr == "format":
            return _filled(node.func.value, "{}", node.args)
        if node.func.attr == "join" and len(node.args) == 1:
            return _joined(node.func.value, node.args[0])
    return None


def _is_unchanged(part: ast.expr) -> TypeGuard[ast.FormattedValue]:
    """Return whether a part of an f-string is `{name}` or `{name!s}`, which keeps a text."""
    return (
        isinstance(part, ast.FormattedValue)
        and part.format_spec is None
        and part.conversion in {-1, ord("s")}
    )


def _filled(template: ast.expr, placeholder: str, values: list[ast.expr]) -> list[ast.expr] | None:
    """Return the parts of `"A_%s" % name` or `"A_{}".format(name)`."""
    if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
        return None
    texts = template.value.split(placeholder)
    if len(texts) != len(values) + 1 or not set("%{}").isdisjoint("".join(texts)):
        return None
    parts: list[ast.expr] = [ast.Constant(value=texts[0])] if texts[0] else []
    for value, text in zip(values, texts[1:], strict=True):
        parts.append(value)
        if text:
            parts.append(ast.Constant(value=text))
    return parts


def _joined(separator: ast.expr, values: ast.expr) -> list[ast.expr] | None:
    """Return the parts of `"_".join([a, b])`."""
    if not isinstance(values, (ast.List, ast.Tuple)):
        return None
    parts: list[ast.expr] = []
    for value in values.elts:
        parts += [separator, value]
    return parts[1:]


def calls_in(node: ast.FunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return the calls and subscripts in a function's body."""
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    calls: list[ast.expr] = []
    for part in body:
        calls.extend(n for n in descend(part) if isinstance(n, (ast.Call, ast.Subscript)))
    return calls


def ends_with_parameter(node: ast.expr | None, parameter: str) -> bool:
    """Return whether an expression is a computed text followed by a parameter."""
    parts = concatenated_parts(node) if node else None
    if not parts:
        return False
    return _is_name(parts[-1], parameter)


def constant_prefix(node: ast.expr | None, parameter: str) -> str | None:
    """Return the constant text that an expression puts before a parameter.

    Returns:
        The text, which may be empty; None for expressions of another form.
    """
    if isinstance(node, ast.Name):
        return "" if node.id == parameter else None
    parts = concatenated_parts(node) if node else None
    if not parts or not _is_name(parts[-1], parameter):
        return None
    texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
    return "".join(texts) if len(texts) == len(parts) - 1 else None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def namespace_prefix(node: ast.Call) -> str | None:
    """Return the prefix that `namespace=` of everett adds to a name; None if it is computed.

    https://everett.readthedocs.io/en/latest/configuration.html
    """
    for keyword in node.keywords:
        if keyword.arg == "namespace":
            value = keyword.value
            parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
            texts = [str(part.value) for part in parts if isinstance(part, ast.Constant)]
            return "".join(f"{text}_" for text in texts) if len(texts) == len(parts) else None
    return ""
