"""Create the edits that put get_secret() around expressions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.rewrite.python.lines.file_style import indentation
from shield_ai.rewrite.python.lines.line_breaking import rewrite_line
from shield_ai.rewrite.python.lines.line_joining import joining_edits
from shield_ai.rewrite.python.lines.line_scanning import lines_in_strings
from shield_ai.rewrite.python.lines.source_edits import make_edit
from shield_ai.rewrite.python.lines.tracked_text import Insert
from shield_ai.rewrite.python.wrap.call_arguments import (
    default_prefix,
    keyword_arguments,
    name_argument,
    plain_default_arguments,
    quote_for,
    serves_production,
)
from shield_ai.rewrite.python.wrap.call_text import call_parts, copy_name, replacing_call
from shield_ai.rewrite.python.wrap.wrapped_site import sites_without_overlap

if TYPE_CHECKING:
    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.lines.line_breaking import LineStyle
    from shield_ai.rewrite.python.wrap.nested_reads import NestedRead
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def wrap_edits(source: Source, wraps: list[Wrap], style: LineStyle) -> list[Edit]:
    """Return the edits that wrap expressions of a file.

    Args:
        source: The file.
        wraps: The expressions to wrap.
        style: The maximum line length, and whether arguments need trailing commas.
    """
    by_line: dict[int, list[Insert]] = {}
    added_levels: Counter[int] = Counter()  # of indentation, by line
    wraps = sorted(wraps, key=lambda wrap: (wrap.site.start, -wrap.site.end))
    separate = sites_without_overlap(wraps)
    inserts = [insert for wrap in wraps for insert in _file_inserts(source, wrap)]
    edits, done = joining_edits(source, inserts, style)
    for wrap in wraps:
        first = source.position(wrap.site.start)[0]
        last = source.position(wrap.site.end)[0]
        if first in done:
            continue
        if first == last or wrap.read_in_default:
            for insert in _file_inserts(source, wrap):
                number = source.position(insert.start)[0]
                by_line.setdefault(number, []).append(insert)
            continue
        lines = _lines_to_indent(source, wrap, first, last)
        alone = wrap.site in separate
        added = added_levels[first]
        edits += _wrap_multiline(source, wrap, lines, style.width, added, keep_alignment=alone)
        added_levels.update(lines)
    for number, group in by_line.items():
        edits += _wrap_on_line(source, number, group, style, added_levels[number])
    return edits


def _wrap_on_line(
    source: Source, number: int, file_inserts: list[Insert], style: LineStyle, added_levels: int
) -> list[Edit]:
    """Insert texts into one line, which other edits indent by added levels."""
    offset, raw = source.lines[number - 1]
    line = raw.decode(source.encoding).rstrip("\r\n")
    inserts = []
    for insert in file_inserts:
        start = source.position(insert.start)[1] - 1
        end = source.position(insert.end)[1] - 1
        inserts.append(insert._replace(start=start, end=end))
    in_brackets = number not in source.statement_lines and not _is_continued(source, number - 1)
    edits = []
    for change in rewrite_line(line, inserts, style, added_levels, in_brackets=in_brackets):
        start = offset + len(line[: change.start].encode(source.encoding))
        end = offset + len(line[: change.end].encode(source.encoding))
        edits.append(make_edit(source, start, end, change.text))
    return edits


def _is_continued(source: Source, number: int) -> bool:
    return source.lines[number - 1][1].rstrip().endswith(b"\\")


def _file_inserts(source: Source, wrap: Wrap) -> list[Insert]:
    site = wrap.site
    if wrap.read_in_default:
        return _nested_inserts(source, wrap, wrap.read_in_default)
    text = replacing_call(source, wrap)
    if text is not None:
        return [Insert(site.start, site.end, text, "", replaces=True)]
    before, after = call_parts(source, wrap)
    inserts = [Insert(site.start, site.end, before, after)]
    if site.environ:
        end = site.start + len(copy_name(source, site).encode(source.encoding))
        inserts.append(Insert(site.start, end, site.environ, "", replaces=True))
    return inserts


def _nested_inserts(source: Source, wrap: Wrap, read: NestedRead) -> list[Insert]:
    """Return the inserts that replace a read but keep its default, which other inserts may edit."""
    name = name_argument(wrap, quote_for(source, wrap.site))
    inserts = [
        Insert(*read.function, wrap.names.get, "", replaces=True),
        Insert(*read.name, name, "", replaces=True),
    ]
    if serves_production(wrap):
        inserts.append(Insert(read.default_end, read.default_end, ", optional=True", ""))
    return inserts


def _wrap_multiline(
    source: Source,
    wrap: Wrap,
    lines: list[int],
    width: int,
    added_levels: int,
    *,
    keep_alignment: bool,
) -> list[Edit]:
    """Wrap an expression of several lines: one argument per line, the expression indented.

    Args:
        source: The file.
        wrap: The expression.
        lines: The lines below its first line that can be indented; empty to keep the line breaks.
        width: Maximum line length.
        added_levels: The levels by which other edits indent its first line.
        keep_alignment: Keep lines aligned with an opening bracket of the first line.
    """
    site = wrap.site
    first = source.position(site.start)[0]
    text = replacing_call(source, wrap)
    if text is not None:
        text = _broken_call(source, wrap, text, first, width)
        return [make_edit(source, site.start, site.end, text)]
    if not lines:
        before, after = call_parts(source, wrap)
        return [
            make_edit(source, site.start, site.start, before),
            make_edit(source, site.end, site.end, after),
        ]
    quote = quote_for(source, site)
    indent, step = indentation(source.lines[first - 1][1].decode(source.encoding))
    indent += step * added_levels
    start_of_line = f"\n{indent}{step}"
    prefix = default_prefix(wrap)
    keywords = "".join(f"{start_of_line}{keyword}," for keyword in keyword_arguments(wrap, quote))
    opening = (
        f"{wrap.names.get}({start_of_line}{name_argument(wrap, quote)},{start_of_line}{prefix}"
    )
    shift = 0
    if keep_alignment:
        column = source.position(site.start)[1] - 1
        shift = _alignment_shift(source, lines, column, len(indent + step + prefix))
    return [
        make_edit(source, site.start, site.start, opening),
        *[_indent_line(source, number, shift, step) for number in lines],
        make_edit(source, site.end, site.end, f",{keywords}\n{indent})"),
    ]


def _broken_call(source: Source, wrap: Wrap, text: str, first: int, width: int) -> str:
    """Break a call that replaces several lines, if it is too long for one."""
    column = source.position(wrap.site.start)[1] - 1
    last, end = source.position(wrap.site.end)
    rest = source.lines[last - 1][1].decode(source.encoding).rstrip()[end - 1 :]
    if column + len(text) + len(rest) <= width or not wrap.plain_default:
        return text
    indent, step = indentation(source.lines[first - 1][1].decode(source.encoding))
    lines = [name_argument(wrap, quote_for(source, wrap.site)), *plain_default_arguments(wrap)]
    arguments = "".join(f"\n{indent}{step}{line}," for line in lines)
    return f"{wrap.names.get}({arguments}\n{indent})"


def _indent_line(source: Source, number: int, shift: int, step: str) -> Edit:
    """Indent a line by one level, or move it by `shift` columns if that is not 0."""
    start = source.lines[number - 1][0]
    if not shift:
        return make_edit(source, start, start, step)
    return make_edit(source, start, start + max(-shift, 0), " " * shift)


def _alignment_shift(source: Source, lines: list[int], column: int, new_column: int) -> int:
    """Return the shift in columns that keeps lines aligned with a bracket of the first line.

    Args:
        source: The file.
        lines: Line numbers.
        column: Where the expression starts.
        new_column: Where it starts after the edit.

    Returns:
        0 if the lines are not aligned.
    """
    raws = [source.lines[number - 1][1] for number in lines]
    is_aligned = all(len(raw) - len(raw.lstrip(b" ")) > column for raw in raws)
    return new_column - column if is_aligned and column else 0


def _lines_to_indent(source: Source, wrap: Wrap, first: int, last: int) -> list[int]:
    """Return the lines below the first that can be indented.

    The list is empty if an indentation could change a continued line, or if all lines below the
    first start inside a string.
    """
    if wrap.site.quote or replacing_call(source, wrap) is not None:
        return []
    expression = source.raw[wrap.site.start : wrap.site.end].decode(source.encoding)
    inside = {first + number - 1 for number in lines_in_strings(expression)}
    numbers = [number for number in range(first + 1, last + 1) if number not in inside]
    if any(_is_continued(source, number - 1) for number in numbers):
        return []
    return [number for number in numbers if source.lines[number - 1][1].strip()]
