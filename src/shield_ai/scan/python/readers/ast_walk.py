"""Walk a syntax tree faster than `ast.walk`, without the nodes of operators and contexts.

`ast.iter_child_nodes` inspects every field of every node, which would dominate the scan time.
"""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

# Fields that contain no node, an operator, or the context of a name.
SKIPPED_FIELDS = word_set("""
    ctx op ops id attr arg kind level module asname conversion simple is_async type_comment tag
""")
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the children in the order of `ast.iter_child_nodes`, except operators and contexts."""
    node_type = node.__class__
    fields = _FIELDS.get(node_type)
    if fields is None:
        fields = tuple(name for name in node_type._fields if name not in SKIPPED_FIELDS)
        _FIELDS[node_type] = fields
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def statements_in(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements in a node, with those in compound statements."""
    stack = [node]
    while stack:
        for child in children(stack.pop()):
            if isinstance(child, ast.stmt):
                yield child
                stack.append(child)
            elif isinstance(child, (ast.ExceptHandler, ast.match_case)):
                stack.append(child)


def descend(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and its descendants in the order of `ast.walk`, as `children` returns them.

    The tree of a module must not change afterwards.
    """
    if isinstance(node, ast.Module):
        yield from _nodes_of_module(node)
        return
    nodes = [node]
    for found in nodes:  # the list grows meanwhile
        nodes += children(found)
        yield found


@functools.lru_cache(maxsize=4)  # many functions walk through the same module, one after the other
def _nodes_of_module(module: ast.Module) -> list[ast.AST]:
    nodes: list[ast.AST] = [module]
    for found in nodes:
        nodes += children(found)
    return nodes


def name_of(node: ast.AST) -> str:
    """Return a name, or the name of an attribute; empty for other expressions."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
