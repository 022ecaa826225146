"""The text that is put around one expression."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.finding import Shape, Site
from shield_ai.model.naming import variable_of
from shield_ai.rewrite.python.imports import Names
from shield_ai.rewrite.python.line_breaking import Insert, relay

if TYPE_CHECKING:
    from shield_ai.project.python_source import Source

WIDTH = 88


class Wrap(msgspec.Struct, frozen=True, kw_only=True):
    """One expression and the secret that it stands for."""

    site: Site
    secret: str
    field: str
    names: Names
    # variable, secret and field of each that a computed name may be
    among: tuple[tuple[str, str, str], ...] = ()
    optional: bool = False  # shield.toml says that the app runs without it
    # what reads the value that is taken out of the code; empty: get_secret itself
    instead: str | None = None


def wrap_edits(source: Source, wraps: list[Wrap], width: int = 0) -> list[Edit]:
    """Return the edits of all wraps of a file, whose lines may be so long."""
    width = width or line_width(source)
    by_line: dict[int, list[Wrap]] = {}
    moved: dict[int, int] = {}  # lines inside an expression that is moved in, and by how many steps
    edits: list[Edit] = []
    for wrap in sorted(wraps, key=lambda w: (w.site.start, -w.site.end)):
        first, last = source.position(wrap.site.start)[0], source.position(wrap.site.end)[0]
        if first == last:
            by_line.setdefault(first, []).append(wrap)
        else:
            inner = _indentable(source, wrap, first, last)
            alone = all(
                w is wrap or w.site.end <= wrap.site.start or wrap.site.end <= w.site.start
                for w in wraps
            )
            edits += _over_lines(source, wrap, first, inner, alone=alone)
            for number in inner:
                moved[number] = moved.get(number, 0) + 1
    for number, group in by_line.items():
        edits += _in_line(source, number, group, width, moved.get(number, 0))
    return edits


def _in_line(source: Source, number: int, wraps: list[Wrap], width: int, deeper: int) -> list[Edit]:
    """Wrap what lies within one line, which itself moves in by some steps."""
    offset, raw = source.lines[number - 1]
    line = raw.decode(source.encoding).rstrip("\r\n")
    inserts = []
    for wrap in wraps:
        start, end = source.position(wrap.site.start)[1] - 1, source.position(wrap.site.end)[1] - 1
        if (text := _in_place(source, wrap)) is not None:
            inserts.append(Insert(start, end, text, "", replaces=True))
        else:
            inserts.append(Insert(start, end, *around(source, wrap)))
    held = any(wrap.site.quote for wrap in wraps)  # a line within a string can't be broken
    inside = number not in source.statements and not source.lines[number - 2][1].rstrip().endswith(
        b"\\"
    )
    return [
        _edit(
            source,
            offset + len(line[: change.start].encode(source.encoding)),
            offset + len(line[: change.end].encode(source.encoding)),
            change.text,
        )
        for change in relay(line, inserts, sys.maxsize if held else width, deeper, inside=inside)
    ]


def _over_lines(
    source: Source, wrap: Wrap, first: int, inner: list[int], *, alone: bool
) -> list[Edit]:
    """Wrap an expression of several lines: one argument a line, the expression moved in by one step.

    Args:
        source: The file.
        wrap: The expression.
        first: Its first line.
        inner: Those of its other lines that move.
        alone: No other one is wrapped inside or around it.
    """
    site = wrap.site
    before, after = around(source, wrap)
    if (text := _in_place(source, wrap)) is not None:
        return [_edit(source, site.start, site.end, text)]
    if not inner:
        return [
            _edit(source, site.start, site.start, before),
            _edit(source, site.end, site.end, after),
        ]
    # any
    indent = re.match(r"[ \t]*", source.lines[first - 1][1].decode(source.encoding))[0]  # type: ignore[index]
    step = "\t" if "\t" in indent else "    "
    name = _name(wrap, quote_of(source, site))
    late = before.removeprefix(f"{wrap.names.get}({name}, ")
    keywords = "".join(
        f"\n{indent}{step}{keyword}," for keyword in _keywords(wrap, quote_of(source, site))
    )
    opening = f"{wrap.names.get}(\n{indent}{step}{name},\n{indent}{step}{late}"
    column = source.position(site.start)[1] - 1
    shift = _aligned(source, inner, column, len(indent + step + late)) if alone else 0
    starts = [source.lines[n - 1][0] for n in inner]
    deeper = [
        _edit(source, at, at - min(shift, 0), step if not shift else " " * shift) for at in starts
    ]
    return [
        _edit(source, site.start, site.start, opening),
        *deeper,
        _edit(source, site.end, site.end, f",{keywords}\n{indent})"),
    ]


def _aligned(source: Source, inner: list[int], column: int, target: int) -> int:
    """Return by how much lines move that are aligned with the bracket after an expression's beginning; 0: they aren't.

    Args:
        source: The file.
        inner: The lines.
        column: Where the expression begins now.
        target: And where it begins afterwards.
    """
    lines = [source.lines[n - 1][1] for n in inner]
    aligned = all(len(line) - len(line.lstrip(b" ")) > column for line in lines)
    return target - column if aligned and column else 0


def _indentable(source: Source, wrap: Wrap, first: int, last: int) -> list[int]:
    """Return the lines after the first that can be moved in: none where one of them begins inside a string."""
    text = "".join(raw.decode(source.encoding) for _, raw in source.lines[first - 1 : last])
    if (
        wrap.site.quote
        or _in_place(source, wrap)
        or "'''" in text
        or '"""' in text
        or re.search(r"\\\r?\n", text)
    ):
        return []
    return [n for n in range(first + 1, last + 1) if source.lines[n - 1][1].strip()]


def _edit(source: Source, start: int, end: int, text: str) -> Edit:
    return Edit(
        path=source.path, start=start, end=end, replacement=text.replace("\n", source.newline)
    )


def line_width(source: Source, configured: int = 0) -> int:
    """Return how long the file's lines may be: as its formatter is told, else what one would allow that wrote it."""
    if configured:
        return configured
    longer = [length for _, raw in source.lines if (length := len(raw.rstrip())) > WIDTH]
    if len(longer) < max(3, len(source.lines) // 50):
        return WIDTH
    return min(120, sorted(longer)[len(longer) * 9 // 10])


def _in_place(source: Source, wrap: Wrap) -> str | None:
    """Return what takes the place of an expression; None where it stays."""
    if wrap.site.shape is Shape.PRESENCE:
        return presence(source, wrap)
    if wrap.instead is None:
        return None
    quote = quote_of(source, wrap.site)
    read = [f"lambda: {wrap.instead}"] if wrap.instead else []
    return f"{wrap.names.get}({', '.join([_name(wrap, quote), *read, *_keywords(wrap, quote)])})"


def presence(source: Source, wrap: Wrap) -> str:
    """Return the call that takes the place of a presence test."""
    quote = quote_of(source, wrap.site)
    arguments = [_name(wrap, quote), *_keywords(wrap, quote)]
    call = f"{wrap.names.has}({', '.join(arguments)})"
    if not wrap.site.negated:
        return call
    return f"not {call}"


def around(source: Source, wrap: Wrap) -> tuple[str, str]:
    """Return what goes before and after an expression, on one line."""
    quote = quote_of(source, wrap.site)
    late = (
        "" if wrap.site.shape in {Shape.LITERAL, Shape.FALLBACK} else f"lambda{_binds(wrap.site)}: "
    )
    after = "".join(f", {keyword}" for keyword in _keywords(wrap, quote))
    return f"{wrap.names.get}({_name(wrap, quote)}, {late}", f"{after})"


def _name(wrap: Wrap, quote: str) -> str:
    """Return the secret's name as the code says it: a text, which one by variable, or what computes it."""
    if wrap.among:
        pairs = (
            f"{quote}{variable}{quote}: {named(secret, field, quote)}"
            for variable, secret, field in wrap.among
        )
        return f"{{{', '.join(pairs)}}}"
    return wrap.site.name_expr or f"{quote}{wrap.secret}{quote}"


def named(secret: str, field: str, quote: str) -> str:
    """Return a secret's name for a mapping of variables, with its field where it is a document."""
    name = f"{quote}{secret}{quote}"
    return f"({name}, {quote}{field}{quote})" if field else name


def _binds(site: Site) -> str:
    return " " + ", ".join(f"{name}={name}" for name in site.binds) if site.binds else ""


def _keywords(wrap: Wrap, quote: str) -> list[str]:
    """Return the keyword arguments: the field of a document, and the variable where the name does not say it."""
    out = [f"key={quote}{wrap.field}{quote}"] if wrap.field and not wrap.among else []
    if wrap.among:
        out.append(f"env={wrap.site.name_expr}")
    if not wrap.site.name_expr and (wrap.field or variable_of(wrap.secret) != wrap.site.variable):
        out.append(f"env={quote}{wrap.site.variable}{quote}")
    if (
        wrap.site.default_ok_in_production or (wrap.optional and wrap.site.default_literal)
    ) and wrap.site.shape is Shape.READ:
        out.append("optional=True")
    return out


def quote_of(source: Source, site: Site) -> str:
    """Return the quote that the expression itself uses, else the file's."""
    if site.quote:
        return site.quote
    inner = source.raw[site.start : site.end]
    here = [at for at in (inner.find(b"'"), inner.find(b'"')) if at >= 0]
    if here:
        return chr(inner[min(here)])
    return "'" if source.raw.count(b"'") > source.raw.count(b'"') else '"'
