"""The children of a syntax tree's nodes, without those that neither bind a name nor hold anything that does.

`ast.iter_child_nodes` looks at every field of every node, and takes most of a scan's time.
"""

from __future__ import annotations

import ast
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Fields that hold no node, or only what says how an expression is meant: a name's context, an operator.
PLAIN = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "id",
        "attr",
        "arg",
        "kind",
        "level",
        "module",
        "asname",
        "conversion",
        "simple",
        "is_async",
    }
    | {"type_comment", "tag"}
)
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the children of a node in the order of `ast.iter_child_nodes`, without contexts and operators."""
    kind = node.__class__
    fields = _FIELDS.get(kind)
    if fields is None:
        fields = _FIELDS[kind] = tuple(name for name in kind._fields if name not in PLAIN)
    found: list[ast.AST] = []
    for name in fields:
        value = getattr(node, name, None)
        if value.__class__ is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def descend(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and all below it in the order of `ast.walk`, without contexts and operators."""
    todo = deque([node])
    while todo:
        node = todo.popleft()
        todo.extend(children(node))
        yield node
