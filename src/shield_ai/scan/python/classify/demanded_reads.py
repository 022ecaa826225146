"""Find the reads that must not return an empty value, because the module then stops.

    SECRET_KEY = os.environ.get("SECRET_KEY")
    if not DEBUG and not SECRET_KEY:
        raise ImproperlyConfigured("SECRET_KEY is not set")

Such a secret is not optional, although its default is empty.
"""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.words import words
from shield_ai.scan.python.classify.stage_conditions import Stage, required_stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.scan.python.classify.candidates import Candidate

EXITS = frozenset({"exit", "quit", "sys.exit", "os._exit", "os.abort"})
# A condition with one of these is about the stage: `not DEBUG`, `ENV == "production"`.
STAGE_WORDS = frozenset({
    "DEBUG", "DEV", "DEVELOPMENT", "ENV", "ENVIRONMENT", "LOCAL", "PROD", "PRODUCTION", "STAGE",
    "TEST", "TESTING",
})  # fmt: skip


def mark_demanded_reads(tree: ast.Module, candidates: Iterable[Candidate]) -> None:
    """Mark each read if the import of the module fails when the result is empty.

    Args:
        tree: The module.
        candidates: Its reads.
    """
    reads = _reads_by_value(tree, candidates)
    demanded = set()
    for test in _fatal_conditions(tree.body):
        for key in _tested_for_empty(test):
            demanded |= _needed_variables(reads.get(key, ()))
    for candidate in itertools.chain.from_iterable(reads.values()):
        candidate.is_demanded = candidate.is_demanded or candidate.variable in demanded


def _reads_by_value(
    tree: ast.Module, candidates: Iterable[Candidate]
) -> dict[ast.AST | str, list[Candidate]]:
    """Map expressions, and the module's names, to the reads that they have their value from."""
    found: dict[ast.AST | str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.shape in {Shape.READ, Shape.PRESENCE}:
            found.setdefault(candidate.node, []).append(candidate)
            if candidate.direct and len(candidate.path) == 1 and candidate.scope == id(tree):
                found.setdefault(candidate.path[0], []).append(candidate)
    return found


def _needed_variables(reads: Collection[Candidate]) -> set[str]:
    """Return the variable that a value always comes from; of several, none is needed alone."""
    variables = {read.variable for read in reads}
    has_other = len(variables) > 1 or any(read.has_default_from_env for read in reads)
    return set() if has_other else variables


def _fatal_conditions(statements: Iterable[ast.stmt]) -> Iterator[ast.expr]:
    """Yield the conditions under which a module stops: `if not KEY: raise …`, `assert KEY`."""
    pending = list(statements)
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.Assert):
            yield ast.UnaryOp(ast.Not(), statement.test)
        elif isinstance(statement, ast.If):
            if _stops(statement.body) or any(map(_stops_in_production, statement.body)):
                yield statement.test
            if all(_is_about_stage(part) for part in _operands(statement.test)):
                pending += _branches_in_production(statement)


def _branches_in_production(node: ast.If) -> Iterator[ast.stmt]:
    """Yield the statements of a condition's branches, without one for development or tests."""
    if required_stage(node.test) is not Stage.DEVELOPMENT:
        yield from node.body
    if required_stage(node.test, is_negated=True) is not Stage.DEVELOPMENT:
        yield from node.orelse


def _stops(body: list[ast.stmt]) -> bool:
    last = body[-1]
    if isinstance(last, ast.Raise):
        return True
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return ast.unparse(last.value.func) in EXITS
    return False


def _stops_in_production(statement: ast.stmt) -> bool:
    """Return whether a condition about the stage stops the module in production."""
    if not isinstance(statement, ast.If):
        return False
    if required_stage(statement.test) is Stage.PRODUCTION:
        return _stops(statement.body)
    is_else_production = required_stage(statement.test, is_negated=True) is Stage.PRODUCTION
    return is_else_production and bool(statement.orelse) and _stops(statement.orelse)


def _tested_for_empty(test: ast.expr) -> Iterator[ast.AST | str]:
    """Yield the names and expressions that make a condition true if any one of them is empty.

    Yields nothing for `USE_S3 and not KEY`, because only an app with S3 needs the key, and
    nothing for `DEBUG and not KEY`.
    """
    if isinstance(test, ast.BoolOp):
        for part in _decisive_parts(test):
            yield from _tested_for_empty(part)
    elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _required_parts(test.operand)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        operator, right = test.ops[0], test.comparators[0]
        if isinstance(operator, ast.NotIn):
            yield test
        elif isinstance(operator, (ast.Is, ast.Eq)) and _is_empty_constant(right):
            yield _name_or_node(test.left)


def _decisive_parts(test: ast.BoolOp) -> list[ast.expr]:
    """Return the operands of which any one, if true, makes a condition true in production."""
    if isinstance(test.op, ast.Or):
        return test.values
    if any(
        required_stage(part) is Stage.DEVELOPMENT for part in filter(_is_about_stage, test.values)
    ):
        return []
    parts = [part for part in test.values if not _is_about_stage(part)]
    return parts if len(parts) == 1 else []


def _required_parts(node: ast.expr) -> Iterator[ast.AST | str]:
    """Yield the parts that must all be true: of `all([A, B])`, `A and B`, or one alone."""
    parts = [node]
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        parts = node.values
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "all" and node.args:
        values = node.args[0]
        parts = values.elts if isinstance(values, (ast.List, ast.Tuple)) else []
    for part in parts:
        yield _name_or_node(part)


def _name_or_node(node: ast.expr) -> ast.AST | str:
    return node.id if isinstance(node, ast.Name) else node


def _is_empty_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _operands(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) else [test]


def _is_about_stage(test: ast.expr) -> bool:
    """Return whether a condition tells production from development."""
    for node in ast.walk(test):
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        text = node.value if isinstance(node, ast.Constant) else ""
        for part in (name, text):
            if isinstance(part, str) and not STAGE_WORDS.isdisjoint(words(part)):
                return True
    return False
