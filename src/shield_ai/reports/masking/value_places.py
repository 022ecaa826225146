"""Find the strings and numbers in Python code that can't be secrets, from their places.

The place of a string is the name that it is a value of: the key of a dictionary, a keyword, the
target of an assignment, or the variable that it is the default of. A string in any other place,
such as a positional argument, has no place and is hidden. All names around a string are kept:
nothing is shown below a name such as `PASSWORDS`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import string_constant
from shield_ai.reports.masking import harmless_values
from shield_ai.scan.python.readers.ast_walk import children, statements_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from shield_ai.project.python_source import Source

    Span = tuple[int, int]

VARIABLE = regex(r"[A-Z_][A-Z0-9_]{0,59}|[a-z0-9-]{1,60}:[a-z_]{1,30}")
# Functions and methods with a name and a default.
READERS = frozenset({"get", "getenv", "env", "config", "get_secret", "setdefault", "str", "url"})
MAPPINGS = frozenset({"environ", "env"})
# Functions of the app with names such as env_bool, envint, get_env and get_str_env.
ENV_FUNCTION = regex(
    r"(?:(?:get|load|read|require)_?)?env(?:_?(?:bool|int|str|float|list|var|variable|value|secret"
    r"|flag))?|(?:[a-z]+_){1,3}env"
    r"|get_(?:required_|optional_)?(?:setting|config|variable)|_?config"
)
# The first argument of these functions, if it is a variable's name. A key of capitals and digits
# does not match.
PLAIN_VARIABLE = regex(r"[A-Z]{2,15}|[A-Z]+[A-Z0-9]*(?:_[A-Z0-9]{1,15}){1,6}")
# Functions that return their argument in another type, and methods of a value.
CONVERSIONS = frozenset({"str", "int", "bool", "list", "tuple", "set", "frozenset", "Path"})
METHODS = frozenset({"split", "lower", "upper", "strip"})
DESCRIPTIONS = frozenset({"doc", "help", "help_text", "description"})
LOGGERS = frozenset({"log", "logger", "logging", "LOG", "LOGGER", "warnings"})
LIST_METHODS = frozenset({"append", "extend", "insert"})
# The places of a message and of the variable in a test such as `"NAME" in os.environ`. Code can't
# have these names.
MESSAGE = "\0message"
TESTED_VARIABLE = "\0variable"
# What a test such as `"pytest" in sys.modules` or `sys.argv[1] == "migrate"` compares.
PROCESS_STATE = frozenset({"sys.argv", "sys.modules"})
PROCESS_WORD = "\0process"
# Commands and options that settings test for. Another lowercase word may be a password.
COMMAND = regex(
    r"celery|check|collectstatic|compilemessages|makemessages|makemigrations|migrate|py\.?test"
    r"|runserver|shell|test|worker|--(?:no-input|noinput|dry-run|reuse-db|parallel|help|version)"
)


class Place(NamedTuple):
    """The place of an expression."""

    node: ast.AST
    names: tuple[str, ...] = ()
    name: str = ""  # the innermost name that the expression is a value of; empty if unknown

    def inside(self, node: ast.AST, *names: str) -> Place:
        """Return the place of the value of the last of these names."""
        return Place(node, (*self.names, *names), names[-1] if names else "")

    def same(self, node: ast.AST) -> Place:
        """Return the place of a part that has the same meaning as the whole."""
        return Place(node, self.names, self.name)


def harmless_spans(source: Source) -> set[Span]:
    """Return the byte spans of the strings and numbers that can't be secrets.

    Raises:
        SourceError: The file is not valid Python.
    """
    found: set[Span] = set()
    stack = [Place(source.tree)]
    while stack:
        place = stack.pop()
        if not isinstance(place.node, ast.Constant):
            stack += _parts(place)
        elif _is_harmless(place, place.node, source):
            found.add(source.span(place.node))
    return found


def docstring_spans(source: Source) -> set[Span]:
    """Return the byte spans of the docstrings.

    Raises:
        SourceError: The file is not valid Python.
    """
    found = set()
    for node in (source.tree, *statements_in(source.tree)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            if ast.get_docstring(node, clean=False) is not None:
                found.add(source.span(node.body[0]))
    return found


def _is_harmless(place: Place, node: ast.Constant, source: Source) -> bool:
    if not isinstance(node.value, (str, int)) or node.lineno != node.end_lineno or not place.name:
        return False
    code = source.segment(node)
    if isinstance(node.value, int):
        return harmless_values.is_harmless_number(place.names, place.name, code.replace("_", ""))
    text = code[1:-1]
    if text != node.value:
        return False  # a prefix, an escape sequence or several strings
    if place.name == TESTED_VARIABLE:
        return PLAIN_VARIABLE.fullmatch(text) is not None
    if place.name == PROCESS_WORD:
        return COMMAND.fullmatch(text) is not None
    if place.name == MESSAGE:
        return harmless_values.is_message(text)
    if place.name in METHODS:
        return harmless_values.is_separator(text)
    return harmless_values.is_harmless(place.names, place.name, text)


def _parts(place: Place) -> Iterable[Place]:
    """Return the places of the children of a node."""
    parts = PARTS.get(type(place.node))
    if parts:
        return parts(place, place.node)
    return [place.inside(child) for child in children(place.node)]


def _assigned(place: Place, node: ast.Assign) -> list[Place]:
    targets = [_names(target) for target in node.targets]
    if not all(targets):
        return [place.inside(node.value)]
    names = [name for target in targets for name in target]
    return [place.inside(node.value, *names)]


def _assigned_once(
    place: Place, node: ast.AnnAssign | ast.AugAssign | ast.NamedExpr
) -> list[Place]:
    return [place.inside(node.value, *_names(node.target))] if node.value else []


def _elements(place: Place, node: ast.List | ast.Tuple | ast.Set) -> Iterable[Place]:
    return map(place.same, node.elts)


def _value(place: Place, node: ast.Starred) -> list[Place]:
    return [place.same(node.value)]


def _body(place: Place, node: ast.Lambda) -> list[Place]:
    return [place.same(node.body)]


def _alternatives(place: Place, node: ast.BoolOp) -> list[Place]:
    names = [name for value in node.values for name in _names(value)]
    return [Place(value, (*place.names, *names), place.name) for value in node.values]


def _branches(place: Place, node: ast.IfExp) -> list[Place]:
    return [place.inside(node.test), place.same(node.body), place.same(node.orelse)]


def _compared(place: Place, node: ast.Compare) -> list[Place]:
    """Show the variable in a test of the environment, and the word in a test of the process.

    Otherwise, only true and false are shown: no form belongs to "value".
    """
    operands = [node.left, *node.comparators]
    if any(map(_is_process_state, operands)):
        return [Place(operand, (), PROCESS_WORD) for operand in operands]
    is_test = isinstance(node.ops[0], (ast.In, ast.NotIn))
    if is_test and not MAPPINGS.isdisjoint(_names(operands[1])[-1:]):
        return [Place(node.left, (), TESTED_VARIABLE)]
    names = [name for operand in operands for name in _names(operand)]
    return [place.inside(operand, *names, "value") for operand in operands]


def _is_process_state(node: ast.expr) -> bool:
    """Return whether an expression is `sys.argv`, a part of it, or `sys.modules`."""
    if isinstance(node, ast.Subscript):
        node = node.value
    return ast.unparse(node) in PROCESS_STATE if isinstance(node, ast.Attribute) else False


def _raised(place: Place, node: ast.Raise) -> list[Place]:
    if not isinstance(node.exc, ast.Call):
        return [place.inside(child) for child in children(node)]
    return list(map(_message, node.exc.args))


def _asserted(place: Place, node: ast.Assert) -> list[Place]:
    parts = [place.inside(node.test)]
    if node.msg:
        parts.append(_message(node.msg))
    return parts


def _nothing(_place: Place, _node: ast.JoinedStr) -> list[Place]:
    """Hide f-strings: before Python 3.12, their parts have no positions."""
    return []


def _message(node: ast.AST) -> Place:
    return Place(node, (), MESSAGE if isinstance(node, ast.Constant) else "")


def _items(place: Place, node: ast.Dict) -> Iterator[Place]:
    for key, value in zip(node.keys, node.values, strict=True):
        text = string_constant(key)
        yield place.inside(value) if text is None else place.inside(value, text)
        if key:
            yield Place(key, (), "MODULE")


def _operands(place: Place, node: ast.BinOp) -> list[Place]:
    if isinstance(node.op, ast.Div):
        if place.name:
            return [place.same(node.left), place.same(node.right)]
        return [place.inside(node.left), place.inside(node.right, "PATH")]
    if isinstance(node.op, ast.Add):  # of lists; the parts of a string have no form
        operands = (node.left, node.right)
        return [place.inside(part) if _is_text(part) else place.same(part) for part in operands]
    return [place.inside(node.left), place.inside(node.right)]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))


def _defaults(place: Place, node: ast.arguments) -> Iterator[Place]:
    positional = [*node.posonlyargs, *node.args]
    defaults = node.defaults
    for argument, default in zip(
        positional[len(positional) - len(defaults) :], defaults, strict=True
    ):
        yield place.inside(default, argument.arg)
    for argument, value in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if value:
            yield place.inside(value, argument.arg)


def _arguments(place: Place, node: ast.Call) -> Iterator[Place]:
    function = node.func
    owner = _names(function.value) if isinstance(function, ast.Attribute) else []
    variable = _variable(node)
    names = (*place.names, *owner)
    if variable:
        names = (*names, variable)
    is_known = harmless_values.determines_form(variable) or not place.name
    whole = Place(node, names, variable if is_known else place.name)
    is_method = isinstance(function, ast.Attribute) and function.attr in METHODS
    if isinstance(function, ast.Attribute):
        yield whole.same(function.value) if is_method else place.inside(function.value)
    for argument in node.args[1:] if variable else node.args:
        yield _positional(whole, argument, function, owner, is_read=bool(variable))
    for keyword in node.keywords:
        if keyword.arg == "default":
            yield whole.same(keyword.value)
        elif keyword.arg in DESCRIPTIONS:
            yield _message(keyword.value)
        elif keyword.arg:
            yield whole.inside(keyword.value, keyword.arg)
        else:
            yield whole.inside(keyword.value)


def _positional(
    whole: Place, argument: ast.expr, function: ast.expr, owner: Sequence[str], *, is_read: bool
) -> Place:
    name = (_names(function) or [""])[-1]
    last_owner = owner[-1] if owner else ""
    if isinstance(function, ast.Attribute) and name in METHODS:
        return Place(argument, whole.names, name)
    if name in LIST_METHODS and last_owner:
        return whole.inside(argument, last_owner)
    if name == "getLogger":
        return whole.inside(argument, "LOGGER")
    if name == "print" or last_owner in LOGGERS:
        return _message(argument)
    if is_read and (name in READERS or last_owner in MAPPINGS or is_env_function(name)):
        return whole.same(argument)
    if name in CONVERSIONS or (name == "join" and last_owner == "path"):
        return whole.same(argument)
    return whole.inside(argument)


def is_env_function(name: str) -> bool:
    """Return whether a function reads an environment variable, by its name."""
    return ENV_FUNCTION.fullmatch(name) is not None


def _variable(node: ast.AST) -> str:
    """Return the variable or secret that a call names in its first argument."""
    if (
        not isinstance(node, ast.Call)
        or not node.args
        or not isinstance(node.args[0], ast.Constant)
    ):
        return ""
    text = node.args[0].value
    return text if isinstance(text, str) and VARIABLE.fullmatch(text) else ""


def _names(node: ast.AST) -> list[str]:
    """Return the last name of an expression, such as `PORT` in `settings["db"].PORT`."""
    match node:
        case ast.Name():
            return [node.id]
        case ast.Attribute():
            return [node.attr]
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return [*_names(node.value), key]
        case ast.Call():
            variable = _variable(node)
            return [variable] if variable else []
    return []


PARTS: dict[type[ast.AST], Callable[[Place, Any], Iterable[Place]]] = {
    ast.Assign: _assigned,
    ast.AnnAssign: _assigned_once,
    ast.AugAssign: _assigned_once,
    ast.NamedExpr: _assigned_once,
    ast.Dict: _items,
    ast.Call: _arguments,
    ast.arguments: _defaults,
    ast.List: _elements,
    ast.Tuple: _elements,
    ast.Set: _elements,
    ast.Starred: _value,
    ast.Lambda: _body,
    ast.BoolOp: _alternatives,
    ast.IfExp: _branches,
    ast.BinOp: _operands,
    ast.Compare: _compared,
    ast.Raise: _raised,
    ast.Assert: _asserted,
    ast.JoinedStr: _nothing,
}
