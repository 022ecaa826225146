"""Apply the suppressions in the source of a notebook's cell to the outputs of the cell.

An output can't contain a comment, and running the cell would remove it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.line_index import LineIndex
from shield_ai.scan.text.notebook import Notebook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.scan.files.suppressions import Suppression

STRING_END = regex(r'(?:\\n)?"[\],]{0,2}$')  # of a line of the source, after the reason


def cover_outputs(raw: bytes, comments: Iterable[Suppression]) -> list[Suppression]:
    """Return suppressions that also cover the lines of the outputs of their cells.

    Args:
        raw: The notebook.
        comments: Its suppressions.
    """
    index = LineIndex(raw)
    cells: dict[int, int] = {}  # by line
    outputs: dict[int, range] = {}  # by cell
    for cell, sources in itertools.groupby(Notebook(raw).sources, lambda source: source.cell):
        lines: list[int] = []
        for source in sources:
            line, _ = index.position(source.start)
            if source.output:
                lines.append(line)
            else:
                cells[line] = cell
        if lines:
            outputs[cell] = range(lines[0], lines[-1] + 1)
    covered = []
    for comment in comments:
        lines_of_outputs = outputs.get(cells.get(comment.comment_line, 0), range(0))
        reason = STRING_END.sub("", comment.reason)
        covered.append(comment._replace(reason=reason, outputs=lines_of_outputs))
    return covered
