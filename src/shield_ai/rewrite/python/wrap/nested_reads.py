"""Find the plain reads with another plain read as default: `os.getenv("A", os.getenv("B"))`.

get_secret() replaces the function and the name; the default stays in place, where another edit may
replace it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.python.wrap.plain_reads import plain_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.project.python_source import Source


class NestedRead(NamedTuple):
    """The byte offsets of the parts of a read, and of the end of its default."""

    function: tuple[int, int]
    name: tuple[int, int]
    default_end: int


def nested_reads(source: Source, names: Mapping[str, str]) -> dict[tuple[int, int], NestedRead]:
    """Return the reads with a read as default, by their byte offsets.

    Args:
        source: The file.
        names: The names that environ_names() returns for the file.
    """
    found: dict[tuple[int, int], NestedRead] = {}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or len(node.args) != 2 or node.keywords:
            continue
        name, default = node.args
        if plain_read(node, names) and plain_read(default, names):
            spans = source.span(node.func), source.span(name)
            found[source.span(node)] = NestedRead(*spans, source.span(default)[1])
    return found
