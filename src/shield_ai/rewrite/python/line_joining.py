"""Find the lines to join and break again, as a formatter would, where a call changes their length.

A formatter joins the lines of a statement that fits on one line, and drops redundant parentheses.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.python.formatting import make_edit
from shield_ai.rewrite.python.line_breaking import rewrite_joined
from shield_ai.rewrite.python.line_scanning import CLOSING, OPENING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.line_breaking import LineStyle
    from shield_ai.rewrite.python.tracked_text import Change, Insert

Simple = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
Condition = ast.If | ast.While
# Values that need their parentheses.
PARENTHESIZED = (ast.Yield, ast.YieldFrom, ast.NamedExpr)


class LineRange(NamedTuple):
    """Lines to join."""

    first: int
    last: int
    parentheses: tuple[int, ...] = ()  # the offsets of redundant ones
    is_statement: bool = False


def joining_edits(
    source: Source, inserts: Sequence[Insert], style: LineStyle
) -> tuple[list[Edit], set[int]]:
    """Return the edits that join lines, and the numbers of these lines.

    Args:
        source: The file.
        inserts: The texts to insert; an outer one comes before those inside it.
        style: The style of the result.
    """
    edits: list[Edit] = []
    done: set[int] = set()
    failed: set[LineRange] = set()
    statements: dict[int, list[LineRange]] = defaultdict(list)  # by each of their lines
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
            found = _edits_of(source, line_range, inserts, style)
            if found is not None:
                edits += found
                done.update(range(line_range.first, line_range.last + 1))
                break
            failed.add(line_range)
    return edits, done


def _ranges_around(lines: tuple[int, int], statements: Sequence[LineRange]) -> Iterator[LineRange]:
    """Yield the lines to try to join for an insert: its statement, then only its own lines."""
    for line_range in statements:
        if line_range.first <= lines[0] and lines[1] <= line_range.last:
            yield line_range
    if lines[0] < lines[1]:
        yield LineRange(*lines)


def _simple_statements(source: Source) -> Iterator[LineRange]:
    """Yield the simple statements of several lines."""
    for node in ast.walk(source.tree):
        if isinstance(node, Simple) and (node.end_lineno or 0) > node.lineno:
            start, end = source.span(node)
            parentheses = _parentheses(source, node.value, start, end)
            yield LineRange(node.lineno, node.end_lineno or 0, parentheses, is_statement=True)


def _conditions(source: Source) -> Iterator[LineRange]:
    """Yield the lines of each condition that has parentheses on separate lines."""
    for node in ast.walk(source.tree):
        if isinstance(node, Condition) and (node.test.end_lineno or 0) > node.lineno:
            last = (node.test.end_lineno or 0) + 1
            start, end = source.span(node)[0], source.offset(last + 1, 0)
            header = source.raw[start:end].rstrip()
            end = start + len(header) - 1
            if header.endswith(b"):") and last < node.body[0].lineno:
                parentheses = _parentheses(source, node.test, start, end)
                if parentheses:
                    yield LineRange(node.lineno, last, parentheses, is_statement=True)


def _parentheses(source: Source, value: ast.expr | None, start: int, end: int) -> tuple[int, ...]:
    """Return the offsets of redundant parentheses around the value of a statement.

    Args:
        source: The file.
        value: The assigned or returned value, or the condition.
        start: The offset of the statement.
        end: The offset of its end, or of the colon after a condition.
    """
    if value is None or isinstance(value, PARENTHESIZED):
        return ()
    inner_start, inner_end = source.span(value)
    before = source.raw[start:inner_start].rstrip()
    after = source.raw[inner_end:end]
    is_around = before.endswith((b"= (", b"return (", b"if (", b"while ("))
    if not is_around or after.strip() != b")":
        return ()
    return start + len(before) - 1, end - 1


def _edits_of(
    source: Source, line_range: LineRange, inserts: Sequence[Insert], style: LineStyle
) -> list[Edit] | None:
    """Return the edits that join lines; None if they cannot or should not be joined."""
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
    in_brackets = not line_range.is_statement and line_range.first not in source.statements
    result = rewrite_joined(text, text_inserts, style, dropped, in_brackets=in_brackets)
    if result is None:
        return None
    changes, count = result
    if line_range.is_statement and not _is_expected(source, line_range, text, inside, count):
        return None
    return _edits_from(source, start, text, changes)


def _inserts_inside(inserts: Sequence[Insert], start: int, end: int) -> list[Insert] | None:
    """Return the inserts inside a part of a file; None if one crosses its start or end."""
    inside = []
    for insert in inserts:
        if start <= insert.start and insert.end <= end:
            inside.append(insert)
        elif insert.start < end and start < insert.end:
            return None
    return inside


def _edits_from(source: Source, start: int, text: str, changes: Sequence[Change]) -> list[Edit]:
    """Return the edits for the changes of a text that starts at an offset of the file."""
    edits = []
    for change in changes:
        first = start + len(text[: change.start].encode(source.encoding))
        last = start + len(text[: change.end].encode(source.encoding))
        edits.append(make_edit(source, first, last, change.text))
    return edits


def _is_expected(
    source: Source, line_range: LineRange, text: str, inserts: Sequence[Insert], new_lines: int
) -> bool:
    """Return whether a formatter that made the statement's layout would now make the new one."""
    if _is_multiline(source, inserts):
        return new_lines == 1 or _is_hugged(text)
    return _is_hugged(text) and (new_lines == 1 or bool(line_range.parentheses))


def _is_multiline(source: Source, inserts: Sequence[Insert]) -> bool:
    return any(b"\n" in source.raw[insert.start : insert.end] for insert in inserts)


def _is_hugged(text: str) -> bool:
    """Return whether the first line ends with a bracket that the last line closes."""
    lines = text.splitlines()
    return lines[0].endswith(tuple(OPENING)) and lines[-1].lstrip().startswith(tuple(CLOSING))
