"""Add names to an import statement of a file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.rewrite.python.lines.file_style import indentation
from shield_ai.rewrite.python.lines.source_edits import make_edit, offset_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source


def extend_import(
    source: Source,
    node: ast.ImportFrom | None,
    names: Sequence[str],
    width: int,
    *,
    single_line: bool,
) -> Edit | None:
    """Add names to a `from ... import`, in alphabetical order; None if it can't be extended.

    Args:
        source: The file.
        node: The statement; None if the file has none.
        names: The names: `X` or `X as Y`.
        width: Maximum line length.
        single_line: Whether each name is imported on a separate line.
    """
    if node is None or not names or "#" in source.segment(node):
        return None
    head = f"from {'.' * node.level}{node.module or ''} import"
    if single_line:
        at, lead = offset_below(source, node)
        return make_edit(source, at, at, lead + "".join(f"{head} {name}\n" for name in names))
    aliases = [ast.unparse(alias) for alias in node.names]
    for name in names:
        place = next((i for i, alias in enumerate(aliases) if alias > name), len(aliases))
        aliases.insert(place, name)
    text = f"{head} {', '.join(aliases)}"
    segment = source.segment(node)
    if len(text) > width or "\n" in segment:
        step = indentation(segment.split("\n")[1])[0] if "\n" in segment else ""
        lines = [f"{step or '    '}{alias},\n" for alias in aliases]
        text = f"{head} (\n{''.join(lines)})"
    return make_edit(source, *source.span(node), text)
