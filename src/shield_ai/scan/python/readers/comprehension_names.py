"""Tell the variables of comprehensions and loops apart that have the same name in one scope."""

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
    """Return the bindings of the innermost comprehension or the loop around a name, or all.

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
    return _loop_bindings(node, bindings, scope) or bindings


def _loop_bindings(node: ast.Name, bindings: Sequence[Binding], scope: Scope) -> list[Binding]:
    """Return the binding of the only loop around a name, if nothing else in it binds the name."""
    loops = _loops(scope, node.id)
    around = [loop for loop in loops if any(_contains(part, node) for part in loop.body)]
    if len(around) != 1 or not all(isinstance(binding, LoopVariable) for binding in bindings):
        return []
    loop = around[0]
    if any(other is not loop and _contains(loop, other) for other in loops):
        return []
    return [
        binding
        for binding in bindings
        if isinstance(binding, LoopVariable) and binding.iterable is loop.iter
    ]


@functools.lru_cache(maxsize=16)
def _loops(scope: Scope, name: str) -> tuple[ast.For | ast.AsyncFor, ...]:
    """Return the loops in a scope with a variable of the given name."""
    return tuple(
        node
        for node in ast.walk(scope)
        if isinstance(node, (ast.For, ast.AsyncFor)) and _binds(node.target, name)
    )


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target))


@functools.lru_cache(maxsize=16)
def _comprehensions(
    scope: Scope,
) -> tuple[ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, ...]:
    """Return the comprehensions in a scope, inner ones before outer ones."""
    found = [node for node in ast.walk(scope) if isinstance(node, COMPREHENSIONS)]
    return tuple(reversed(found)) if len(found) <= MAX_COMPREHENSIONS else ()


def _contains(outer: ast.expr | ast.stmt, inner: ast.expr | ast.stmt) -> bool:
    end = (outer.end_lineno or 0, outer.end_col_offset or 0)
    start = (outer.lineno, outer.col_offset)
    return start <= (inner.lineno, inner.col_offset) < end
