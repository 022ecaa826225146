"""Hides what may be a value in the app's own text: in Python every string but names, elsewhere everything but names.

Hidden bytes become NULs, one for one, so that offsets stay true; `show` makes the same mark of each run of them.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.hidden import MASK
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

NAME = regex(r"[A-Za-z][A-Za-z_]{0,39}")
VARIABLE = regex(r"[A-Z_][A-Z0-9_]{0,59}")
READERS = frozenset({"getenv", "env", "config", "get_secret", "has_secret"})
MAPPINGS = frozenset({"environ", "env"})
MODULE = regex(r"[a-z_]{1,40}(\.[a-z_0-9]{1,40}){1,6}")
LITERAL = regex(r"""(?s)[A-Za-z]{0,2}('''|\"\"\"|'|")(.*)\1""")
LONG_NUMBER = regex(r"(?:[0-9a-fA-FxX]_?){5,}")
ASSIGNMENT = regex(rb"[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.]{0,59}[ \t]*[=:][ \t]*")
DOTENV = regex(r"(?:^|/)(?:\.env[^/]*|[^/]*\.env)$")
CONTROL = regex(r"[\x01-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def mask(path: str, raw: bytes, keep: Collection[str] = ()) -> bytes:
    """Put a NUL for each byte that may belong to a value; newlines stay.

    Args:
        path: Says by its name what the file is.
        raw: All of the file.
        keep: Names that are no values, as variables and settings.
    """
    if path.endswith(".py"):
        alone = len(raw.splitlines()) == 1
        try:
            source = Source.from_bytes(path, raw)
            if not alone:
                # what does not parse may have its strings elsewhere than it seems
                source.tree  # noqa: B018
            return _hide(raw, _python(source, keep))
        except (SourceError, tokenize.TokenError, SyntaxError, IndexError):
            return _hide(raw, _after_assignments(raw) if alone else [(0, len(raw))])
    if DOTENV.search(path):
        return _hide(raw, _after_assignments(raw))
    return _hide(raw, [(0, len(raw))])


def show(masked: bytes, encoding: str = "utf-8") -> str:
    """Turn masked bytes into text for a terminal: no run of NULs tells how long it is, no byte controls anything."""
    return printable(re.sub("\0+", MASK, masked.decode(encoding, "replace")))


def printable(text: str) -> str:
    """Leave nothing in a text that moves a cursor or turns the direction of writing."""
    return CONTROL.sub("?", text.replace("\t", "    "))


def _hide(raw: bytes, spans: Iterator[tuple[int, int]] | list[tuple[int, int]]) -> bytes:
    out = bytearray(raw)
    for start, end in spans:
        out[start:end] = re.sub(rb"[^\r\n]", b"\0", raw[start:end])
    return bytes(out)


def _after_assignments(raw: bytes) -> Iterator[tuple[int, int]]:
    """Hide all but the names at the beginning of lines that no quoted value goes through."""
    at, quote = 0, b""
    for line in raw.splitlines(keepends=True):
        match = None if quote else ASSIGNMENT.match(line)
        value = line[match.end() :] if match else line
        yield at + len(line) - len(value), at + len(line)
        if quote:
            quote = b"" if quote in value else quote
        elif match and value[:1] in (b"'", b'"') and value.count(value[:1]) == 1:
            quote = value[:1]
        at += len(line)


def _python(source: Source, keep: Collection[str]) -> Iterator[tuple[int, int]]:
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline)
        if token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    ]
    code = [""] * 4
    offset = _Offsets(source)
    for token, following in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.type == tokenize.ERRORTOKEN and token.string.strip():
            raise SyntaxError  # an open quote: what follows may be its content
        hidden = _inside(token, code[-4:], following.string, keep)
        if hidden:
            first = offset.of(token.start)
            start, end = (len(token.string[:at].encode(source.encoding)) for at in hidden)
            yield first + start, first + end
        if token.type != tokenize.COMMENT:
            code.append(token.string)


def _inside(
    token: tokenize.TokenInfo, before: list[str], after: str, keep: Collection[str]
) -> tuple[int, int] | None:
    """Return which characters of a token to hide."""
    text = token.string
    if token.type == tokenize.COMMENT:
        return 1, len(text)
    if token.type == tokenize.STRING:
        match = LITERAL.fullmatch(text)
        if match is None:
            return 0, len(text)
        known = match[2] in keep or _is_name(match[2], before, after)
        return None if known or not match[2] else match.span(2)
    # Since Python 3.12 the text of an f-string is a token of its own.
    if token.type == getattr(tokenize, "FSTRING_MIDDLE", -1):
        return 0, len(text)
    if token.type == tokenize.NUMBER and LONG_NUMBER.fullmatch(text):
        return 0, len(text)
    return None


def _is_name(text: str, before: list[str], after: str) -> bool:
    """Tell from where a string stands whether it names something: a key, the variable that is read, a backend."""
    owner, dot, near, last = before
    if VARIABLE.fullmatch(text) and last in ("(", "["):
        called = near in READERS or (dot == "." and owner in MAPPINGS)
        if (last == "(" and called) or (last == "[" and near in MAPPINGS):
            return True
    if last == ":" and near[1:-1] == "ENGINE" and MODULE.fullmatch(text):
        return True  # a database's backend
    key = (after == ":" and last in ("{", ",")) or (
        after == "]" and last == "[" and _is_value(near)
    )
    return key and NAME.fullmatch(text) is not None


def _is_value(text: str) -> bool:
    """Tell whether a bracket after this takes an item of it, or begins a list."""
    return text in (")", "]") or (text.isidentifier() and not keyword.iskeyword(text))


class _Offsets:
    """Turns positions of the tokenizer (column in characters), which rise, into offsets on disk.

    Each line is decoded once, and each part of it encoded once: lines of a megabyte have a hundred thousand tokens.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._line, self._text, self._column, self._at = 0, "", 0, 0

    def of(self, position: tuple[int, int]) -> int:
        line, column = position
        if line != self._line or column < self._column:
            start, raw = self._source.lines[line - 1]
            self._line, self._text, self._column, self._at = (
                line,
                raw.decode(self._source.encoding),
                0,
                start,
            )
        self._at += len(self._text[self._column : column].encode(self._source.encoding))
        self._column = column
        return self._at
