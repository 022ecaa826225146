"""Recognize the app's helpers that return an empty value if a variable is not set."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.bindings import parameter_defaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.readers.reads import Read

    Function = ast.FunctionDef | ast.Lambda

FILE_EXISTENCE_TESTS = frozenset({"exists", "is_file", "isfile"})
EXITS = frozenset({"exit", "_exit", "quit", "abort"})
ENVIRON_FUNCTIONS = ("getenv", "environ.get")


def returns_empty_default(helper: Function, call: ast.expr, read: Read) -> bool:
    """Return whether a helper certainly returns an empty value if the variable is not set.

    Args:
        helper: The helper.
        call: The read of the variable in the helper.
        read: The description of this read.
    """
    if not _has_empty_default(helper, read):
        return False
    if isinstance(helper, ast.Lambda):
        return helper.body is call
    if any(_may_raise(helper, statement, read) for statement in helper.body):
        return False
    returns = [node for node in descend(helper) if isinstance(node, ast.Return)]
    values = [node.value for node in sorted(returns, key=lambda node: node.lineno)]
    if values and values[-1] is call:
        # Other values come from another source, such as a file, unless one is a default.
        return not any(isinstance(value, ast.Constant) and value.value for value in values)
    empty = _EmptyValues(helper, call)
    return all(_is_environ_item(value) or empty.contain(value) for value in values)


def _is_environ_item(value: ast.expr | None) -> bool:
    """Return whether a value is `os.environ[name]`, which is no default: it raises an error."""
    return isinstance(value, ast.Subscript) and ast.unparse(value.value).endswith("environ")


def handles_missing(helper: Function, first: ast.expr, second: ast.expr) -> bool:
    """Return whether a helper makes a second read if the first one raises an error."""
    for node in descend(helper):
        if isinstance(node, ast.Try) and _contains(node.body, first):
            if any(_contains(handler.body, second) for handler in node.handlers):
                return True
    return False


def _contains(statements: Sequence[ast.stmt], expression: ast.expr) -> bool:
    return any(node is expression for statement in statements for node in descend(statement))


class _EmptyValues:
    """Decides which values of a helper are empty if the variable is not set.

    Args:
        helper: The helper.
        call: The read of the variable, which returns an empty value.
    """

    def __init__(self, helper: ast.FunctionDef, call: ast.expr) -> None:
        self._call = call
        self._assigned: dict[str, list[ast.expr | None]] = {}
        for name, default in parameter_defaults(helper.args):
            self._assigned[name] = [default]
        for node in descend(helper):
            if isinstance(node, ast.Assign):
                self._assigned.setdefault(ast.unparse(node.targets[0]), []).append(node.value)

    def contain(self, value: ast.expr | None) -> bool:
        """Return whether a value is empty, such as `os.environ.get(name) or ""`."""
        parts = [value]
        while parts:
            part = parts.pop()
            if isinstance(part, ast.Name) and part.id in self._assigned:
                parts += self._assigned[part.id]
                self._assigned[part.id] = []  # each name is searched once
            elif isinstance(part, ast.BoolOp):  # the first part decides on `x and x.strip()`
                parts += part.values if isinstance(part.op, ast.Or) else part.values[:1]
            elif isinstance(part, ast.IfExp):  # x.strip() if x else x
                parts += [part.test, part.orelse]
            elif part is not self._call and not _is_empty(part):
                return False
        return True


def _is_empty(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _has_empty_default(helper: Function, read: Read) -> bool:
    """Return whether a read has an empty default, as a constant or in the helper's signature.

    Without a default, os.getenv() and os.environ.get() return None.
    """
    default = read.default
    if default is None:
        label = read.reader.label
        return label.endswith(ENVIRON_FUNCTIONS) and not read.reader.is_guessed
    if isinstance(default, ast.Name):
        default = dict(parameter_defaults(helper.args)).get(default.id)
    return _is_empty(default)


def _may_raise(helper: ast.FunctionDef, statement: ast.stmt, read: Read) -> bool:
    """Return whether a statement can raise an error, or exit, if the variable is not set."""
    parts: list[ast.stmt] = [statement]
    # The body runs only if the value comes from a file or another variable, or if the caller
    # passes a flag such as mandatory=True.
    if isinstance(statement, ast.If):
        is_other_source = _finds_other_source(helper, statement.test, read)
        if is_other_source or _requires_flag(helper, statement.test):
            parts = statement.orelse
    nodes = [node for part in parts for node in descend(part)]
    return any(isinstance(node, (ast.Raise, ast.Assert)) or _exits(node) for node in nodes)


def _requires_flag(helper: ast.FunctionDef, test: ast.expr) -> bool:
    """Return whether a condition is true only for calls with a keyword such as `mandatory=True`."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    names = {part.id for part in parts if isinstance(part, ast.Name)}
    for argument, default in zip(helper.args.kwonlyargs, helper.args.kw_defaults, strict=True):
        if argument.arg in names and isinstance(default, ast.Constant) and not default.value:
            return True
    return False


def _exits(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in EXITS


def _finds_other_source(helper: ast.FunctionDef, test: ast.expr, read: Read) -> bool:
    """Return whether a test looks for a file, or for another variable, such as NAME_FILE."""
    if isinstance(test, ast.NamedExpr):
        test = test.value
    if isinstance(test, ast.Name):
        assigned = _assigned_values(helper, test.id)
        test = assigned[0] if len(assigned) == 1 else test
    if not isinstance(test, ast.Call):
        return False
    function = ast.unparse(test.func)
    if function.rpartition(".")[2] in FILE_EXISTENCE_TESTS:
        return True
    if not function.endswith(ENVIRON_FUNCTIONS) or len(test.args) != 1 or read.argument is None:
        return False
    return ast.unparse(test.args[0]) != ast.unparse(read.argument)


def _assigned_values(helper: ast.FunctionDef, name: str) -> list[ast.expr]:
    return [
        node.value
        for node in descend(helper)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    ]
