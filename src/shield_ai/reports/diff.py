"""Format the planned edits of a file as a unified diff that hides secret values."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import apply_edits
from shield_ai.reports.masking.mask import mask, show
from shield_ai.reports.terminal.color import paint
from shield_ai.rewrite.project import iam_policy
from shield_ai.rewrite.project.stamp import has_valid_stamp

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.edit import Edit, FileChange
    from shield_ai.model.finding import Finding

    # As difflib's: what changed, first and end in the old file, first and end in the new one.
    Opcode = tuple[str, int, int, int, int]
    LineRange = tuple[int, int, int, int]  # first and end in the old file and in the new one

CONTEXT = 2  # lines around a change in Python; other files have none, as they may hold values
MAX_COMPARED = 500  # lines of one change; a larger change is shown as a complete replacement
# A value that `mask` replaced with NUL bytes. Shorter ones are not searched for in the new text:
# they may also be part of another word.
HIDDEN = regex(rb"\0{4,}")
MAX_NEW_LINES = 12  # lines shown of new content; one more is shown instead of "1 more line"
STYLES = {"+": "green", "-": "red", "@": "cyan"}


def literal_spans(findings: Iterable[Finding], path: str) -> list[tuple[int, int]]:
    """Return the byte spans of the hardcoded values in a file."""
    return [
        finding.span
        for finding in findings
        if finding.path == path and finding.span and not finding.env
    ]


def diff_text(
    change: FileChange,
    before: bytes | None,
    *,
    keep: Collection[str] = (),
    spans: Iterable[tuple[int, int]] = (),
    show_all: bool = False,
    color: bool = False,
) -> str:
    """Format the change of one file: a header, then lines.

    Args:
        change: The planned change.
        before: The file's content that the change is based on, or None for a new file.
        keep: Names that are not values and can be shown.
        spans: Byte spans in `before` that hold values and are always hidden.
        show_all: Whether to show all lines of a new file.
        color: Whether to color the lines.
    """
    raw = before or b""
    if _replaces_file(change, raw):
        lines = _new_content(change, show_all=show_all)
        if raw:
            lines = _replaced_content(change, raw, keep)
    else:
        lines = _unified(change, raw, keep, spans)
    painted = [paint(line, STYLES.get(line[:1], "dim"), color=color) for line in lines]
    return "".join(f"{line}\n" for line in painted)


def _replaces_file(change: FileChange, raw: bytes) -> bool:
    """Return whether the file is new, or the change consists of one edit of the whole content."""
    if len(change.edits) != 1:
        return change.before is None
    return change.edits[0].start == 0 and change.edits[0].end == len(raw)


def _new_content(change: FileChange, *, show_all: bool) -> Iterator[str]:
    lines = "".join(edit.replacement for edit in change.edits).splitlines()
    what = "new" if change.before is None else "was empty"
    yield f"+++ {printable(change.path)}  ({what}, {count(len(lines), 'line')})"
    is_short = len(lines) <= MAX_NEW_LINES + 1
    shown = lines if show_all or is_short else lines[:MAX_NEW_LINES]
    for line in shown:
        yield f"+{printable(line)}"
    if len(lines) > len(shown):
        yield f"… {len(lines) - len(shown)} more lines: shield plan --all"


def _replaced_content(change: FileChange, raw: bytes, keep: Collection[str]) -> Iterator[str]:
    """Show what changes in a file that shield wrote.

    Values are hidden in removed lines only, and not if nobody edited the file.
    """
    old = raw.splitlines(keepends=True)
    new = change.edits[0].replacement.encode(change.encoding).splitlines(keepends=True)
    opcodes: list[Opcode] = [("replace", 0, len(old), 0, len(new))]
    if max(len(old), len(new)) <= MAX_COMPARED:
        opcodes = list(difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    shown = _masked(change.path, raw, keep).splitlines(keepends=True)
    for tag, i1, i2, _, _ in opcodes:
        if tag == "equal":
            shown[i1:i2] = old[i1:i2]
    yield f"--- {printable(change.path)}"
    yield f"+++ {printable(change.path)}"
    for group in _group(opcodes):
        yield from _hunk(group, shown, new, change.encoding)


def _unified(
    change: FileChange, raw: bytes, keep: Collection[str], spans: Iterable[tuple[int, int]]
) -> Iterator[str]:
    masked = bytearray(_masked(change.path, raw, keep))
    for start, end in spans:
        masked[start:end] = re.sub(rb"[^\r\n]", b"\0", masked[start:end])
    before = bytes(masked)
    old = before.splitlines(keepends=True)
    edits = [_without_values(edit, raw, before, change.encoding) for edit in change.edits]
    new = apply_edits(before, edits, change.encoding).splitlines(keepends=True)
    note = "  (CRLF)" if b"\r\n" in before else ""
    yield f"--- {printable(change.path)}{note}"
    yield f"+++ {printable(change.path)}{note}"
    opcodes = find_opcodes(change, old, new)
    groups: Iterable[Sequence[Opcode]]
    if change.path.endswith(".py"):
        groups = _group(opcodes)
    else:
        groups = [[opcode] for opcode in opcodes if opcode[0] != "equal"]
    for group in groups:
        yield from _hunk(group, old, new, change.encoding)


def _masked(path: str, raw: bytes, keep: Collection[str]) -> bytes:
    """Hide the values in a file, unless shield generated it and nobody edited it."""
    if has_valid_stamp(raw) or (path == iam_policy.PATH and iam_policy.is_generated_file(raw)):
        return raw
    return mask(path, raw, keep)


def _without_values(edit: Edit, raw: bytes, masked: bytes, encoding: str) -> Edit:
    """Hide the values in a replacement that also occur in the text that it replaces.

    This is for files other than Python: edits of Python do not repeat the values of the code, see
    `rewrite.python.split_edits`.
    """
    text = edit.replacement
    for hidden in HIDDEN.finditer(masked, edit.start, edit.end):
        value = raw[slice(*hidden.span())].decode(encoding, "replace")
        if value.strip():  # the hidden text can also be an indentation
            text = text.replace(value, "\0" * len(value))
    return msgspec.structs.replace(edit, replacement=text)


def find_opcodes(change: FileChange, old: list[bytes], new: list[bytes]) -> list[Opcode]:
    """Return the differences as opcodes of difflib.

    Only the lines that edits touch are compared, because difflib is slow for many equal lines.
    """
    opcodes: list[Opcode] = []
    i = j = 0
    for i1, i2, j1, j2 in _changed_lines(change, old, new):
        opcodes.append(("equal", i, i1, j, j1))
        if max(i2 - i1, j2 - j1) > MAX_COMPARED:
            opcodes.append(("replace", i1, i2, j1, j2))
        else:
            matcher = difflib.SequenceMatcher(None, old[i1:i2], new[j1:j2], autojunk=False)
            for tag, a1, a2, b1, b2 in matcher.get_opcodes():
                opcodes.append((tag, a1 + i1, a2 + i1, b1 + j1, b2 + j1))
        i, j = i2, j2
    opcodes.append(("equal", i, len(old), j, len(new)))
    return list(_join_equal(opcodes))


def _changed_lines(change: FileChange, old: list[bytes], new: list[bytes]) -> list[LineRange]:
    """Return the ranges of lines that edits touch."""
    starts = list(accumulate(map(len, old), initial=0))
    new_starts = list(accumulate(map(len, new), initial=0))
    ranges: list[LineRange] = []
    growth = 0  # bytes by which the new file is longer, up to this edit
    for edit in sorted(change.edits, key=lambda edit: (edit.start, edit.end)):
        first = bisect_right(starts, edit.start) - 1
        if old and not old[-1].endswith((b"\n", b"\r")):
            first = min(first, len(old) - 1)  # an edit at the end continues the last line
        end = min(bisect_right(starts, edit.end), len(old))
        new_first = bisect_left(new_starts, starts[first] + growth)
        growth += len(edit.replacement.encode(change.encoding)) - (edit.end - edit.start)
        if ranges and first <= ranges[-1][1]:
            first, previous_end, new_first, _ = ranges.pop()
            end = max(end, previous_end)
        ranges.append((first, end, new_first, bisect_left(new_starts, starts[end] + growth)))
    return ranges


def _join_equal(opcodes: Iterable[Opcode]) -> Iterator[Opcode]:
    for is_equal, group in groupby(opcodes, key=lambda opcode: opcode[0] == "equal"):
        if not is_equal:
            yield from group
            continue
        parts = list(group)
        _, i1, _, j1, _ = parts[0]
        _, _, i2, _, j2 = parts[-1]
        if i1 < i2:
            yield "equal", i1, i2, j1, j2


def _group(opcodes: list[Opcode]) -> Iterator[list[Opcode]]:
    """Group differences with CONTEXT lines around them."""
    matcher = difflib.SequenceMatcher()
    matcher.opcodes = opcodes  # type: ignore[attr-defined]  # missing in its stubs
    return iter(matcher.get_grouped_opcodes(CONTEXT))


def _hunk(
    group: Sequence[Opcode],
    old: list[bytes],
    new: list[bytes],
    encoding: str,
) -> Iterator[str]:
    _, old_start, _, new_start, _ = group[0]
    _, _, old_end, _, new_end = group[-1]
    yield f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@"
    for tag, i1, i2, j1, j2 in group:
        if tag == "equal":
            yield from _prefixed(" ", old[i1:i2], encoding)
        else:
            yield from _prefixed("-", old[i1:i2], encoding)
            yield from _prefixed("+", new[j1:j2], encoding)


def _range(start: int, stop: int) -> str:
    """Format a line range of a hunk header; an empty range has the number of the line before it."""
    length = stop - start
    first = start + 1 if length else start
    return f"{first}" if length == 1 else f"{first},{length}"


def _prefixed(mark: str, lines: list[bytes], encoding: str) -> Iterator[str]:
    for line in lines:
        yield mark + show(line.rstrip(b"\r\n"), encoding)
        if not line.endswith((b"\n", b"\r")):
            yield "\\ No newline at end of file"
