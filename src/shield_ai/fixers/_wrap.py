"""The text that is put around one expression."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.fixers._imports import Names  # noqa: TC001  # msgspec reads it at run time
from shield_ai.model import Edit, Shape, Site
from shield_ai.names import variable_of

if TYPE_CHECKING:
    from shield_ai.source import Source

WIDTH = 88


class Wrap(msgspec.Struct, frozen=True, kw_only=True):
    """One expression and the secret that it stands for."""

    site: Site
    secret: str
    field: str
    names: Names


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before and after an expression."""

    before: str
    after: str


def wrap_edits(source: Source, wraps: list[Wrap]) -> list[Edit]:
    """Return the edits of all wraps of a file, an outer one around an inner one."""
    width = line_width(source)
    opening: list[Edit] = []
    closing: list[Edit] = []
    for wrap in sorted(wraps, key=lambda w: (w.site.start, -w.site.end)):
        site = wrap.site
        if site.shape is Shape.PRESENCE:
            opening.append(_edit(source, site.start, site.end, presence(source, wrap)))
            continue
        text = around(source, wrap, width)
        opening.append(_edit(source, site.start, site.start, text.before))
        closing.insert(0, _edit(source, site.end, site.end, text.after))
    return [*opening, *closing]


def _edit(source: Source, start: int, end: int, text: str) -> Edit:
    return Edit(path=source.path, start=start, end=end, replacement=text.replace("\n", source.newline))


def line_width(source: Source) -> int:
    """Return how long the file's lines may be: what a formatter would allow that wrote it."""
    longer = [length for _, raw in source.lines if (length := len(raw.rstrip())) > WIDTH]
    if len(longer) < max(3, len(source.lines) // 50):
        return WIDTH
    return min(120, sorted(longer)[len(longer) * 9 // 10])


def presence(source: Source, wrap: Wrap) -> str:
    """Return the call that takes the place of a presence test."""
    quote = quote_of(source, wrap.site)
    arguments = [f"{quote}{wrap.secret}{quote}", *_keywords(wrap, quote)]
    call = f"{wrap.names.has}({', '.join(arguments)})"
    if not wrap.site.negated:
        return call
    return f"not {call}"


def around(source: Source, wrap: Wrap, width: int) -> Text:
    """Return what goes around an expression, on one line where it fits, else broken as black breaks it."""
    site = wrap.site
    quote = quote_of(source, site)
    name = f"{quote}{wrap.secret}{quote}"
    late = "" if site.shape is Shape.LITERAL else f"lambda{_binds(site)}: "
    keywords = _keywords(wrap, quote)
    flat = Text(before=f"{wrap.names.get}({name}, {late}", after="".join(f", {keyword}" for keyword in keywords) + ")")
    inner = source.raw[site.start : site.end].decode(source.encoding)
    if site.quote or "\n" in inner or "\r" in inner:
        return flat
    line, column = _line(source, site)
    tail = line[column + len(inner) :]
    head = line[:column]
    if len(head) + len(flat.before) + len(inner) + len(flat.after) + len(tail.rstrip()) <= width:
        return flat
    indent = re.match(r"[ \t]*", line)[0]  # type: ignore[index]  # matches anything
    step = "\t" if indent.startswith("\t") else "    "
    one = f"{indent}{step}{name}, {late}{inner}{''.join(f', {k}' for k in keywords)}"
    if len(one) <= width:
        return Text(
            before=f"{wrap.names.get}(\n{indent}{step}{name}, {late}",
            after=f"{''.join(f', {k}' for k in keywords)}\n{indent})",
        )
    rest = "".join(f"\n{indent}{step}{keyword}," for keyword in keywords)
    return Text(before=f"{wrap.names.get}(\n{indent}{step}{name},\n{indent}{step}{late}", after=f",{rest}\n{indent})")


def _binds(site: Site) -> str:
    return " " + ", ".join(f"{name}={name}" for name in site.binds) if site.binds else ""


def _keywords(wrap: Wrap, quote: str) -> list[str]:
    """Return the keyword arguments: the field of a document, and the variable where the name does not say it."""
    out = [f"key={quote}{wrap.field}{quote}"] if wrap.field else []
    if wrap.field or variable_of(wrap.secret) != wrap.site.variable:
        out.append(f"env={quote}{wrap.site.variable}{quote}")
    return out


def _line(source: Source, site: Site) -> tuple[str, int]:
    """Return the line that an expression begins on, and where in it."""
    number, column = source.position(site.start)
    _, raw = source.lines[number - 1]
    return raw.decode(source.encoding).rstrip("\r\n"), column - 1


def quote_of(source: Source, site: Site) -> str:
    """Return the quote that the expression itself uses, else the file's."""
    if site.quote:
        return site.quote
    inner = source.raw[site.start : site.end]
    here = [at for at in (inner.find(b"'"), inner.find(b'"')) if at >= 0]
    if here:
        return chr(inner[min(here)])
    return "'" if source.raw.count(b"'") > source.raw.count(b'"') else '"'
