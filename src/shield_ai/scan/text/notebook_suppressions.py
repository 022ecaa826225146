"""Apply the suppressions in the source of a notebook's cell to the outputs of the cell.

A suppression in an output would be lost, because running the cell replaces the output.
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

# The end of the JSON string of a line, which is parsed as part of the reason of a suppression.
STRING_END = regex(r'(?:\\n)?"[\],]{0,2}$')


def cover_outputs(raw: bytes, suppressions: Iterable[Suppression]) -> list[Suppression]:
    """Return suppressions that also cover the lines of the outputs of their cells.

    Args:
        raw: The notebook.
        suppressions: Its suppressions.
    """
    index = LineIndex(raw)
    cells: dict[int, int] = {}  # numbers from 1, by line
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
    for suppression in suppressions:
        lines_of_outputs = outputs.get(cells.get(suppression.comment_line, 0), range(0))
        reason = STRING_END.sub("", suppression.reason)
        covered.append(suppression._replace(reason=reason, outputs=lines_of_outputs))
    return covered
