"""Analyze the conditions and exception handlers around reads of variables."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

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
