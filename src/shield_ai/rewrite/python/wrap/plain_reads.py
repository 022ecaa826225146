"""Recognize plain reads of the environment: `os.environ["X"]`, `os.getenv("X", "default")`.

get_secret() returns the same value, so its call can replace the whole expression.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.environ_copies import ENVIRON, dotted_name, find_copies, os_names
from shield_ai.project.python_source import string_constant
from shield_ai.rewrite.python.wrap.environs_reads import (
    ENVIRONS,
    READERS,
    environs_names,
    has_default,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

GETENV = "os.getenv"


class PlainRead(NamedTuple):
    """A read of a variable."""

    variable: str
    default: ast.expr | None  # None if a missing variable raises KeyError


class ComputedRead(NamedTuple):
    """A read of a variable whose name the code computes."""

    name: ast.expr
    default: ast.expr | None  # None if a missing variable raises KeyError


# Functions that decode their argument: it can encode a JSON document, but is not one.
DECODERS = frozenset({"b64decode", "standard_b64decode", "urlsafe_b64decode"})
# Functions that parse a JSON document, of json, orjson, yaml and ast.
PARSERS = frozenset({"loads", "safe_load", "literal_eval"})


def environ_names(tree: ast.Module) -> dict[str, str]:
    """Map the local names of os and of its members, and of objects with the same variables.

    These are unchanged copies of os.environ, and objects of environs.
    """
    names = os_names(tree)
    copies = dict.fromkeys(find_copies(tree, names), ENVIRON)
    return names | environs_names(tree) | copies


def parsed_expressions(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions that the file parses as documents, such as x in `json.loads(x)`.

    For a name, these are the values assigned to it. A variable that is parsed holds a document:
    get_secret() without an expression could return one of its fields.
    """
    parsed: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) in PARSERS:
            parsed += [*node.args, *(keyword.value for keyword in node.keywords)]
    names = {_last_name(node) for node in parsed} - {""}
    for node in ast.walk(tree):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
            targets = [node.target]
        value = getattr(node, "value", None)
        if isinstance(value, ast.expr) and any(_last_name(target) in names for target in targets):
            parsed.append(value)
    return parsed


def decoded_expressions(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions that the file decodes, such as x in `b64decode(x)`."""
    decoded: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _last_name(node.func) in DECODERS:
            decoded += node.args[:1]
    return decoded


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def plain_read(node: ast.AST, names: Mapping[str, str]) -> PlainRead | None:
    """Return the variable and the default of a plain read; None for other expressions.

    Args:
        node: The expression.
        names: The names that environ_names() returns for the file.
    """
    read = _read(node, names)
    variable = string_constant(read.name) if read else ""
    return PlainRead(variable, read.default) if read and variable else None


def computed_read(node: ast.AST, names: Mapping[str, str]) -> ComputedRead | None:
    """Return the parts of a read of os.environ under a computed name; None for other expressions.

    Takes the same arguments as `plain_read`.
    """
    read = _read(node, names)
    is_environs = isinstance(node, ast.Call) and dotted_name(node.func, names) in READERS
    return read if read and not is_environs and string_constant(read.name) is None else None


def _read(node: ast.AST, names: Mapping[str, str]) -> ComputedRead | None:
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        is_environ = dotted_name(node.value, names) == ENVIRON
        return ComputedRead(node.slice, None) if is_environ else None
    return _read_in_call(node, names) if isinstance(node, ast.Call) else None


def _read_in_call(node: ast.Call, names: Mapping[str, str]) -> ComputedRead | None:
    function = dotted_name(node.func, names)
    if function in READERS and not has_default(node):
        return None
    if function not in {GETENV, f"{ENVIRON}.get", *READERS}:
        return None
    arguments = dict(zip(("key", "default"), node.args, strict=False))
    for keyword in node.keywords:
        arguments[keyword.arg or "**"] = keyword.value
    if len(arguments) != len(node.args) + len(node.keywords):
        return None
    name = arguments.pop("key", None)
    default = arguments.pop("default", ast.Constant(value=None))
    if arguments or name is None or any(isinstance(part, ast.Starred) for part in (name, default)):
        return None
    return ComputedRead(name, default)


def plain_arguments(
    text: str, variable: str, names: Mapping[str, str], *, allow_computed: bool = True
) -> str | None:
    """Return the text of the default of a plain read; "" without one.

    Args:
        text: The source code of an expression.
        variable: The variable that it must read.
        names: The names that environ_names() returns for the file.
        allow_computed: Whether the default may be computed. The read evaluates it in any case.

    Returns:
        None if the expression is not a plain read, if get_secret() could call its default, or if
        its comments or line breaks would be lost.
    """
    try:
        node = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return None
    read = plain_read(node, names)
    if read is None or read.variable != variable:
        return None
    if _has_comment(text):
        return None
    if read.default is None:
        return ""
    if dotted_name(read.default, names):
        return None
    is_computed = allow_computed and _is_computed_text(read.default, names)
    if not _is_cheap(read.default) and not is_computed:
        return None
    default = ast.get_source_segment(f"({text})", read.default) or "None"
    return None if "\n" in default else default


def computed_default(text: str, names: Mapping[str, str]) -> str | None:
    """Return the text of the default of a read under a computed name; "" without one.

    Args:
        text: The source code of an expression.
        names: The names that environ_names() returns for the file.

    Returns:
        None if the expression is another one, if its default is not a constant, or if its comments
        would be lost.
    """
    try:
        node = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return None
    read = computed_read(node, names)
    if read is None or _has_comment(text):
        return None
    if read.default is None:
        return ""
    default = ast.get_source_segment(f"({text})", read.default) or "None"
    return default if _is_constant(read.default) and "\n" not in default else None


def _has_comment(text: str) -> bool:
    """Return whether an expression has a comment. A "#" in a string is none."""
    if "\n" not in text or "#" not in text:
        return False
    tokens = tokenize.generate_tokens(io.StringIO(f"({text})").readline)
    return any(token.type == tokenize.COMMENT for token in tokens)


def called_function(text: str) -> str:
    """Return `env.db` for a call without arguments, `env.db()`: linters reject its lambda.

    Args:
        text: The source code of an expression.

    Returns:
        "" for other expressions.
    """
    function = text.removesuffix("()")
    if function == text or not all(part.isidentifier() for part in function.split(".")):
        return ""
    return function


def is_constant_text(text: str) -> bool:
    """Return whether the source code of an expression is a constant."""
    try:
        return _is_constant(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        return False


def read_before_or(text: str, names: Mapping[str, str]) -> str:
    """Return the read in `read or ""`, which can be moved without the empty alternative.

    Args:
        text: The source code of an expression.
        names: The names that environ_names() returns for the file.

    Returns:
        "" for other expressions.
    """
    try:
        node = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return ""
    if not isinstance(node, ast.BoolOp) or not isinstance(node.op, ast.Or) or len(node.values) > 2:
        return ""
    first, alternative = node.values
    is_empty = isinstance(alternative, ast.Constant) and not alternative.value
    if not is_empty or plain_read(first, names) is None:
        return ""
    read = ast.get_source_segment(f"({text})", first) or ""
    return read if text.startswith(read) else ""


def _is_cheap(node: ast.expr) -> bool:
    """Return whether a default is a constant, the name of one, or an attribute of a name.

    None of them is a function, which get_secret() would call.
    """
    if isinstance(node, ast.Name):
        return node.id.isupper()
    if not isinstance(node, ast.Attribute):
        return _is_constant(node)
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        base = base.value
    return isinstance(base, ast.Name) and base.id not in {"self", "cls"}


def _is_computed_text(node: ast.expr, names: Mapping[str, str]) -> bool:
    """Return whether a default is a string that is computed without reading a variable."""
    readers = {ENVIRON, GETENV, ENVIRONS}
    for part in ast.walk(node):
        if isinstance(part, ast.NamedExpr) or dotted_name(part, names) in readers:
            return False
    if isinstance(node, ast.Subscript):
        return _is_cheap(node.value) and _is_constant(node.slice)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "format" and string_constant(node.func.value) is not None
    return isinstance(node, (ast.BinOp, ast.JoinedStr))


def _is_constant(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        return False
    return True
