"""Tell the variables of comprehensions apart that have the same name in one scope."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.bindings import LoopVariable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.readers.bindings import Binding, Scope

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
MAX_COMPREHENSIONS = 200  # in one scope; with more, the variables are not told apart


def narrowed_bindings(
    node: ast.Name, bindings: Sequence[Binding], scope: Scope
) -> Sequence[Binding]:
    """Return the bindings of the innermost comprehension around a name that binds it, or all.

    Args:
        node: The name.
        bindings: All bindings of the name in the scope.
        scope: The innermost scope around the name.
    """
    if len(bindings) < 2:
        return bindings
    for comprehension in _comprehensions(scope):  # the innermost first
        generators = comprehension.generators
        # The first iterable is evaluated outside the comprehension.
        if not _contains(comprehension, node) or _contains(generators[0].iter, node):
            continue
        iterables = [generator.iter for generator in generators]
        found = [
            binding
            for binding in bindings
            if isinstance(binding, LoopVariable) and binding.iterable in iterables
        ]
        if found:
            return found
    return bindings


@functools.lru_cache(maxsize=16)
def _comprehensions(
    scope: Scope,
) -> tuple[ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, ...]:
    """Return the comprehensions in a scope, inner ones before outer ones."""
    found = [node for node in ast.walk(scope) if isinstance(node, COMPREHENSIONS)]
    return tuple(reversed(found)) if len(found) <= MAX_COMPREHENSIONS else ()


def _contains(outer: ast.expr, inner: ast.expr) -> bool:
    end = (outer.end_lineno or 0, outer.end_col_offset or 0)
    start = (outer.lineno, outer.col_offset)
    return start <= (inner.lineno, inner.col_offset) < end
