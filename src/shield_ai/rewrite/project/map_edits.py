"""Edit the mapping in a map file that its users have changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.secret_map import MapCall, SecretMap, find_map_call
from shield_ai.rewrite.project.map_text import dict_entry, dict_text, list_text, value_text
from shield_ai.rewrite.python.lines.file_style import indentation
from shield_ai.rewrite.python.lines.source_edits import make_edit

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.rewrite.project.map_style import MapStyle
    from shield_ai.rewrite.project.map_text import Entry

# The end of an entry, which may be in parentheses: Black wraps long variables in them.
COMMA_AFTER_VALUE = re.compile(rb"(?:[\s)]|#[^\r\n]*+)*+,")
END_OF_LINE = re.compile(rb"[ \t]*,?[ \t]*(?:#.*)?[\r\n]*")


def mapping_edits(found: MapCall, wanted: SecretMap, style: MapStyle) -> Iterator[Edit]:
    """Change the entries that differ, or the whole dict unless it has one entry per line."""
    source = found.source
    if found.content.secrets == wanted.secrets:
        return
    entries = entry_spans(found)
    if entries is None:
        start, end = source.span(found.mapping)
        indent = _indent_of(found, found.mapping.lineno)
        yield make_edit(source, start, end, dict_text(wanted.secrets, indent, style))
        return
    for name, (start, end) in entries.items():
        if name not in wanted.secrets:
            yield make_edit(source, start, end, "")
        elif found.content.secrets[name] != wanted.secrets[name]:
            yield _value_edit(found, name, wanted.secrets[name], style)
    indent = _indent_of(found, found.mapping.keys[0].lineno) if found.mapping.keys[0] else ""
    lines = [
        f"{dict_entry(name, entry, indent, style)}\n"
        for name, entry in wanted.secrets.items()
        if name not in entries
    ]
    if lines:
        _, end_of_entries = list(entries.values())[-1]
        yield make_edit(source, end_of_entries, end_of_entries, "".join(lines))


def _value_edit(found: MapCall, name: str, entry: Entry, style: MapStyle) -> Edit:
    position = list(found.content.secrets).index(name)
    key, value = found.mapping.keys[position], found.mapping.values[position]
    start, end = found.source.span(value)
    indent = _indent_of(found, value.lineno)
    if isinstance(entry, str) and key and value.lineno > key.lineno:
        return make_edit(found.source, start, end, style.quoted(entry))  # in parentheses
    return make_edit(found.source, start, end, value_text(name, entry, indent, style))


def entry_spans(found: MapCall) -> dict[str, tuple[int, int]] | None:
    """Return the span of the lines of each entry, by name.

    None if an entry shares a line or lacks a trailing comma, or if the dict is empty.
    """
    source = found.source
    entries: dict[str, tuple[int, int]] = {}
    previous = found.mapping.lineno
    for key, value in zip(found.mapping.keys, found.mapping.values, strict=True):
        comma = COMMA_AFTER_VALUE.match(source.raw, source.span(value)[1])
        if key is None or key.lineno <= previous or comma is None:
            return None
        previous, _ = source.position(comma.end() - 1)
        name = str(getattr(key, "value", ""))
        entries[name] = source.offset(key.lineno, 0), source.offset(previous + 1, 0)
    is_closed_below = (found.mapping.end_lineno or 0) > previous
    return entries if entries and is_closed_below else None


def _indent_of(found: MapCall, line: int) -> str:
    return indentation(found.source.lines[line - 1][1].decode(found.source.encoding))[0]


def names_edits(found: MapCall, wanted: SecretMap, style: MapStyle) -> Iterator[Edit]:
    """Set, add or remove the arguments `optional` and `required`."""
    current = found.content
    source = found.source
    indent = _indent_of(found, found.mapping.end_lineno or found.mapping.lineno)
    added = ""
    for argument, value, old, new in (
        ("optional", found.optional, current.optional, wanted.optional),
        ("required", found.required, current.required, wanted.required),
    ):
        text = list_text(new, indent, f"{argument}=", style)
        if set(old) == set(new):
            continue
        if value is None:
            starts_on_call_line = found.mapping.lineno == found.call.lineno
            gap = " " if starts_on_call_line else f"\n{indent}"
            added += f",{gap}{argument}={text}"
        elif new:
            yield make_edit(source, *source.span(value), text)
        else:
            yield make_edit(source, *_span_to_remove(found, value), "")
    if added:
        after_mapping = source.span(found.mapping)[1]
        yield make_edit(source, after_mapping, after_mapping, added)


def _span_to_remove(found: MapCall, value: ast.expr) -> tuple[int, int]:
    """Return the lines of a keyword argument, or else its span with one comma."""
    source, keywords = found.source, found.call.keywords
    index = [keyword.value for keyword in keywords].index(value)
    keyword = keywords[index]
    start, end = source.span(keyword)
    first = source.offset(keyword.lineno, 0)
    next_line = source.offset((keyword.end_lineno or keyword.lineno) + 1, 0)
    if not source.raw[first:start].strip() and END_OF_LINE.fullmatch(source.raw[end:next_line]):
        return first, next_line
    if index + 1 < len(keywords):
        return start, source.span(keywords[index + 1])[0]
    before = keywords[index - 1] if index else found.mapping
    return source.span(before)[1], end


def prefix_edits(raw: bytes, wanted: SecretMap, style: MapStyle) -> Iterator[Edit]:
    """Set or add the argument `prefix`, unless its value is computed."""
    found = find_map_call(raw)
    if found is None or found.content.prefix in {None, wanted.prefix}:
        return
    source = found.source
    text = style.quoted(wanted.prefix or "")
    if found.prefix:
        yield make_edit(source, *source.span(found.prefix), text)
        return
    last = found.call.keywords[-1].value if found.call.keywords else found.mapping
    end = source.span(last)[1]
    starts_on_call_line = found.mapping.lineno == found.call.lineno
    gap = " " if starts_on_call_line else f"\n{_indent_of(found, found.mapping.lineno)}"
    yield make_edit(source, end, end, f",{gap}prefix={text}")
