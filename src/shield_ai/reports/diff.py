"""What a plan does to a file, as a unified diff in which no byte of the app's own is shown that may be a value."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from shield_ai.project.python_source import apply_edits
from shield_ai.reports.colour import paint
from shield_ai.reports.mask import mask, printable, show

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.edit import FileChange

CONTEXT = 2
NEW_LINES = 12  # of a new file, so many are shown
STYLES = {"+": "green", "-": "red", "@": "cyan"}


def diff_text(
    change: FileChange,
    before: bytes | None,
    *,
    keep: Collection[str] = (),
    spans: Iterable[tuple[int, int]] = (),
    colour: bool = False,
) -> str:
    """Show one file's change.

    Args:
        change: Of the plan.
        before: The file's bytes that it was planned on.
        keep: Names that are no values and can be shown.
        spans: Byte offsets in `before` that hold values, to be hidden whatever they look like.
        colour: Whether the terminal has any.
    """
    raw = before or b""
    lines = _whole(change, raw) if _is_whole(change, raw) else _unified(change, raw, keep, spans)
    return "".join(f"{paint(line, STYLES.get(line[:1], 'dim'), colour=colour)}\n" for line in lines)


def _is_whole(change: FileChange, raw: bytes) -> bool:
    """Tell a new file, or new content for one of ours."""
    return len(change.edits) <= 1 and all(
        edit.start == 0 and edit.end == len(raw) for edit in change.edits
    )


def _whole(change: FileChange, raw: bytes) -> Iterator[str]:
    lines = "".join(edit.replacement for edit in change.edits).splitlines()
    what = (
        "new"
        if change.before is None
        else f"replaces {len(raw.splitlines())} lines that shield wrote"
    )
    yield f"+++ {printable(change.path)}  ({what}, {len(lines)} lines)"
    shown = lines if len(lines) <= NEW_LINES + 1 else lines[:NEW_LINES]
    yield from (f"+{printable(line)}" for line in shown)
    if len(lines) > len(shown):
        yield f"… {len(lines) - len(shown)} more lines"


def _unified(
    change: FileChange, raw: bytes, keep: Collection[str], spans: Iterable[tuple[int, int]]
) -> Iterator[str]:
    hidden = bytearray(mask(change.path, raw, keep))
    for start, end in spans:
        hidden[start:end] = re.sub(rb"[^\r\n]", b"\0", hidden[start:end])
    old, new = bytes(hidden), apply_edits(bytes(hidden), change.edits, change.encoding)
    note = "  (CRLF)" if b"\r\n" in old else ""
    yield f"--- {printable(change.path)}{note}"
    yield f"+++ {printable(change.path)}{note}"
    context = CONTEXT if change.path.endswith(".py") else 0
    matcher = difflib.SequenceMatcher(None, _lines(old), _lines(new), autojunk=False)
    for group in matcher.get_grouped_opcodes(context) if context else _without_context(matcher):
        yield from _hunk(group, _lines(old), _lines(new), change.encoding)


def _without_context(
    matcher: difflib.SequenceMatcher[bytes],
) -> list[list[tuple[str, int, int, int, int]]]:
    return [[code] for code in matcher.get_opcodes() if code[0] != "equal"]


def _hunk(
    group: list[tuple[str, int, int, int, int]], old: list[bytes], new: list[bytes], encoding: str
) -> Iterator[str]:
    first, last = group[0], group[-1]
    yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@"
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from _marked(" ", old[i1:i2], encoding)
        else:
            yield from _marked("-", old[i1:i2], encoding)
            yield from _marked("+", new[j1:j2], encoding)


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + bool(length)}" if length == 1 else f"{start + bool(length)},{length}"


def _marked(mark: str, lines: list[bytes], encoding: str) -> Iterator[str]:
    for line in lines:
        yield mark + show(line.rstrip(b"\r\n"), encoding)
        if not line.endswith((b"\n", b"\r")):
            yield "\\ No newline at end of file"


def _lines(raw: bytes) -> list[bytes]:
    return raw.splitlines(keepends=True)
