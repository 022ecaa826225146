"""Break a line that a rewrite made too long, at its brackets and commas, as black does."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

OPENING, CLOSING = "([{", ")]}"
NEW = -1
LOOP = re.compile(r" (?:async )?for ")
FILTER = re.compile(r" if ")
# A comment that speaks to a linter counts for the line that it stands on, and not to a line's length, as with ruff:
# https://docs.astral.sh/ruff/formatter/#pragma-comments
PRAGMA = re.compile(
    r"#\s*(noqa|type:|pylint:|pyright:|mypy:|pyre-|ruff:|flake8:|pragma:|noinspection)",
    re.IGNORECASE,
)
# One that speaks to a scanner of secrets must stay beside the value.
ALLOWED = re.compile(
    r"#.*(allowlist|whitelist|gitleaks:|nosec|NOSONAR|\bS10\d|ggignore|trufflehog)", re.IGNORECASE
)
CHOICE = re.compile(r" (?:if|else) ")
OPERATOR = re.compile(r" (?:or|and) ")
ASKS = re.compile(r"(?:if|elif|while) ")


class Cell(NamedTuple):
    """One character of a rewritten line."""

    char: str
    origin: int  # where it stood in the old line; NEW: nowhere
    fixed: bool = False  # part of the app's own expression, which is kept in one piece


class Insert(NamedTuple):
    """What is put around, or in place of, a part of a line."""

    start: int
    end: int
    before: str
    after: str
    replaces: bool = False


class Change(NamedTuple):
    """A part of the old line that is replaced by a text."""

    start: int
    end: int
    text: str


def relay(
    line: str, inserts: list[Insert], width: int, deeper: int = 0, *, inside: bool = False
) -> list[Change]:
    """Rewrite one line and break it where it is too long; return what changes.

    Args:
        line: Without its newline.
        inserts: Outer ones before inner ones.
        width: How long a line may be.
        deeper: How many steps the line itself moves in.
        inside: It begins within brackets.
    """
    cells = compose(line, inserts)
    indent = re.match(r"[ \t]*", line)[0]  # type: ignore[index]  # matches anything
    step = "\t" if "\t" in indent else "    "
    moved = indent + step * deeper
    out = cells[: len(indent)]
    code, comment = _without_pragma(cells[len(indent) :])
    lines = split(
        code, moved, step, sys.maxsize if ALLOWED.search(_text(comment)) else width, inside=inside
    )
    for i, (depth, part) in enumerate(lines):
        if i:
            out += [Cell(char, NEW) for char in f"\n{moved}{step * depth}"]
        out += part
        if not i and comment:
            out += (
                comment
                if len(lines) == 1
                else [Cell(char, NEW) for char in f"  {_text(comment).strip()}"]
            )
    return changes(out, len(line))


def _text(cells: list[Cell]) -> str:
    return "".join([cell.char for cell in cells])


def _without_pragma(cells: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """Take a comment for a linter or a scanner, with the spaces before it, off the end of a line."""
    text = _text(cells)
    at = _places(text)[1]
    if not (PRAGMA.match(text, at) or ALLOWED.match(text, at)):
        return cells, []
    end = len(text[:at].rstrip())
    return cells[:end], cells[end:]


def compose(line: str, inserts: list[Insert]) -> list[Cell]:
    """Lay the new texts into a line."""
    outer = [
        i
        for i in inserts
        if not any(o is not i and o.start <= i.start and i.end <= o.end for o in inserts)
    ]
    cells: list[Cell] = []
    places = sorted({0, len(line), *(i.start for i in inserts), *(i.end for i in inserts)})
    for at, following in zip(places, [*places[1:], len(line)], strict=True):
        for insert in reversed(
            [i for i in inserts if i.end == at and not i.replaces and i.start < at]
        ):
            cells += [Cell(char, NEW) for char in insert.after]
        for insert in [i for i in inserts if i.start == at]:
            cells += [Cell(char, NEW) for char in insert.before]
        if not any(i.replaces and i.start <= at < i.end for i in inserts):
            fixed = any(i.start <= at < i.end for i in outer)
            cells += [Cell(line[n], n, fixed) for n in range(at, following)]
    return cells


def changes(cells: list[Cell], length: int) -> list[Change]:
    """Compare rewritten cells with the line that they came from."""
    out: list[Change] = []
    at, text = 0, ""
    for cell in [*cells, Cell("", length)]:
        if cell.origin == NEW:
            text += cell.char
            continue
        if text or cell.origin > at:
            out.append(Change(at, cell.origin, text))
        at, text = cell.origin + 1, ""
    return out


Lines = list[tuple[int, list[Cell]]]


def split(
    cells: list[Cell], indent: str, step: str, width: int, depth: int = 0, *, inside: bool = False
) -> Lines:
    """Split cells into lines, each with its depth below the indent; inside brackets also before `or` and `and`."""
    size = len(indent) + len(step) * depth
    flat: Lines = [(depth, cells)]
    if size + len(cells) <= width or all(cell.origin != NEW for cell in cells):
        return flat
    cuts = _operators(cells)
    if inside and not cuts and len(elements := _elements(cells)) > 1:
        return [
            line
            for part in elements
            for line in split(part, indent, step, width, depth, inside=True)
        ]
    if cuts and inside:
        parts = [
            _strip(cells[start:end])
            for start, end in zip([0, *cuts], [*cuts, len(cells)], strict=True)
        ]
        return [line for part in parts for line in split(part, indent, step, width, depth)]
    if (
        cuts
        and (ends := _value(cells))
        and (len(cuts) > 1 or not _ends_with_call(cells[: ends[1]]))
    ):
        start, end = ends
        middle = split(cells[start:end], indent, step, width, depth + 1, inside=True)
        return [
            (depth, [*cells[:start], Cell("(", NEW)]),
            *middle,
            (depth, [Cell(")", NEW), *cells[end:]]),
        ]
    pair = _last_pair(cells, width - size) or _last_pair(cells, width - size, fixed=True)
    if pair is None:
        return flat
    head, body, tail = cells[: pair[0] + 1], _strip(cells[pair[0] + 1 : pair[1]]), cells[pair[1] :]
    if size + len(step) + len(body) <= width:
        middle = [(depth + 1, body)]
    else:
        parts = [] if _is_subscript(cells, pair[0]) else _parts(body)
        middle = [
            line
            for part in parts or [body]
            for line in split(part, indent, step, width, depth + 1, inside=True)
        ]
    return [
        *split(head, indent, step, width, depth),
        *middle,
        *split(tail, indent, step, width, depth),
    ]


def _operators(cells: list[Cell]) -> list[int]:
    """Return where `if` and `else`, else `or` and `and`, stand outside all brackets.

    Nothing where the line goes on below, or where they are those of a loop.
    """
    text = _text(cells)
    if not (CHOICE.search(text) or OPERATOR.search(text)):
        return []
    free = _free(cells)
    if text.endswith("\\") or any(LOOP.match(text, at) for at in free):
        return []
    choices = [at for at in free if CHOICE.match(text, at)]
    return choices or [at for at in free if OPERATOR.match(text, at)]


def _elements(cells: list[Cell]) -> list[list[Cell]]:
    """Cut a line within brackets at its commas; nothing where a bracket is left open."""
    text = _text(cells)
    return _parts(cells) if "," in text and any(text[at] == "," for at in _free(cells)) else []


def _free(cells: list[Cell]) -> list[int]:
    """Return the places outside all brackets, strings and comments; nothing where a bracket is left open."""
    text, level, free = _text(cells), 0, []
    for at in _code(cells):
        level += (text[at] in OPENING) - (text[at] in CLOSING)
        if level < 0:
            return []
        if not level:
            free.append(at)
    return [] if level else free


def _value(cells: list[Cell]) -> tuple[int, int] | None:
    """Return the part of a statement that can be put into brackets: what it assigns, returns or asks; else None."""
    text = "".join(cell.char for cell in cells)
    code = _code(cells)
    commented = len(text) not in _code([*cells, Cell(" ", NEW)])
    if commented or any(text[at] == ";" for at in code):
        return None
    if found := ASKS.match(text):
        return (found.end(), len(text) - 1) if text[-1] == ":" else None
    level, start = 0, 0
    for at in code:
        level += (text[at] in OPENING) - (text[at] in CLOSING)
        if not level and text.startswith(" = ", at):
            start = at + 3
    return (start, len(text)) if start and "lambda" not in text[:start] else None


def _ends_with_call(cells: list[Cell]) -> bool:
    """Tell whether a last bracket has something in it, so that it can be opened up instead of one around all."""
    return cells[-1].char in CLOSING and cells[-2].char not in OPENING


def _last_pair(cells: list[Cell], room: int, *, fixed: bool = False) -> tuple[int, int] | None:
    """Return the last of the outermost bracket pairs that have something new in them, and what is before fits.

    Args:
        cells: Of the line.
        room: How long it may be.
        fixed: Also a call that is the app's own, where nothing else helps.
    """
    pairs = _pairs(cells, fixed=fixed)
    outer = [p for p in pairs if not any(q[0] < p[0] and p[1] < q[1] for q in pairs)]
    found = []
    for start, end in reversed(outer):
        new = any(cell.origin == NEW for cell in cells[start : end + 1])
        if end - start > 1 and (new or (fixed and cells[start].char == "(")):
            found.append((start, end))
    return next((pair for pair in found if pair[0] < room), found[0] if found else None)


def _pairs(cells: list[Cell], *, fixed: bool) -> list[tuple[int, int]]:
    """Return the bracket pairs of a line that may be opened up."""
    open_: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at in _code(cells):
        char = cells[at].char
        if char in OPENING:
            open_.append(at)
        elif char in CLOSING and open_:
            start = open_.pop()
            if (
                fixed
                or not cells[start].fixed
                or any(cell.origin == NEW for cell in cells[start:at])
            ):
                pairs.append((start, at))
    return pairs


def _code(cells: list[Cell]) -> list[int]:
    """Return the places of what is neither in a string nor in a comment."""
    return _places(_text(cells))[0]


def _places(text: str) -> tuple[list[int], int]:
    """Return the places of what is neither in a string nor in a comment, and where the comment begins."""
    out: list[int] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "#":
            break
        if char in "'\"":
            quote = text[at : at + 3] if text[at : at + 3] in {"'''", '"""'} else char
            at = _string_end(text, at + len(quote), quote)
            continue
        out.append(at)
        at += 1
    return out, at


def _string_end(text: str, at: int, quote: str) -> int:
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" else 1
    return at + len(quote)


def _parts(body: list[Cell]) -> list[list[Cell]]:
    """Cut at the commas of this level, each part with one at its end, or before each `for` of a comprehension."""
    depth = 0
    cuts: list[int] = []
    loops: list[int] = []
    text = "".join(cell.char for cell in body)
    for at in _code(body):
        char = body[at].char
        depth += (char in OPENING) - (char in CLOSING)
        if char == "," and not depth:
            cuts.append(at + 1)
        elif (
            char == " "
            and not depth
            and (LOOP.match(text, at) or (loops and FILTER.match(text, at)))
        ):
            loops.append(at)
    if loops:  # commas there are targets'
        starts = [0, *loops]
        return [
            _strip(body[start:end]) for start, end in zip(starts, [*loops, len(body)], strict=True)
        ]
    if not cuts:
        return []
    parts = [
        _strip(body[start:end]) for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)
    ]
    parts = [part for part in parts if part]
    if parts[-1][-1].char != ",":
        parts[-1] = [*parts[-1], Cell(",", NEW)]
    return parts


def _strip(cells: list[Cell]) -> list[Cell]:
    start, end = 0, len(cells)
    while start < end and cells[start].char in " \t":
        start += 1
    while end > start and cells[end - 1].char in " \t":
        end -= 1
    return cells[start:end]


def _is_subscript(cells: list[Cell], at: int) -> bool:
    before = cells[at - 1].char if at else ""
    return cells[at].char == "[" and (before.isalnum() or before in "_)]\"'")
