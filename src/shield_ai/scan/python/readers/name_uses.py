"""Find how a module uses a name: what it assigns, calls and mutates."""

from __future__ import annotations

import ast
import functools
from collections import Counter, deque
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set
from shield_ai.scan.python.readers.ast_walk import children
from shield_ai.scan.python.readers.bindings import SCOPES, evaluated_outside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Scope

    ScopedCall = tuple[ast.Call, tuple[Scope, ...]]

LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)
MUTATING_METHODS = word_set("append extend insert add update setdefault pop popitem remove clear")


@functools.lru_cache(maxsize=8)  # few files are in use at a time
def mutated_names(tree: ast.Module) -> frozenset[str]:
    """Return the names of the objects that a module mutates."""
    targets = map(mutated_object, ast.walk(tree))
    return frozenset(target.id for target in targets if isinstance(target, ast.Name))


@functools.lru_cache(maxsize=8)
def mutated_attributes(tree: ast.Module) -> frozenset[str]:
    """Return the names of the attributes that a module sets or mutates: `self.NAMES = …`."""
    names = set()
    for node in ast.walk(tree):
        target = mutated_object(node)
        if isinstance(target, ast.Attribute):
            names.add(target.attr)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            names.add(node.attr)
    return frozenset(names)


def mutated_object(node: ast.AST) -> ast.expr | None:
    """Return the object that a node mutates, or None."""
    if isinstance(node, ast.AugAssign):
        return node.target
    if isinstance(node, ast.Attribute) and node.attr in MUTATING_METHODS:
        return node.value
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return node.value
    return None


def calls_without_other_uses(tree: ast.Module, function: str) -> list[ScopedCall]:
    """Return all calls of a function; none if the function has other uses or a call has `*args`."""
    uses, calls_by_name = _uses_and_calls(tree)
    calls = calls_by_name.get(function, [])
    return calls if len(calls) == uses[function] else []


@functools.lru_cache(maxsize=8)
def _uses_and_calls(tree: ast.Module) -> tuple[Counter[str], dict[str, list[ScopedCall]]]:
    """Return how often a module uses each name, and the calls without `*args` by function."""
    uses: Counter[str] = Counter()
    calls: dict[str, list[ScopedCall]] = {}
    for node, scopes in _descend_with_scopes(tree):
        if isinstance(node, ast.Name):
            uses[node.id] += 1
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if not any(isinstance(argument, ast.Starred) for argument in node.args):
                calls.setdefault(node.func.id, []).append((node, scopes))
    return uses, calls


def _descend_with_scopes(tree: ast.Module) -> Iterator[tuple[ast.AST, tuple[Scope, ...]]]:
    """Yield each node with the scopes around it, from the module to the innermost."""
    queue: deque[tuple[ast.AST, tuple[Scope, ...]]] = deque([(tree, (tree,))])
    outside: set[ast.AST] = set()  # decorators, defaults and base classes
    while queue:
        node, scopes = queue.popleft()
        yield node, scopes
        if isinstance(node, SCOPES):
            scopes = (*scopes, node)
            outside.update(evaluated_outside(node))
        for child in children(node):
            queue.append((child, scopes[:-1] if child in outside else scopes))


def assigned_values(node: ast.AST) -> list[tuple[ast.AST, ast.AST]]:
    """Return the targets of a node, each with the expression that determines its value."""
    if isinstance(node, ast.Assign):
        return [(target, node.value) for target in node.targets]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
        return [(node.target, node.value)] if node.value else []
    if isinstance(node, LOOPS):
        return [(node.target, node.iter)]
    if isinstance(node, ast.withitem) and node.optional_vars:
        return [(node.optional_vars, node.context_expr)]
    return []
