"""Find the variables with a default in the schema of django-environ.

https://django-environ.readthedocs.io/en/latest/quickstart.html
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.known_readers import SchemaDefaults
from shield_ai.scan.python.readers.reads import LOCAL_CACHE_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver

MAX_DEPTH = 3  # of dicts that contain other dicts


def schema_defaults(
    resolver: Resolver, node: ast.Call, scopes: tuple[Scope, ...]
) -> SchemaDefaults:
    """Return the variables with a default in a call such as `Env(NAME=(str, ""))`.

    The schema can also be in a dict: `Env(**SCHEMA)`. The URL of a cache that needs no server
    counts as empty.

    Args:
        resolver: The resolver of the module.
        node: The call.
        scopes: The scopes around it, from the module to the innermost.
    """
    empty: set[str] = set()
    others: set[str] = set()
    for keyword in node.keywords:
        if keyword.arg is None:
            items = _items(resolver, keyword.value, scopes, 0)
        else:
            items = iter([(keyword.arg, keyword.value)])
        for name, value in items:
            default = _default(value)
            if default is not None:
                (empty if _is_empty(default) else others).add(name)
    return SchemaDefaults(frozenset(empty), frozenset(others))


def _items(
    resolver: Resolver, node: ast.expr, scopes: tuple[Scope, ...], depth: int
) -> Iterator[tuple[str, ast.expr]]:
    """Yield the items of a dict, of the dicts in it, or of the dict that a name refers to."""
    if depth > MAX_DEPTH:
        return
    if isinstance(node, ast.Name):
        bindings = resolver.module.lookup(node.id, scopes)
        if len(bindings) == 1 and isinstance(bindings[0], ast.Dict):
            yield from _items(resolver, bindings[0], scopes, depth + 1)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                yield from _items(resolver, value, scopes, depth + 1)
            else:
                yield resolver.constant_text(key, scopes) or "", value


def _default(value: ast.expr) -> ast.expr | None:
    """Return the default in an entry of a schema such as `(str, "")`; None without one."""
    if isinstance(value, ast.Tuple) and len(value.elts) == 2:
        return value.elts[1]
    return None


def _is_empty(node: ast.expr) -> bool:
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    if not isinstance(node, ast.Constant):
        return False
    is_local_cache = isinstance(node.value, str) and LOCAL_CACHE_URL.match(node.value)
    return not node.value or bool(is_local_cache)
