"""The few texts that the name of a variable may be, where code chooses among them or goes through them in a loop."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.bindings import Each, Opaque
from shield_ai.scan.python.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.scan.python.bindings import Binding, Scope
    from shield_ai.scan.python.resolve import Resolver

    Texts = tuple[str, ...] | None

MOST = 64
DEPTH = 6  # of names that stand for names
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
# these give what they are given
SAME = frozenset({"list", "tuple", "set", "frozenset", "sorted", "reversed", "iter"})
CHANGES = frozenset(
    {
        "append",
        "extend",
        "insert",
        "add",
        "update",
        "setdefault",
        "pop",
        "popitem",
        "remove",
        "clear",
    }
)


def alternatives(
    resolver: Resolver, node: ast.AST, scopes: tuple[Scope, ...], depth: int = 0
) -> Texts:
    """Return each text that an expression may be; None where that is not known, or there are too many."""
    if (text := resolver.constant(node, scopes)) is not None:
        return (text,)
    if depth > DEPTH:
        return None
    found: Texts = None
    if isinstance(node, ast.IfExp):
        found = _union(
            alternatives(resolver, part, scopes, depth + 1) for part in (node.body, node.orelse)
        )
    elif isinstance(node, ast.Name):
        bound = resolver.module.lookup(node.id, scopes)
        found = _union(_bound(resolver, node.id, binding, scopes, depth) for binding in bound)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found = _joined(
            [alternatives(resolver, part, scopes, depth + 1) for part in (node.left, node.right)]
        )
    elif isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.FormattedValue) else v for v in node.values]
        found = _joined([alternatives(resolver, part, scopes, depth + 1) for part in parts])
    return found if found and len(found) <= MOST else None


def _bound(
    resolver: Resolver, name: str, binding: Binding, scopes: tuple[Scope, ...], depth: int
) -> Texts:
    if isinstance(binding, ast.expr):
        return alternatives(resolver, binding, scopes, depth + 1)
    if isinstance(binding, Each):
        elements = _elements(resolver, binding.of, scopes, depth + 1)
        parts = [_part(element, binding.part) for element in elements or ()]
        return _union(
            alternatives(resolver, part, scopes, depth + 1) if part else None for part in parts
        )
    return _argument(resolver, name, scopes, depth) if isinstance(binding, Opaque) else None


def _part(element: ast.expr, part: int | None) -> ast.expr | None:
    """Return an element, or a part of one that is a tuple."""
    if part is None:
        return element
    return (
        element.elts[part]
        if isinstance(element, (ast.Tuple, ast.List)) and len(element.elts) > part
        else None
    )


def _elements(
    resolver: Resolver, node: ast.expr, scopes: tuple[Scope, ...], depth: int
) -> list[ast.expr] | None:
    """Return what a loop goes through, where that stands in the code and nothing changes it; else None."""
    if depth > DEPTH:
        return None
    if isinstance(node, DISPLAYS):
        return _chained(
            [
                _elements(resolver, e.value, scopes, depth + 1)
                if isinstance(e, ast.Starred)
                else [e]
                for e in node.elts
            ]
        )
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key] if all(node.keys) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _chained(
            [_elements(resolver, part, scopes, depth + 1) for part in (node.left, node.right)]
        )
    if isinstance(node, ast.Name):
        value = _never_changed(resolver, node.id, scopes)
        return _elements(resolver, value, scopes, depth + 1) if value else None
    return _called(resolver, node, scopes, depth) if isinstance(node, ast.Call) else None


def _called(
    resolver: Resolver, node: ast.Call, scopes: tuple[Scope, ...], depth: int
) -> list[ast.expr] | None:
    """Return the elements of `sorted(names)`, `"A B".split()`, `names.items()`."""
    function = node.func
    if isinstance(function, ast.Name) and function.id in SAME and len(node.args) == 1:
        return _elements(resolver, node.args[0], scopes, depth + 1)
    if isinstance(function, ast.Name) and function.id == "enumerate" and node.args:
        found = _elements(resolver, node.args[0], scopes, depth + 1)
        return found and [ast.Tuple(elts=[ast.Constant(value=0), element]) for element in found]
    if not isinstance(function, ast.Attribute):
        return None
    if (
        function.attr == "split"
        and not node.keywords
        and all(isinstance(a, ast.Constant) for a in node.args[:1])
    ):
        text = resolver.constant(function.value, scopes)
        by = resolver.constant(node.args[0], scopes) if node.args else None
        return (
            None
            if text is None or len(node.args) > 1
            else [ast.Constant(value=part) for part in text.split(by)]
        )
    of = function.value
    mapping = _never_changed(resolver, of.id, scopes) if isinstance(of, ast.Name) else of
    if node.args or not isinstance(mapping, ast.Dict) or not all(mapping.keys):
        return None
    pairs = [(key, value) for key, value in zip(mapping.keys, mapping.values, strict=True) if key]
    if function.attr == "items":
        return [ast.Tuple(elts=[key, value]) for key, value in pairs]
    return {"keys": [k for k, _ in pairs], "values": [v for _, v in pairs]}.get(function.attr)


def _never_changed(resolver: Resolver, name: str, scopes: tuple[Scope, ...]) -> ast.expr | None:
    """Return the only value that a name has, where nothing in the file adds to it or takes from it."""
    bound = resolver.module.lookup(name, scopes)
    only = bound[0] if len(bound) == 1 else None
    changed = any(_changes(node, name) for node in ast.walk(resolver.module.source.tree))
    return only if isinstance(only, ast.expr) and not changed else None


def _changes(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.AugAssign):
        inner: ast.expr = node.target
    elif (isinstance(node, ast.Attribute) and node.attr in CHANGES) or (
        isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)
    ):
        inner = node.value
    else:
        return False
    return isinstance(inner, ast.Name) and inner.id == name


def _argument(resolver: Resolver, name: str, scopes: tuple[Scope, ...], depth: int) -> Texts:
    """Return what the calls of the innermost function give for one of its parameters."""
    function = scopes[-1]
    if not isinstance(function, FUNCTIONS):
        return None
    names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
    if name not in names or isinstance(resolver.name(function.name, scopes[:-1]), Reader):
        return None  # of a helper, it is the calls that are moved
    tree = resolver.module.source.tree
    uses = [n for n in descend(tree) if isinstance(n, ast.Name) and n.id == function.name]
    calls = [n for n in descend(tree) if isinstance(n, ast.Call) and n.func in uses]
    if len(calls) != len(uses) or any(
        isinstance(a, ast.Starred) for call in calls for a in call.args
    ):
        return None
    at = names.index(name)
    given = [
        next(
            (k.value for k in call.keywords if k.arg == name),
            call.args[at] if len(call.args) > at else None,
        )
        for call in calls
    ]
    return _union(
        alternatives(resolver, value, (tree,), depth + 1) if value else None for value in given
    )


def _union(parts: Iterable[Texts]) -> Texts:
    listed = list(parts)
    known = [part for part in listed if part is not None]
    return (
        tuple(dict.fromkeys(itertools.chain(*known)))
        if listed and len(known) == len(listed)
        else None
    )


def _joined(parts: list[Texts]) -> Texts:
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    return tuple(
        dict.fromkeys(
            "".join(texts) for texts in itertools.islice(itertools.product(*known), MOST + 1)
        )
    )


def _chained(parts: list[list[ast.expr] | None]) -> list[ast.expr] | None:
    known = [part for part in parts if part is not None]
    return list(itertools.chain(*known)) if len(known) == len(parts) else None
