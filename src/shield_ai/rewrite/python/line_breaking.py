"""Break a line that an edit made too long, at its brackets and commas, as Black does."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

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

NEW = -1
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


class Cell(NamedTuple):
    """One character of a rewritten line."""

    char: str
    origin: int  # its index in the original line, or NEW
    is_fixed: bool = False  # belongs to the wrapped expression, which is split only if necessary
    is_joined: bool = False  # belongs to joined lines, which are split like new text


class Insert(NamedTuple):
    """Text to insert around a part of a line, or to replace it."""

    start: int
    end: int
    before: str
    after: str
    replaces: bool = False


class Change(NamedTuple):
    """A part of the original line and the text that replaces it."""

    start: int
    end: int
    text: str


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


Cells = list[Cell]
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
    cells = _insert_texts(line, inserts)
    indent, step = indentation(line)
    base = indent + step * deeper
    code, comment = _split_off_pragma(cells[len(indent) :])
    width, has_commas = style
    if SCANNER_PRAGMA.search(_cells_text(comment)):
        width = sys.maxsize
    layout = Layout(base, step, width, has_commas)
    lines = _split(code, layout, in_brackets=in_brackets)
    if comment and len(lines) > 1:
        comment = _new_cells(f"  {_cells_text(comment).strip()}")
    out = [*cells[: len(indent)], *lines[0][1], *comment, *_below(lines[1:], layout)]
    return _diff(out, len(line))


def _below(lines: Lines, layout: Layout) -> Cells:
    out: Cells = []
    for depth, part in lines:
        out += _new_cells(f"\n{layout.indent}{layout.step * depth}")
        out += part
    return out


def rewrite_block(
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
        for cell in _insert_texts(text, inserts)
        if cell.origin == NEW or cell.origin not in dropped
    ]
    result = _cells_text(cells)
    if UNJOINABLE.search(result) or comment_start(result) < len(result):
        return None
    if not top_level_positions(result):
        return None
    indent, step = indentation(text)
    layout = Layout(indent, step, *style)
    lines = _split(_join(cells[len(indent) :]), layout, in_brackets=in_brackets)
    if any(len(part) > layout.room(depth) for depth, part in lines):
        return None
    out = [*cells[: len(indent)], *lines[0][1], *_below(lines[1:], layout)]
    return _diff(out, len(text)), len(lines)


def _join(cells: Cells) -> Cells:
    """Replace each newline by a space, or by nothing inside an opening or closing bracket."""
    joined: Cells = []
    for line in _cut_at(cells, [at for at, cell in enumerate(cells) if cell.char == "\n"]):
        part = [cell for cell in line if cell.char not in "\r\n"]
        part = _strip(part)
        if not part:
            continue
        if joined and joined[-1].char not in OPENING and part[0].char not in CLOSING + ":":
            joined.append(Cell(" ", NEW, is_joined=True))
        joined += part
    return joined


def _cells_text(cells: Cells) -> str:
    return "".join([cell.char for cell in cells])


def _new_cells(text: str) -> Cells:
    return [Cell(char, NEW) for char in text]


def _has_new(cells: Cells) -> bool:
    return any(cell.origin == NEW or cell.is_joined for cell in cells)


def _split_off_pragma(cells: Cells) -> tuple[Cells, Cells]:
    """Split a line before a pragma comment and the spaces in front of it."""
    text = _cells_text(cells)
    at = comment_start(text)
    if not (PRAGMA.match(text, at) or SCANNER_PRAGMA.match(text, at)):
        return cells, []
    end = len(text[:at].rstrip())
    return cells[:end], cells[end:]


def _insert_texts(line: str, inserts: list[Insert]) -> Cells:
    """Return the cells of a line with the inserted texts in place."""
    outer = [insert for insert in inserts if not _is_nested(insert, inserts)]
    boundaries = {0, len(line)}
    for insert in inserts:
        boundaries |= {insert.start, insert.end}
    cells: Cells = []
    for at, following in pairwise([*sorted(boundaries), len(line)]):
        cells += _inserted_at(at, inserts)
        if not any(insert.replaces for insert in _inserts_covering(inserts, at)):
            is_fixed = bool(_inserts_covering(outer, at))
            cells += [Cell(line[n], n, is_fixed) for n in range(at, following)]
    return cells


def _inserted_at(at: int, inserts: list[Insert]) -> Cells:
    text = ""
    for insert in reversed(inserts):
        if insert.end == at and insert.start < at and not insert.replaces:
            text += insert.after
    for insert in inserts:
        if insert.start == at:
            text += insert.before
    return _new_cells(text)


def _is_nested(insert: Insert, inserts: list[Insert]) -> bool:
    return any(
        other is not insert and other.start <= insert.start and insert.end <= other.end
        for other in inserts
    )


def _inserts_covering(inserts: list[Insert], at: int) -> list[Insert]:
    return [insert for insert in inserts if insert.start <= at < insert.end]


def _diff(cells: Cells, length: int) -> list[Change]:
    """Return the differences between rewritten cells and the original line."""
    out: list[Change] = []
    at = 0
    text = ""
    for cell in [*cells, Cell("", length)]:
        if cell.origin == NEW:
            text += cell.char
            continue
        if text or cell.origin > at:
            out.append(Change(at, cell.origin, text))
        at = cell.origin + 1
        text = ""
    return out


def _split(cells: Cells, layout: Layout, depth: int = 0, *, in_brackets: bool = False) -> Lines:
    """Split a line at its operators, commas and brackets until the parts fit.

    Parts that cannot be split stay too long.
    """
    if len(cells) <= layout.room(depth) or not _has_new(cells):
        return [(depth, cells)]
    text = _cells_text(cells)
    operators = operator_positions(text)
    body = lambda_body(text) if in_brackets and operators else None
    if body:
        return _parenthesize(cells, body, layout, depth)
    if in_brackets and operators:
        return _split_each(_cut_at(cells, operators), layout, depth, in_brackets=False)
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
    span = parenthesizable_span(_cells_text(cells))
    if span and not operators:
        value = cells[slice(*span)]
        return span if len(value) <= room and _has_new(value) and not _has_brackets(value) else None
    if span and len(operators) == 1 and _ends_with_call(cells[: span[1]]):
        return None
    return span


def _has_brackets(cells: Cells) -> bool:
    text = _cells_text(cells)
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
    body = _strip(cells[start + 1 : end])
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
    text = _cells_text(cells)
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
        if end - start > 1 and (is_call or _has_new(cells[start : end + 1])):
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
    for at in code_positions(_cells_text(cells)):
        char = cells[at].char
        if char in OPENING:
            starts.append(at)
        elif char in CLOSING and starts:
            start = starts.pop()
            if include_fixed or not cells[start].is_fixed or _has_new(cells[start:at]):
                pairs.append((start, at))
    return pairs


def _split_elements(body: Cells) -> list[Cells]:
    """Split the content of brackets at its commas, or before the clauses of a comprehension.

    The last of several elements gets a trailing comma.
    """
    commas, clauses = element_positions(_cells_text(body))
    if clauses:  # the commas belong to the targets of the clauses
        return _cut_at(body, clauses)
    if not commas:
        return []
    parts = [part for part in _cut_at(body, commas) if part]
    if parts[-1][-1].char != ",":
        parts[-1] = [*parts[-1], Cell(",", NEW)]
    return parts


def _cut_at(cells: Cells, positions: list[int]) -> list[Cells]:
    return [_strip(cells[start:end]) for start, end in pairwise([0, *positions, len(cells)])]


def _strip(cells: Cells) -> Cells:
    start = 0
    end = len(cells)
    while start < end and cells[start].char in " \t":
        start += 1
    while end > start and cells[end - 1].char in " \t":
        end -= 1
    return cells[start:end]


def _has_clauses(body: Cells) -> bool:
    return bool(element_positions(_cells_text(body))[1])


def _is_grouping(cells: Cells, at: int) -> bool:
    """Return whether an opening parenthesis starts neither a call nor a definition."""
    return not at or not (cells[at - 1].char.isalnum() or cells[at - 1].char in "_)]")


def _is_subscript(cells: Cells, at: int) -> bool:
    before = cells[at - 1].char if at else ""
    return cells[at].char == "[" and (before.isalnum() or before in "_)]\"'")
