"""Describe a read of a variable: the arguments for the variable's name and for its default."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.readers import NAME_KEYWORDS

if TYPE_CHECKING:
    from shield_ai.scan.python.readers import Reader

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
        default = _argument_at(positional, index) if index >= 0 else None
    return name, default


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


def concatenated_parts(node: ast.AST) -> list[ast.expr] | None:
    """Return the operands of `a + b`, or the parts of an f-string; None for other expressions."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.left, node.right]
    if isinstance(node, ast.JoinedStr):
        return [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
    return None


def calls_in(node: ast.FunctionDef | ast.Lambda) -> list[ast.expr]:
    """Return the calls and subscripts in a function's body."""
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    calls: list[ast.expr] = []
    for part in body:
        calls.extend(n for n in descend(part) if isinstance(n, (ast.Call, ast.Subscript)))
    return calls


def values_returned_before(function: ast.AST, line: int) -> list[ast.AST]:
    """Return the expressions that a function may return before a line.

    They include the values of variables that it returns.
    """
    earlier = [node for node in ast.walk(function) if getattr(node, "lineno", line) < line]
    returned: list[ast.AST] = []
    for node in earlier:
        if isinstance(node, ast.Return) and node.value:
            returned.extend(ast.walk(node.value))
    names = {node.id for node in returned if isinstance(node, ast.Name)}
    return [*returned, *_values_assigned_to(names, earlier)]


def _values_assigned_to(names: set[str], nodes: list[ast.AST]) -> list[ast.expr]:
    values = []
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if not names.isdisjoint(targets):
                values.append(node.value)
    return values


def returns_empty_default(
    helper: ast.FunctionDef | ast.Lambda, read: ast.expr, default: ast.expr | None
) -> bool:
    """Return whether a helper returns an empty default if the variable is not set.

    Args:
        helper: The helper.
        read: Its read of the variable.
        default: The default of the read.
    """
    if not isinstance(default, ast.Name) or isinstance(helper, ast.Lambda):
        return False
    value = _parameter_default(helper.args, default.id)
    if not isinstance(value, ast.Constant) or value.value:
        return False
    statements = [node for node in descend(helper) if isinstance(node, ast.stmt)]
    if any(isinstance(node, (ast.Raise, ast.Assert)) for node in statements):
        return False
    return any(isinstance(node, ast.Return) and node.value is read for node in statements)


def _parameter_default(args: ast.arguments, name: str) -> ast.expr | None:
    """Return the default of a parameter in a signature; None without one."""
    positional = [*args.posonlyargs, *args.args]
    with_default = positional[len(positional) - len(args.defaults) :]
    for parameter, default in zip(with_default, args.defaults, strict=True):
        if parameter.arg == name:
            return default
    for parameter, keyword_default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        if parameter.arg == name:
            return keyword_default
    return None


def ends_with_parameter(node: ast.expr | None, parameter: str) -> bool:
    """Return whether an expression is a computed text followed by a parameter."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_name(node.right, parameter)
    if isinstance(node, ast.JoinedStr) and node.values:
        last = node.values[-1]
        return isinstance(last, ast.FormattedValue) and _is_name(last.value, parameter)
    return False


def constant_prefix(node: ast.expr | None, parameter: str) -> str | None:
    """Return the constant text that an expression puts before a parameter.

    Returns:
        The text, which may be empty; None for expressions of another form.
    """
    if isinstance(node, ast.Name):
        return "" if node.id == parameter else None
    if not ends_with_parameter(node, parameter):
        return None
    if isinstance(node, ast.BinOp):
        return str(node.left.value) if isinstance(node.left, ast.Constant) else None
    if isinstance(node, ast.JoinedStr):
        texts = [str(v.value) for v in node.values if isinstance(v, ast.Constant)]
        if len(texts) == len(node.values) - 1:
            return "".join(texts)
    return None


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def empty_defaults(node: ast.Call) -> frozenset[str]:
    """Return the variables with an empty default in a scheme: `Env(NAME=(str, ""))`.

    The default of a cache without a server counts as empty.
    """
    names = set()
    for keyword in node.keywords:
        value = keyword.value
        if isinstance(value, ast.Tuple) and len(value.elts) == 2 and _is_empty(value.elts[1]):
            names.add(keyword.arg or "")
    return frozenset(names)


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    if not isinstance(node, ast.Constant):
        return False
    is_local_cache = isinstance(node.value, str) and LOCAL_CACHE_URL.match(node.value)
    return not node.value or bool(is_local_cache)
