"""Create edits of a Python file, with its newlines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit

if TYPE_CHECKING:
    import ast

    from shield_ai.project.python_source import Source


def make_edit(source: Source, start: int, end: int, text: str) -> Edit:
    """Replace the bytes from `start` to `end` by text with the newlines of the file.

    A common suffix of the old and the new text is left out of the edit. It can contain the default
    of a read. Plans and SARIF reports contain the replacement, and must not contain values.
    """
    old = source.raw[start:end].decode(source.encoding)
    replacement = text.replace("\n", source.newline)
    length = _common_suffix_length(old, replacement)
    if length:
        end -= len(old[-length:].encode(source.encoding))
        replacement = replacement[:-length]
    return Edit(path=source.path, start=start, end=end, replacement=replacement)


def _common_suffix_length(text: str, other: str) -> int:
    length = 0
    for character, other_character in zip(reversed(text), reversed(other), strict=False):
        if character != other_character:
            break
        length += 1
    return length


def offset_below(source: Source, node: ast.stmt) -> tuple[int, str]:
    """Return the offset of the line below a statement, and the newline to insert before it.

    That newline is empty unless the statement ends on an unterminated last line.
    """
    start, raw = source.lines[(node.end_lineno or node.lineno) - 1]
    lead = "" if raw.endswith((b"\n", b"\r")) else "\n"
    return start + len(raw), lead


def insert_below(source: Source, node: ast.stmt, text: str) -> Edit:
    """Insert whole lines below a statement."""
    at, lead = offset_below(source, node)
    return make_edit(source, at, at, lead + text)


def first_line(node: ast.stmt) -> int:
    """Return the line on which a statement starts, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *[decorator.lineno for decorator in decorators]])
