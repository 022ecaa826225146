from __future__ import annotations

import argparse
import inspect
import typing

import pytest

from shield_ai.project.python_source import Source
from shield_ai.scan.python.readers.bindings import BINDERS, _find_binding_lines, _scope_nodes

TEXTS = {
    "walrus": "if (a :=\n  1): pass\nb = [\n  (c := 2),\n  3]\n",
    "comprehension": "a = {\n  'x': [i\n   for i in b],\n 'y': 1}\nc = [1, 2]\n",
    "f-string": 'a = f"""\n{[b for b in c]}\n{(d := 1)}\n"""\n',
    "lambda": "a = sorted(b,\n  key=lambda x: x)\n",
    "line ends": "a = 1\rb = [c for c in d]\r\ne = (f := 2)\n",
    "form feed": "a = 1\n\x0cb = [c for c in d]\ne = (f := 2)\n",
}


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(text, id=name) for name, text in TEXTS.items()),
        *(pytest.param(inspect.getsource(m), id=m.__name__) for m in (argparse, typing)),
    ],
)
def test_skips_only_expressions_that_bind_nothing(text: str) -> None:
    source = Source.from_bytes("a.py", text.encode())
    quick = [
        node
        for node in _scope_nodes(source.tree.body, _find_binding_lines(source.text))
        if node.__class__ in BINDERS
    ]
    assert quick == [
        node for node in _scope_nodes(source.tree.body, ()) if node.__class__ in BINDERS
    ]
