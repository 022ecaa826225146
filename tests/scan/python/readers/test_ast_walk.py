from __future__ import annotations

import ast
import inspect

import pytest

from shield_ai.scan.python.readers.ast_walk import children, descend

LEAVES = (ast.expr_context, ast.operator, ast.cmpop, ast.unaryop, ast.boolop)
ODD = """
global a, b
match x:
    case {"k": [1, *rest], **others} if (y := rest): pass
async def f(a, /, b: int = 1, *c, d=lambda z: z, **e) -> None:
    async with a as b, c: return [i async for i in b if i]
x: int
x @= not -1 < 2 <= y, *z, f"{a!r:>{b}} {c}", {**d, 1: 2}
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ODD, id="odd"),
        *(pytest.param(inspect.getsource(m), id=m.__name__) for m in (ast, inspect)),
    ],
)
def test_yields_the_nodes_of_ast_walk(text: str) -> None:
    """Both walks have the same order; only contexts and operators are skipped."""
    tree = ast.parse(text)
    walked = [node for node in ast.walk(tree) if not isinstance(node, LEAVES)]
    assert list(descend(tree)) == walked
    for node in walked:
        assert children(node) == [
            child for child in ast.iter_child_nodes(node) if not isinstance(child, LEAVES)
        ]
