"""Recognize the app's helpers that return an empty value if a variable is not set."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.bindings import parameter_defaults

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.reads import Read

    Function = ast.FunctionDef | ast.Lambda

FILE_EXISTENCE_TESTS = frozenset({"exists", "is_file", "isfile"})
ENVIRON_FUNCTIONS = ("getenv", "environ.get")


def returns_empty_default(helper: Function, call: ast.expr, read: Read) -> bool:
    """Return whether a helper certainly returns an empty value if the variable is not set.

    Args:
        helper: The helper.
        call: The call or subscript in it that reads the variable.
        read: The description of this read.
    """
    if not _has_empty_default(helper, read):
        return False
    if isinstance(helper, ast.Lambda):
        return helper.body is call
    if any(_may_raise(helper, statement, read) for statement in helper.body):
        return False
    return any(isinstance(node, ast.Return) and node.value is call for node in descend(helper))


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
    return isinstance(default, ast.Constant) and not default.value


def _may_raise(helper: ast.FunctionDef, statement: ast.stmt, read: Read) -> bool:
    """Return whether a statement can raise an error because the variable is not set."""
    parts: list[ast.stmt] = [statement]
    # The body of such a condition runs only if the value comes from the other source.
    if isinstance(statement, ast.If) and _finds_other_source(helper, statement.test, read):
        parts = statement.orelse
    nodes = [node for part in parts for node in descend(part)]
    return any(isinstance(node, (ast.Raise, ast.Assert)) for node in nodes)


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
