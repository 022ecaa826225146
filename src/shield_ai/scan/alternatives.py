"""The few texts that the name of a variable may be, where code chooses among them."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.scan.bindings import Opaque

if TYPE_CHECKING:
    from shield_ai.scan.bindings import Binding, Scope
    from shield_ai.scan.resolve import Resolver

MOST = 8
DEPTH = 4  # of names that stand for names
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def alternatives(
    resolver: Resolver, node: ast.AST, scopes: tuple[Scope, ...], depth: int = 0
) -> tuple[str, ...] | None:
    """Return each text that an expression may be; None where that is not known, or there are too many."""
    if (text := resolver.constant(node, scopes)) is not None:
        return (text,)
    if depth > DEPTH:
        return None
    found: tuple[str, ...] | None = None
    if isinstance(node, ast.IfExp):
        found = _union([alternatives(resolver, part, scopes, depth + 1) for part in (node.body, node.orelse)])
    elif isinstance(node, ast.Name):
        bound = resolver.module.lookup(node.id, scopes)
        found = _union([_bound(resolver, node.id, binding, scopes, depth) for binding in bound])
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found = _joined([alternatives(resolver, part, scopes, depth + 1) for part in (node.left, node.right)])
    elif isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        found = _joined([alternatives(resolver, part, scopes, depth + 1) for part in parts])
    return found if found and len(found) <= MOST else None


def _bound(
    resolver: Resolver, name: str, binding: Binding, scopes: tuple[Scope, ...], depth: int
) -> tuple[str, ...] | None:
    if isinstance(binding, ast.expr):
        return alternatives(resolver, binding, scopes, depth + 1)
    return _argument(resolver, name, scopes, depth) if isinstance(binding, Opaque) else None


def _argument(resolver: Resolver, name: str, scopes: tuple[Scope, ...], depth: int) -> tuple[str, ...] | None:
    """Return what the calls of the innermost function give for one of its parameters."""
    function = scopes[-1]
    if not isinstance(function, FUNCTIONS):
        return None
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    if name not in names:
        return None
    tree = resolver.module.source.tree
    uses = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == function.name]
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.func in uses]
    if len(calls) != len(uses) or any(isinstance(a, ast.Starred) for call in calls for a in call.args):
        return None
    at = names.index(name)
    given = [
        next((k.value for k in call.keywords if k.arg == name), call.args[at] if len(call.args) > at else None)
        for call in calls
    ]
    return _union([alternatives(resolver, value, (tree,), depth + 1) if value else None for value in given])


def _union(parts: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [part for part in parts if part is not None]
    return tuple(dict.fromkeys(itertools.chain(*known))) if parts and len(known) == len(parts) else None


def _joined(parts: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    return tuple(dict.fromkeys("".join(texts) for texts in itertools.islice(itertools.product(*known), MOST + 1)))
