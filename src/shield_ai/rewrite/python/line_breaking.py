"""Break a line that an edit made too long, at its brackets and commas, as Black does."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.python.cells import (
    NEW,
    Cell,
    Cells,
    Change,
    Insert,
    cells_text,
    cut_at,
    diff,
    has_new,
    insert_texts,
    join,
    new_cells,
    strip,
)
from shield_ai.rewrite.python.formatting import indentation
from shield_ai.rewrite.python.line_scanning import (
    CLOSING,
    OPENING,
    code_positions,
    comment_start,
    element_positions,
    lambda_body,
    operator_positions,
    parenthesizable_span,
    top_level_positions,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# A pragma comment applies to its line and does not count toward the line's length, as in ruff:
# https://docs.astral.sh/ruff/formatter/#pragma-comments
PRAGMA = re.compile(
    r"#\s*(noqa|type:|pylint:|pyright:|mypy:|pyre-|ruff:|flake8:|pragma:|noinspection)",
    re.IGNORECASE,
)
# A suppression for a secret scanner must stay on the line of the value.
SCANNER_PRAGMA = re.compile(
    r"#.*(allowlist|whitelist|gitleaks:|NOSONAR|\bS10\d|ggignore|trufflehog)", re.IGNORECASE
)
# A multiline string, a continued line, a string of several parts, or the comma with which Black
# keeps one item per line.
UNJOINABLE = re.compile(r"""\"{3}|'{3}|\\\r?\n|['"]\s*\n\s*\w{0,2}['"]|,\s*\n\s*[)\]}]""")


class LineStyle(NamedTuple):
    """How long lines are broken."""

    width: int
    has_commas: bool = False  # arguments on separate lines need a trailing comma


class Layout(NamedTuple):
    """The indentation and the maximum length of the lines."""

    indent: str
    step: str
    width: int
    has_commas: bool = False  # arguments on separate lines need a trailing comma

    def room(self, depth: int) -> int:
        """Return how many characters fit on a line at a depth."""
        return self.width - len(self.indent) - len(self.step) * depth


Lines = list[tuple[int, Cells]]  # each with its depth, in levels below the indentation


def rewrite_line(
    line: str,
    inserts: list[Insert],
    style: LineStyle,
    deeper: int = 0,
    *,
    in_brackets: bool = False,
) -> list[Change]:
    """Insert texts into a line and break the result if it is too long.

    Args:
        line: The line, without its newline.
        inserts: The texts; an outer insert comes before the inserts inside it.
        style: The style of the result.
        deeper: The number of levels by which other edits indent the line.
        in_brackets: The line starts inside brackets.
    """
    cells = insert_texts(line, inserts)
    indent, step = indentation(line)
    base = indent + step * deeper
    code, comment = _split_off_pragma(cells[len(indent) :])
    width, has_commas = style
    if SCANNER_PRAGMA.search(cells_text(comment)):
        width = sys.maxsize
    layout = Layout(base, step, width, has_commas)
    lines = _split(code, layout, in_brackets=in_brackets)
    if comment and len(lines) > 1:
        comment = new_cells(f"  {cells_text(comment).strip()}")
    out = [*cells[: len(indent)], *lines[0][1], *comment, *_below(lines[1:], layout)]
    return diff(out, len(line))


def _below(lines: Lines, layout: Layout) -> Cells:
    out: Cells = []
    for depth, part in lines:
        out += new_cells(f"\n{layout.indent}{layout.step * depth}")
        out += part
    return out


def rewrite_joined(
    text: str,
    inserts: list[Insert],
    style: LineStyle,
    dropped: Collection[int] = (),
    *,
    in_brackets: bool = False,
) -> tuple[list[Change], int] | None:
    """Insert texts into several lines, join them, and break the result if it is too long.

    Args:
        text: The lines, without the last newline, comments and multiline strings.
        inserts: The texts; an outer insert comes before the inserts inside it.
        style: The style of the result.
        dropped: The positions of redundant parentheses to remove.
        in_brackets: The first line starts inside brackets.

    Returns:
        The changes and the number of lines, or None if a line is too long.
    """
    cells = [
        cell._replace(is_fixed=False, is_joined=True)
        for cell in insert_texts(text, inserts)
        if cell.origin == NEW or cell.origin not in dropped
    ]
    result = cells_text(cells)
    if UNJOINABLE.search(result) or comment_start(result) < len(result):
        return None
    if not top_level_positions(result):
        return None
    indent, step = indentation(text)
    layout = Layout(indent, step, *style)
    lines = _split(join(cells[len(indent) :]), layout, in_brackets=in_brackets)
    if any(len(part) > layout.room(depth) for depth, part in lines):
        return None
    out = [*cells[: len(indent)], *lines[0][1], *_below(lines[1:], layout)]
    return diff(out, len(text)), len(lines)


def _split_off_pragma(cells: Cells) -> tuple[Cells, Cells]:
    """Split a line before a pragma comment and the spaces in front of it."""
    text = cells_text(cells)
    at = comment_start(text)
    if not (PRAGMA.match(text, at) or SCANNER_PRAGMA.match(text, at)):
        return cells, []
    end = len(text[:at].rstrip())
    return cells[:end], cells[end:]


def _split(cells: Cells, layout: Layout, depth: int = 0, *, in_brackets: bool = False) -> Lines:
    """Split a line at its operators, commas and brackets until the parts fit.

    Parts that cannot be split stay too long.
    """
    if len(cells) <= layout.room(depth) or not has_new(cells):
        return [(depth, cells)]
    text = cells_text(cells)
    operators = operator_positions(text)
    body = lambda_body(text) if in_brackets and operators else None
    if body:
        return _parenthesize(cells, body, layout, depth)
    if in_brackets and operators:
        return _split_each(cut_at(cells, operators), layout, depth, in_brackets=False)
    if in_brackets:
        elements = _elements_outside_brackets(cells)
        if len(elements) > 1:
            return _split_each(elements, layout, depth, in_brackets=True)
    span = None if in_brackets else _span_to_parenthesize(cells, operators, layout.room(depth + 1))
    if span:
        return _parenthesize(cells, span, layout, depth)
    return _split_at_brackets(cells, layout, depth)


def _split_each(parts: list[Cells], layout: Layout, depth: int, *, in_brackets: bool) -> Lines:
    lines: Lines = []
    for part in parts:
        lines += _split(part, layout, depth, in_brackets=in_brackets)
    return lines


def _span_to_parenthesize(cells: Cells, operators: list[int], room: int) -> tuple[int, int] | None:
    """Return the span to put parentheses around, unless splitting the last call is better.

    Without operators, this is a value without brackets that fits on a separate line.
    """
    span = parenthesizable_span(cells_text(cells))
    if span and not operators:
        value = cells[slice(*span)]
        return span if len(value) <= room and has_new(value) and not _has_brackets(value) else None
    if span and len(operators) == 1 and _ends_with_call(cells[: span[1]]):
        return None
    return span


def _has_brackets(cells: Cells) -> bool:
    text = cells_text(cells)
    return any(text[at] in OPENING + CLOSING for at in code_positions(text))


def _parenthesize(cells: Cells, span: tuple[int, int], layout: Layout, depth: int) -> Lines:
    """Put parentheses around a part of a line, on separate lines."""
    start, end = span
    return [
        (depth, [*cells[:start], Cell("(", NEW)]),
        *_split(cells[start:end], layout, depth + 1, in_brackets=True),
        (depth, [Cell(")", NEW), *cells[end:]]),
    ]


def _split_at_brackets(cells: Cells, layout: Layout, depth: int) -> Lines:
    """Put the content of a bracket pair on lines below the opening bracket."""
    room = layout.room(depth)
    pair = _last_bracket_pair(cells, room)
    pair = pair or _last_bracket_pair(cells, room, include_fixed=True)
    if pair is None:
        return [(depth, cells)]
    start, end = pair
    body = strip(cells[start + 1 : end])
    is_call = cells[start].char == "(" and not _is_grouping(cells, start)
    if len(body) <= layout.room(depth + 1) and not (layout.has_commas and is_call):
        lines = [(depth + 1, body)]
    else:
        parts = [] if _is_subscript(cells, start) else _split_elements(body)
        if not parts and is_call and layout.has_commas and not _has_clauses(body):
            parts = [[*body, Cell(",", NEW)]]
        lines = _split_each(parts or [body], layout, depth + 1, in_brackets=True)
    return [
        *_split(cells[: start + 1], layout, depth),
        *lines,
        *_split(cells[end:], layout, depth),
    ]


def _elements_outside_brackets(cells: Cells) -> list[Cells]:
    """Split a line inside brackets at its commas; return no parts if a bracket stays open."""
    text = cells_text(cells)
    if "," in text and any(text[at] == "," for at in top_level_positions(text)):
        return _split_elements(cells)
    return []


def _ends_with_call(cells: Cells) -> bool:
    """Return whether a line ends with brackets that are not empty, so that they can be split."""
    return cells[-1].char in CLOSING and cells[-2].char not in OPENING


def _last_bracket_pair(
    cells: Cells, room: int, *, include_fixed: bool = False
) -> tuple[int, int] | None:
    """Return the last outermost bracket pair with new text inside.

    A pair with an opening bracket that fits on the line is preferred.

    Args:
        cells: The line.
        room: How many characters fit on the line.
        include_fixed: Consider calls in the wrapped expression as well.
    """
    candidates = []
    for start, end in reversed(_outer_bracket_pairs(cells, include_fixed=include_fixed)):
        is_call = include_fixed and cells[start].char == "("
        if end - start > 1 and (is_call or has_new(cells[start : end + 1])):
            candidates.append((start, end))
    for pair in candidates:
        if pair[0] < room:
            return pair
    return candidates[0] if candidates else None


def _outer_bracket_pairs(cells: Cells, *, include_fixed: bool) -> list[tuple[int, int]]:
    pairs = _bracket_pairs(cells, include_fixed=include_fixed)
    outer = []
    for start, end in pairs:
        if not any(first < start and end < last for first, last in pairs):
            outer.append((start, end))
    return outer


def _bracket_pairs(cells: Cells, *, include_fixed: bool) -> list[tuple[int, int]]:
    """Return the bracket pairs that can be split."""
    starts: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at in code_positions(cells_text(cells)):
        char = cells[at].char
        if char in OPENING:
            starts.append(at)
        elif char in CLOSING and starts:
            start = starts.pop()
            if include_fixed or not cells[start].is_fixed or has_new(cells[start:at]):
                pairs.append((start, at))
    return pairs


def _split_elements(body: Cells) -> list[Cells]:
    """Split the content of brackets at its commas, or before the clauses of a comprehension.

    The last of several elements gets a trailing comma.
    """
    commas, clauses = element_positions(cells_text(body))
    if clauses:  # the commas belong to the targets of the clauses
        return cut_at(body, clauses)
    if not commas:
        return []
    parts = [part for part in cut_at(body, commas) if part]
    if parts[-1][-1].char != ",":
        parts[-1] = [*parts[-1], Cell(",", NEW)]
    return parts


def _has_clauses(body: Cells) -> bool:
    return bool(element_positions(cells_text(body))[1])


def _is_grouping(cells: Cells, at: int) -> bool:
    """Return whether an opening parenthesis starts neither a call nor a definition."""
    return not at or not (cells[at - 1].char.isalnum() or cells[at - 1].char in "_)]")


def _is_subscript(cells: Cells, at: int) -> bool:
    before = cells[at - 1].char if at else ""
    return cells[at].char == "[" and (before.isalnum() or before in "_)]\"'")
