"""Break a line that an edit made too long, at its brackets and commas, as Black does."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.python.lines.brackets import (
    comprehension_parts,
    elements_outside_brackets,
    ends_with_nonempty_brackets,
    has_brackets,
    has_clauses,
    is_grouping,
    is_subscript,
    last_bracket_pair,
    split_elements,
)
from shield_ai.rewrite.python.lines.file_style import indentation
from shield_ai.rewrite.python.lines.line_scanning import (
    comment_start,
    fstring_cuts,
    lambda_body,
    operator_positions,
    parenthesizable_span,
    top_level_positions,
)
from shield_ai.rewrite.python.lines.tracked_text import (
    NEW,
    Change,
    Insert,
    TrackedChar,
    TrackedText,
    cut_at,
    diff,
    has_new,
    insert_texts,
    join,
    new_text,
    plain_text,
    strip,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# A pragma comment applies to its line and does not count toward the line's length, as in ruff:
# https://docs.astral.sh/ruff/formatter/#pragma-comments
PRAGMA = regex(
    r"#\s*(noqa|type:|pylint:|pyright:|mypy:|pyre-|ruff:|flake8:|pragma:|noinspection)",
    re.IGNORECASE,
)
# A suppression for a secret scanner must stay on the line of the value.
SCANNER_PRAGMA = regex(
    r"#.*(allowlist|whitelist|gitleaks:|NOSONAR|\bS10\d|ggignore|trufflehog)", re.IGNORECASE
)
# A multiline string, a continued line, a string of several parts, or the comma with which Black
# keeps one item per line.
UNJOINABLE = regex(r"""\"{3}|'{3}|\\\r?\n|['"]\s*\n\s*\w{0,2}['"]|,\s*\n\s*[)\]}]""")
# The maximum number of characters of a line that is split: the time grows quadratically.
MAX_SPLIT = 4000


class LineStyle(NamedTuple):
    """How lines that are too long are broken."""

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


Lines = list[tuple[int, TrackedText]]  # each with its depth, in levels below the indentation


def rewrite_line(
    line: str,
    inserts: list[Insert],
    style: LineStyle,
    added_levels: int = 0,
    *,
    in_brackets: bool = False,
) -> list[Change]:
    """Insert texts into a line and break the result if it is too long.

    Args:
        line: The line, without its newline.
        inserts: The texts; an outer insert comes before the inserts inside it.
        style: The style of the result.
        added_levels: The number of levels by which other edits indent the line.
        in_brackets: The line starts inside brackets.
    """
    chars = insert_texts(line, inserts)
    indent, step = indentation(line)
    base = indent + step * added_levels
    code, comment = _split_off_pragma(chars[len(indent) :])
    width, has_commas = style
    if SCANNER_PRAGMA.search(plain_text(comment)):
        width = sys.maxsize
    layout = Layout(base, step, width, has_commas)
    lines = _split(code, layout, in_brackets=in_brackets)
    if comment and len(lines) > 1:
        comment = new_text(f"  {plain_text(comment).strip()}")
    out = [*chars[: len(indent)], *lines[0][1], *comment, *_below(lines[1:], layout)]
    return diff(out, len(line))


def _below(lines: Lines, layout: Layout) -> TrackedText:
    out: TrackedText = []
    for depth, part in lines:
        out += new_text(f"\n{layout.indent}{layout.step * depth}")
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
    chars = []
    for char in insert_texts(text, inserts):
        if char.origin == NEW or char.origin not in dropped:
            chars.append(char._replace(is_fixed=False, is_joined=True))
    result = plain_text(chars)
    if UNJOINABLE.search(result) or comment_start(result) < len(result):
        return None
    if not top_level_positions(result):
        return None
    indent, step = indentation(text)
    layout = Layout(indent, step, *style)
    lines = _split(join(chars[len(indent) :]), layout, in_brackets=in_brackets)
    if any(len(part) > layout.room(depth) for depth, part in lines):
        return None
    out = [*chars[: len(indent)], *lines[0][1], *_below(lines[1:], layout)]
    return diff(out, len(text)), len(lines)


def _split_off_pragma(chars: TrackedText) -> tuple[TrackedText, TrackedText]:
    """Split a line before a pragma comment and the spaces in front of it."""
    text = plain_text(chars)
    at = comment_start(text)
    if not (PRAGMA.match(text, at) or SCANNER_PRAGMA.match(text, at)):
        return chars, []
    end = len(text[:at].rstrip())
    return chars[:end], chars[end:]


def _split(
    chars: TrackedText, layout: Layout, depth: int = 0, *, in_brackets: bool = False
) -> Lines:
    """Split a line at its operators, commas and brackets until the parts fit.

    Parts that cannot be split stay too long.
    """
    if len(chars) <= layout.room(depth) or len(chars) > MAX_SPLIT or not has_new(chars):
        return [(depth, chars)]
    text = plain_text(chars)
    operators = operator_positions(text)
    body = lambda_body(text) if in_brackets and operators else None
    if body:
        return _parenthesize(chars, body, layout, depth)
    if in_brackets and operators:
        return _split_each(cut_at(chars, operators), layout, depth, in_brackets=False)
    if in_brackets:
        strings = _fstring_parts(chars, layout.room(depth))
        if strings:
            return [(depth, part) for part in strings]
        elements = elements_outside_brackets(chars) or comprehension_parts(chars)
        if len(elements) > 1:
            return _split_each(elements, layout, depth, in_brackets=True)
    span = None if in_brackets else _span_to_parenthesize(chars, operators, layout.room(depth + 1))
    if span:
        return _parenthesize(chars, span, layout, depth)
    return _split_at_brackets(chars, layout, depth)


def _fstring_parts(chars: TrackedText, room: int) -> list[TrackedText]:
    """Cut an f-string before its fields into several strings that fit, if possible."""
    start, quote, cuts = fstring_cuts(plain_text(chars))
    parts: list[TrackedText] = []
    part: TrackedText = []
    for begin, end in pairwise([0, *cuts, len(chars)]):
        is_too_long = len(part) + end - begin + len(quote) > room
        if part and is_too_long:
            parts.append([*part, *new_text(quote)])
            part = new_text(start)
        part = [*part, *chars[begin:end]]
    return [*parts, part] if parts else []


def _split_each(
    parts: list[TrackedText], layout: Layout, depth: int, *, in_brackets: bool
) -> Lines:
    lines: Lines = []
    for part in parts:
        lines += _split(part, layout, depth, in_brackets=in_brackets)
    return lines


def _span_to_parenthesize(
    chars: TrackedText, operators: list[int], room: int
) -> tuple[int, int] | None:
    """Return the span to put parentheses around, unless splitting the last call is better.

    Without operators, this is a value without brackets that fits on a separate line.
    """
    span = parenthesizable_span(plain_text(chars))
    if span and not operators:
        value = chars[slice(*span)]
        fits = len(value) <= room or bool(_fstring_parts(value, room))
        return span if fits and has_new(value) and not has_brackets(value) else None
    if span and len(operators) == 1 and ends_with_nonempty_brackets(chars[: span[1]]):
        return None
    return span


def _parenthesize(chars: TrackedText, span: tuple[int, int], layout: Layout, depth: int) -> Lines:
    """Put parentheses around a part of a line, on separate lines."""
    start, end = span
    return [
        (depth, [*chars[:start], TrackedChar("(", NEW)]),
        *_split(chars[start:end], layout, depth + 1, in_brackets=True),
        (depth, [TrackedChar(")", NEW), *chars[end:]]),
    ]


def _split_at_brackets(chars: TrackedText, layout: Layout, depth: int) -> Lines:
    """Put the content of a bracket pair on lines below the opening bracket."""
    room = layout.room(depth)
    pair = last_bracket_pair(chars, room)
    pair = pair or last_bracket_pair(chars, room, include_fixed=True)
    if pair is None:
        return [(depth, chars)]
    start, end = pair
    body = strip(chars[start + 1 : end])
    is_call = chars[start].text == "(" and not is_grouping(chars, start)
    if len(body) <= layout.room(depth + 1) and not (layout.has_commas and is_call):
        lines = [(depth + 1, body)]
    else:
        parts = [] if is_subscript(chars, start) else split_elements(body)
        if not parts and is_call and layout.has_commas and not has_clauses(body):
            parts = [[*body, TrackedChar(",", NEW)]]
        lines = _split_each(parts or [body], layout, depth + 1, in_brackets=True)
    return [
        *_split(chars[: start + 1], layout, depth),
        *lines,
        *_split(chars[end:], layout, depth),
    ]
