"""A Python file as bytes and as text at once: where its syntax tree lies on disk, and what edits make of it."""

from __future__ import annotations

import ast
import bisect
import codecs
import functools
import io
import sys
import tokenize
import warnings
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.digest import hexdigest
from shield_ai.model.edit import FileChange
from shield_ai.model.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.edit import Edit

PROBE = "x = '+AGE-\\u0061'\n"  # what every encoding of source code has as ASCII has it
UTF8_ENCODINGS = ("utf-8", "ascii")


class Source(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One Python file. Offsets are those of the bytes on disk, byte order mark and all."""

    path: str  # relative to the app, with slashes
    raw: bytes
    text: str  # without the byte order mark, newlines as on disk
    encoding: str  # as Python's codecs call it; never "utf-8-sig"
    bom: bool
    newline: str  # the one that most lines end with

    @classmethod
    def from_bytes(cls, path: str, raw: bytes) -> Source:
        """Decode a file as Python itself would.

        Raises:
            SourceError: It can't be decoded, or holds a NUL byte.
        """
        if b"\0" in raw:
            raise SourceError(
                f"{path}: not parsed, holds a NUL byte", "is it a binary file, or saved as UTF-16?"
            )
        bom = raw.startswith(codecs.BOM_UTF8)
        body = raw[len(codecs.BOM_UTF8) :] if bom else raw
        try:
            named = tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
            encoding = codecs.lookup("utf-8" if named == "utf-8-sig" else named).name
            text = _decoded(body, encoding)
        except (SyntaxError, LookupError, UnicodeError):
            hint = "save it as UTF-8, or name its encoding in the first line: # -*- coding: latin-1 -*-"
            raise SourceError(
                f"{path}: not parsed, its bytes are not in the encoding it claims", hint
            ) from None
        return cls(
            path=path, raw=raw, text=text, encoding=encoding, bom=bom, newline=_newline(body)
        )

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree.

        Raises:
            SourceError: The file is no Python, or newer Python than this interpreter understands.
        """
        return parse(self.path, self.text)

    @functools.cached_property
    def statements(self) -> frozenset[int]:
        """The lines on which a statement begins."""
        found: set[int] = set()
        todo: list[ast.AST] = [self.tree]
        while todo:
            node = todo.pop()
            found.add(getattr(node, "lineno", 0))
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                todo += getattr(node, field, ())
        return frozenset(found)

    @functools.cached_property
    def lines(self) -> list[tuple[int, bytes]]:
        """Offset on disk and bytes of each line, its newline included."""
        out: list[tuple[int, bytes]] = []
        at = len(codecs.BOM_UTF8) if self.bom else 0
        # of bytes: at what ends a line for the tokenizer, too
        for line in self.raw[at:].splitlines(keepends=True):
            out.append((at, line))
            at += len(line)
        return out or [(at, b"")]

    def offset(self, line: int, column: int) -> int:
        """Turn a position of the syntax tree (line from 1, column in UTF-8 bytes) into an offset on disk."""
        if line > len(self.lines):
            return len(self.raw)
        start, raw = self.lines[line - 1]
        if self.encoding in UTF8_ENCODINGS or raw.isascii():
            return start + column
        before = raw.decode(self.encoding).encode()[:column].decode()
        return start + len(before.encode(self.encoding))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Offsets of a node on disk."""
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.offset(node.lineno, node.col_offset), end

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the source text of a node, as it stands on disk."""
        start, end = self.span(node)
        return self.raw[start:end].decode(self.encoding)

    def position(self, offset: int) -> tuple[int, int]:
        """Turn an offset on disk into line and column, both from 1, the column in characters."""
        index = max(0, bisect.bisect_right(self.lines, (offset, b"\xff" * 9)) - 1)
        start, raw = self.lines[index]
        return index + 1, len(raw[: offset - start].decode(self.encoding, "replace")) + 1


def _decoded(body: bytes, encoding: str) -> str:
    """Decode, unless it is UTF-7 or the like, in which no place of the text is one of the bytes."""
    if encoding not in UTF8_ENCODINGS and PROBE.encode().decode(encoding, "replace") != PROBE:
        raise LookupError
    return body.decode(encoding)


def _newline(body: bytes) -> str:
    crlf = body.count(b"\r\n")
    lf, cr = body.count(b"\n") - crlf, body.count(b"\r") - crlf
    if crlf > lf and crlf >= cr:
        return "\r\n"
    return "\r" if cr > lf else "\n"


def parse(path: str, text: str) -> ast.Module:
    """Parse without a word about odd escapes.

    Raises:
        SourceError: With the line, and a hint where the file may be newer than this Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A str makes the parser ignore the coding line, which is about bytes.
            return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}: " if line else ": "
        message = getattr(error, "msg", None) or "the text can't be parsed"
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        hint = f"is it valid Python? Syntax newer than Python {version}, which runs this tool, is not understood"
        raise SourceError(
            f"{path}: not parsed{where}{message}, says Python {version}", hint
        ) from None
    except (RecursionError, MemoryError):
        raise SourceError(
            f"{path}: not parsed, it is nested too deeply", "such files are usually generated"
        ) from None


def apply_edits(raw: bytes, edits: Iterable[Edit], encoding: str = "utf-8") -> bytes:
    """Apply edits from the bottom up; insertions at one place come out in the order given.

    Raises:
        SourceError: Two edits overlap, one lies outside the file, or its text does not fit the file's encoding.
    """
    out, last = raw, len(raw)
    ordered = sorted(
        enumerate(edits), key=lambda pair: (pair[1].start, pair[1].end, pair[0]), reverse=True
    )
    for _, edit in ordered:
        if not 0 <= edit.start <= edit.end <= last:
            raise SourceError(
                f"{edit.path}: two changes overlap at byte {edit.start}",
                "please report this as a bug",
            )
        try:
            text = edit.replacement.encode(encoding)
        except UnicodeEncodeError:
            raise SourceError(
                f"{edit.path}: a change can't be written in {encoding}", "save the file as UTF-8"
            ) from None
        out = out[: edit.start] + text + out[edit.end :]
        last = edit.start
    return out


def digest(raw: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hexdigest(raw)


def file_change(
    path: str,
    before: bytes | None,
    edits: Iterable[Edit],
    encoding: str = "utf-8",
    *,
    private: bool = False,
) -> FileChange:
    """Describe what edits make of a file, with the digests that apply checks.

    Args:
        path: Relative path with slashes.
        before: The bytes now; None when the file does not exist yet.
        edits: Over those bytes.
        encoding: Of the file.
        private: Only its owner may read the file, if it is new.
    """
    ordered = tuple(edits)
    after = apply_edits(before or b"", ordered, encoding)
    return FileChange(
        path=path,
        before=None if before is None else digest(before),
        after=digest(after),
        edits=ordered,
        encoding=encoding,
        private=private,
    )
