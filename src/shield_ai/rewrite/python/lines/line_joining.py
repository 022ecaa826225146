"""Reformat the lines around inserted calls, as a formatter such as Black would.

A formatter joins the lines of a statement that fits on one line, and removes redundant parentheses.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.python.lines.line_breaking import rewrite_joined
from shield_ai.rewrite.python.lines.line_scanning import CLOSING, OPENING
from shield_ai.rewrite.python.lines.source_edits import make_edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.lines.line_breaking import LineStyle
    from shield_ai.rewrite.python.lines.tracked_text import Change, Insert

SimpleStatement = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
ConditionalStatement = ast.If | ast.While
ENDS_WITH_OPERATOR = regex(r"(?:\b(?:and|or|in|is|not)|[-+*/%|&<>=])[ \t]*(?:#.*)?$")
# Expressions with parentheses that are not redundant.
NEED_PARENTHESES = (ast.Yield, ast.YieldFrom, ast.NamedExpr)


class LineRange(NamedTuple):
    """A range of lines to join, by line number."""

    first: int
    last: int
    parentheses: tuple[int, ...] = ()  # offsets of redundant parentheses to remove
    # a complete statement, or the header of an `if` or `while`
    is_statement: bool = False


def joining_edits(
    source: Source, inserts: Sequence[Insert], style: LineStyle
) -> tuple[list[Edit], set[int]]:
    """Return the edits that join lines, and the numbers of the joined lines.

    Args:
        source: The file.
        inserts: The texts to insert; outer inserts come before those inside them.
        style: How to break lines that are too long.
    """
    edits: list[Edit] = []
    done: set[int] = set()
    failed: set[LineRange] = set()
    statements: dict[int, list[LineRange]] = defaultdict(list)  # by line number
    for statement in (*_simple_statements(source), *_conditions(source)):
        for number in range(statement.first, statement.last + 1):
            statements[number].append(statement)
    for insert in inserts:
        lines = source.position(insert.start)[0], source.position(insert.end)[0]
        if lines[0] in done:
            continue
        for line_range in _ranges_around(lines, statements[lines[0]]):
            if line_range in failed:
                continue
            found = _join_range(source, line_range, inserts, style)
            if found is not None:
                edits += found
                done.update(range(line_range.first, line_range.last + 1))
                break
            failed.add(line_range)
    return edits, done


def _ranges_around(lines: tuple[int, int], statements: Sequence[LineRange]) -> Iterator[LineRange]:
    """Yield the ranges to try for an insert: the lines of its statement, then only its own."""
    for line_range in statements:
        if line_range.first <= lines[0] and lines[1] <= line_range.last:
            yield line_range
    if lines[0] < lines[1]:
        yield LineRange(*lines)


def _simple_statements(source: Source) -> Iterator[LineRange]:
    """Yield the simple statements that span several lines."""
    for node in ast.walk(source.tree):
        if isinstance(node, SimpleStatement) and (node.end_lineno or 0) > node.lineno:
            start, end = source.span(node)
            parentheses = _redundant_parentheses(source, node.value, start, end)
            yield LineRange(node.lineno, node.end_lineno or 0, parentheses, is_statement=True)


def _conditions(source: Source) -> Iterator[LineRange]:
    """Yield the header of each `if` or `while` that has parentheses on separate lines."""
    for node in ast.walk(source.tree):
        if isinstance(node, ConditionalStatement) and (node.test.end_lineno or 0) > node.lineno:
            last = (node.test.end_lineno or 0) + 1
            start, end = source.span(node)[0], source.offset(last + 1, 0)
            header = source.raw[start:end].rstrip()
            end = start + len(header) - 1
            if header.endswith(b"):") and last < node.body[0].lineno:
                parentheses = _redundant_parentheses(source, node.test, start, end)
                if parentheses:
                    yield LineRange(node.lineno, last, parentheses, is_statement=True)


def _redundant_parentheses(
    source: Source, value: ast.expr | None, start: int, end: int
) -> tuple[int, ...]:
    """Return the offsets of the redundant parentheses around the value of a statement.

    Args:
        source: The file.
        value: The assigned or returned value, or the condition.
        start: The offset of the statement.
        end: The offset of its end, or of the colon after a condition.
    """
    if value is None or isinstance(value, NEED_PARENTHESES):
        return ()
    inner_start, inner_end = source.span(value)
    before = source.raw[start:inner_start].rstrip()
    after = source.raw[inner_end:end]
    is_enclosed = before.endswith((b"= (", b"return (", b"if (", b"while ("))
    if not is_enclosed or after.strip() != b")":
        return ()
    return start + len(before) - 1, end - 1


def _join_range(
    source: Source, line_range: LineRange, inserts: Sequence[Insert], style: LineStyle
) -> list[Edit] | None:
    """Return the edits that join a range; None if it cannot or should not be joined."""
    start = source.offset(line_range.first, 0)
    raw = source.raw[start : source.offset(line_range.last + 1, 0)].rstrip(b"\r\n")
    text = raw.decode(source.encoding)
    end = start + len(raw)
    inside = _inserts_inside(inserts, start, end)
    if inside is None:
        return None

    def position(offset: int) -> int:
        return len(source.raw[start:offset].decode(source.encoding))

    text_inserts = []
    for insert in inside:
        start_in_text, end_in_text = position(insert.start), position(insert.end)
        text_inserts.append(insert._replace(start=start_in_text, end=end_in_text))
    dropped = [position(offset) for offset in line_range.parentheses]
    in_brackets = not line_range.is_statement and line_range.first not in source.statement_lines
    result = rewrite_joined(text, text_inserts, style, dropped, in_brackets=in_brackets)
    if result is None:
        return None
    changes, count = result
    if line_range.is_statement:
        # A formatter would already have joined lines that fit on one line.
        fitted = _fits_on_one_line(text, style, dropped) and not _is_multiline(source, inside)
        if fitted or not _is_consistent(source, line_range, text, inside, count):
            return None
    return _to_edits(source, start, text, changes)


def _inserts_inside(inserts: Sequence[Insert], start: int, end: int) -> list[Insert] | None:
    """Return the inserts inside a part of a file; None if one crosses its start or end."""
    inside = []
    for insert in inserts:
        if start <= insert.start and insert.end <= end:
            inside.append(insert)
        elif insert.start < end and start < insert.end:
            return None
    return inside


def _to_edits(source: Source, start: int, text: str, changes: Sequence[Change]) -> list[Edit]:
    """Convert the changes of a text, which starts at an offset of the file, to edits."""
    edits = []
    for change in changes:
        first = start + len(text[: change.start].encode(source.encoding))
        last = start + len(text[: change.end].encode(source.encoding))
        edits.append(make_edit(source, first, last, change.text))
    return edits


def _is_consistent(
    source: Source, line_range: LineRange, text: str, inserts: Sequence[Insert], new_lines: int
) -> bool:
    """Return whether a formatter that produced the old layout would produce the new one."""
    if _is_multiline(source, inserts):
        return new_lines == 1 or _is_hugged(text)
    if not _is_hugged(text):
        return False
    # Black and ruff begin lines with operators.
    is_formatted = not any(ENDS_WITH_OPERATOR.search(line) for line in text.splitlines())
    return new_lines == 1 or (bool(line_range.parentheses) and is_formatted)


def _fits_on_one_line(text: str, style: LineStyle, dropped: Sequence[int]) -> bool:
    result = rewrite_joined(text, [], style, dropped)
    return result is not None and result[1] == 1


def _is_multiline(source: Source, inserts: Sequence[Insert]) -> bool:
    return any(b"\n" in source.raw[insert.start : insert.end] for insert in inserts)


def _is_hugged(text: str) -> bool:
    """Return whether the outer brackets open on the first line and close on the last line."""
    lines = text.splitlines()
    return lines[0].endswith(tuple(OPENING)) and lines[-1].lstrip().startswith(tuple(CLOSING))
