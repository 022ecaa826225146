"""Analyze the conditions and exception handlers around reads of variables."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.scan.python.classify.candidates import Candidate

# The exceptions for a missing variable: of os.environ, django-environ, decouple and others.
MISSING_VARIABLE = frozenset({
    "KeyError", "LookupError", "Exception", "ImproperlyConfigured", "UndefinedValueError",
    "EnvError", "EnvironError",
})  # fmt: skip


def required_parts(test: ast.expr) -> Iterator[ast.expr]:
    """Yield the parts of a condition that must all be true."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from required_parts(value)
    elif isinstance(test, ast.NamedExpr):
        yield test.value
    else:
        yield test


def catches_missing(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches the exception for a missing variable."""
    caught = ast.unparse(handler.type) if handler.type else "Exception"
    return not MISSING_VARIABLE.isdisjoint(re.findall(r"\w+", caught))


def continues_without(handler: ast.ExceptHandler) -> bool:
    """Return whether a handler catches a missing variable, and the code goes on without a value.

    Such a handler neither raises nor exits, and assigns no non-empty value.
    """
    if not catches_missing(handler):
        return False
    for statement in handler.body:
        for part in descend(statement):
            if isinstance(part, ast.Raise) or (isinstance(part, ast.Call) and _exits(part)):
                return False
            if isinstance(part, ast.Assign) and not is_empty_literal(part.value):
                return False
    return True


def _exits(call: ast.Call) -> bool:
    return name_of(call.func) in {"exit", "_exit", "abort"}


def is_empty_literal(value: ast.expr) -> bool:
    """Return whether an expression is a falsy literal, such as None, False, "" or an empty list."""
    try:
        return not ast.literal_eval(value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False


def reads_in(
    statements: Iterable[ast.stmt], reads: Mapping[ast.AST, Candidate]
) -> Iterator[Candidate]:
    """Yield the reads in statements, from a mapping of nodes to reads."""
    for statement in statements:
        for part in descend(statement):
            if part in reads:
                yield reads[part]
