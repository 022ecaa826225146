"""Parse Python files, map syntax trees to byte offsets, and apply edits."""

from __future__ import annotations

import ast
import bisect
import codecs
import contextlib
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
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.newer_syntax import to_older_syntax

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.edit import Edit

FIX_SYNTAX = "fix the syntax error"
PYTHON_2 = "Missing parentheses in call to"  # the `print` statement, invalid in every Python 3
TOO_DEEP = "nested too deeply"
VERSION = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
UTF8_ENCODINGS = ("utf-8", "ascii")
# An encoding that is a superset of ASCII decodes these bytes to the same text; UTF-7 does not.
ASCII_PROBE = "x = '+AGE-\\u0061'\n"


class Source(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A Python file. Offsets refer to the bytes on disk, including a byte order mark."""

    path: str  # relative to the app, with forward slashes
    raw: bytes
    text: str  # without the byte order mark, with the original line endings
    encoding: str  # Python's name of the codec; never "utf-8-sig"
    has_bom: bool
    newline: str  # the most frequent line ending

    @classmethod
    def from_bytes(cls, path: str, raw: bytes) -> Source:
        """Decode a file as Python does.

        Raises:
            SourceError: The file can't be decoded, or contains a NUL byte.
        """
        if b"\0" in raw:
            raise SourceError(
                f"{path}: not parsed, contains a NUL byte",
                "save it as UTF-8, or rename it if it is not Python code",
            )
        has_bom = raw.startswith(codecs.BOM_UTF8)
        body = raw.removeprefix(codecs.BOM_UTF8)
        try:
            declared, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            encoding = codecs.lookup("utf-8" if declared == "utf-8-sig" else declared).name
            text = _decode(body, encoding)
        except (SyntaxError, LookupError, UnicodeError):
            raise SourceError(
                f"{path}: not parsed, can't be decoded with its declared encoding",
                "save it as UTF-8, or declare its encoding: # -*- coding: latin-1 -*-",
            ) from None
        return cls(
            path=path,
            raw=raw,
            text=text,
            encoding=encoding,
            has_bom=has_bom,
            newline=_newline(body),
        )

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree.

        Raises:
            SourceError: The file is not valid Python for this version of the interpreter.
        """
        return parse_python(self.path, self.text)

    def with_tree(self, tree: ast.Module) -> Source:
        """Return the file with a syntax tree that was parsed elsewhere.

        Args:
            tree: The tree.
        """
        source = msgspec.structs.replace(self)
        source.__dict__["tree"] = tree
        return source

    @functools.cached_property
    def statement_lines(self) -> frozenset[int]:
        """The lines on which statements start."""
        lines: set[int] = set()
        stack: list[ast.AST] = [self.tree]
        while stack:
            node = stack.pop()
            lines.add(getattr(node, "lineno", 0))
            for field in ("body", "orelse", "finalbody", "handlers", "cases"):
                stack += getattr(node, field, ())
        return frozenset(lines)

    @functools.cached_property
    def lines(self) -> list[tuple[int, bytes]]:
        """The offset and the bytes of each line, including its line ending."""
        lines: list[tuple[int, bytes]] = []
        offset = len(codecs.BOM_UTF8) if self.has_bom else 0
        # bytes.splitlines splits at the same characters as the tokenizer, unlike str.splitlines
        for line in self.raw[offset:].splitlines(keepends=True):
            lines.append((offset, line))
            offset += len(line)
        return lines or [(offset, b"")]

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a position in the syntax tree.

        Args:
            line: Starts at 1.
            column: In UTF-8 bytes, from 0.
        """
        if line > len(self.lines):
            return len(self.raw)
        start, raw = self.lines[line - 1]
        if self.encoding in UTF8_ENCODINGS or raw.isascii():
            return start + column
        before = raw.decode(self.encoding).encode()[:column].decode()
        return start + len(before.encode(self.encoding))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        """Return the start and end offsets of a node."""
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.offset(node.lineno, node.col_offset), end

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """Return the source code of a node."""
        start, end = self.span(node)
        return self.raw[start:end].decode(self.encoding)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of an offset. Both start at 1; the column is in characters."""
        after_line = (offset, b"\xff" * 9)  # sorts after any line that starts at this offset
        index = max(0, bisect.bisect_right(self.lines, after_line) - 1)
        start, raw = self.lines[index]
        return index + 1, len(raw[: offset - start].decode(self.encoding, "replace")) + 1


def _decode(body: bytes, encoding: str) -> str:
    """Decode bytes.

    Raises:
        LookupError: The encoding is not a superset of ASCII, so offsets can't be calculated.
    """
    if encoding not in UTF8_ENCODINGS:
        decoded = ASCII_PROBE.encode().decode(encoding, "replace")
        if decoded != ASCII_PROBE:
            raise LookupError(encoding)
    return body.decode(encoding)


def _newline(body: bytes) -> str:
    crlf = body.count(b"\r\n")
    lf = body.count(b"\n") - crlf
    cr = body.count(b"\r") - crlf
    if crlf > lf and crlf >= cr:
        return "\r\n"
    return "\r" if cr > lf else "\n"


def parse_python(path: str, text: str) -> ast.Module:
    """Parse Python code without warnings, for example about invalid escape sequences.

    Code with newer syntax is parsed if the syntax has an older form of the same length.

    Raises:
        SourceError: The code is invalid. The message has the line, and the Python version if a
            newer one may accept the code.
    """
    try:
        return _parse_newer(text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}: " if line else ": "
        message = getattr(error, "msg", None) or "the text can't be parsed"
        problem = f"{path}: not parsed{where}{message}"
        if isinstance(error, IndentationError) or message.startswith(PYTHON_2):
            raise SourceError(problem, FIX_SYNTAX) from None
        raise SourceError(
            f"{problem} ({VERSION})",
            f"{FIX_SYNTAX}; for syntax newer than {VERSION}, run shield with a newer Python",
        ) from None
    except (RecursionError, MemoryError):
        raise SourceError(
            f"{path}: not parsed, {TOO_DEEP}", "such files are usually generated"
        ) from None


def _parse_newer(text: str) -> ast.Module:
    """Parse code; if that fails, with older syntax.

    Raises:
        SyntaxError, ValueError, RecursionError or MemoryError: The code can't be parsed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # ast.parse() ignores the encoding declaration if the source is a str
            return ast.parse(text)
        except SyntaxError:
            with contextlib.suppress(SyntaxError):
                return ast.parse(to_older_syntax(text))
            raise


def parse_by_any_python(path: str, raw: bytes) -> tuple[Source, SourceError | None]:
    """Return a file with its syntax tree, and the error if only a newer Python can parse it.

    Raises:
        SourceError: No Python on this machine can parse the file.
    """
    source = Source.from_bytes(path, raw)
    try:
        return source.with_tree(parse_python(path, source.text)), None
    except SourceError as error:
        from shield_ai.project.newer_python import newer_pythons, parse_with_newer

        tree = parse_with_newer(source.text)
        if tree is None and newer_pythons():  # another newer Python would not help
            raise SourceError(error.message.removesuffix(f" ({VERSION})"), FIX_SYNTAX) from None
        if tree is None:
            raise
        return source.with_tree(tree), error


def parse_expression(text: str) -> ast.expr | None:
    """Parse an expression without warnings; return None if it is invalid or nested too deeply."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def string_constant(node: ast.AST | None) -> str | None:
    """Return the value of a string constant; None for other nodes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def source_problem(path: str, error: SourceError) -> SkipReason:
    """Return why a file of the app can't be parsed, without its path."""
    problem = error.message.removeprefix(f"{path}: ")
    if problem.endswith(f"({VERSION})"):
        problem += "; for newer syntax, run shield with a newer Python"
    return SkipId.INVALID_SOURCE.reason(problem=problem)


def apply_edits(raw: bytes, edits: Iterable[Edit], encoding: str = "utf-8") -> bytes:
    """Apply edits. Insertions at the same offset keep their order.

    Raises:
        SourceError: Edits overlap or are outside the file, or the encoding lacks a character.
    """
    parts: list[bytes] = []  # from the last to the first
    last = len(raw)
    # sorted() is stable, so insertions at the same offset keep their order.
    in_order = sorted(edits, key=lambda edit: (edit.start, edit.end))
    for edit in reversed(in_order):
        if not 0 <= edit.start <= edit.end <= last:
            raise SourceError(
                f"{edit.path}: the edit at byte {edit.start} overlaps another or is outside",
                "please report this as a bug",
            )
        try:
            text = edit.replacement.encode(encoding)
        except UnicodeEncodeError:
            raise SourceError(
                f"{edit.path}: an edit can't be encoded in {encoding}", "save the file as UTF-8"
            ) from None
        parts += [raw[edit.end : last], text]
        last = edit.start
    return b"".join([raw[:last], *reversed(parts)])


def digest(raw: bytes) -> str:
    """Return the SHA-256 digest of a file's content."""
    return hexdigest(raw)


def file_change(
    path: str,
    before: bytes | None,
    edits: Iterable[Edit],
    encoding: str = "utf-8",
    *,
    private: bool = False,
) -> FileChange:
    """Create the FileChange of a file, with the digests that `shield apply` verifies.

    Args:
        path: Relative path with forward slashes.
        before: The current content; None for a new file.
        edits: Edits of the current content.
        encoding: The file's encoding.
        private: Create a new file with mode 0600.
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
