"""Collect the strings in the lists, tuples and sets of a file."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Sequence

COLLECTIONS = (ast.List, ast.Tuple, ast.Set)


@functools.lru_cache(maxsize=8)  # few files are in use at a time
def collection_texts(tree: ast.Module, *, with_keys: bool = False) -> frozenset[str]:
    """Return the strings in a file's lists, tuples and sets.

    They may be the names of variables that a loop reads.

    Args:
        tree: The file.
        with_keys: Whether to include the keys of dictionaries.
    """
    texts: set[str] = set()
    for node in descend(tree):
        elements: Sequence[ast.expr | None] = ()
        if isinstance(node, COLLECTIONS):
            elements = node.elts
        elif with_keys and isinstance(node, ast.Dict):
            elements = node.keys
        for element in elements:
            text = string_constant(element)
            if text is not None:
                texts.add(text)
    return frozenset(texts)
