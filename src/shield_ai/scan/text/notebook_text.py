r"""Decode the text of a notebook, in which escapes hide what a person sees.

In the JSON of an output, as in `\nghp_…`, the last letter of an escape is directly before a token,
and looks like a part of the token.
"""

from __future__ import annotations

import bisect
import functools
import html
import json
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

# A color code of a terminal, an HTML entity, or an escape of JSON.
ESCAPE = regex(
    rb"\\u001[bB]\[[0-9;]{0,40}[A-Za-z]|&(?:quot|apos|amp|lt|gt|#39|#34|#x27);"
    rb"|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[0-9A-Fa-f]{4}|\\."
)
COLOR = b"\\u001"
STRING = regex(rb"\"(?:[^\"\\]|\\.)*+\"")
# An escape that changes what the rules see: not one at the end of a line, or of a quote.
MARK = regex(rb"\\[nrtbf](?=[\w$-])|\\u[0-9A-Fa-f]{4}|&[a-z#]")


class DecodedText(NamedTuple):
    """A text without escapes.

    Attributes:
        raw: The text.
        starts: The offsets in the text at which its parts begin.
        originals: For each part, the offset in the file at which it begins.
    """

    raw: bytes
    starts: list[int]
    originals: list[int]

    def original(self, offset: int) -> int:
        """Return the offset in the file of an offset in the text."""
        at = bisect.bisect_right(self.starts, offset) - 1
        return self.originals[at] + offset - self.starts[at]


def decode(raw: bytes) -> DecodedText:
    """Decode the texts of a notebook that contain escapes; the others are left out.

    Args:
        raw: The file's bytes.
    """
    parts: list[bytes] = []
    starts, originals = [0], [0]
    size = 0
    for string in STRING.finditer(raw):
        if not MARK.search(raw, *string.span()):
            continue
        for part, end in _decoded_parts(raw, *string.span()):
            parts.append(part)
            size += len(part)
            starts.append(size)
            originals.append(end)
    return DecodedText(b"".join(parts), starts, originals)


def _decoded_parts(raw: bytes, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Yield the parts of a text, decoded, each with the offset of its end in the file."""
    yield b"\n", start
    for match in ESCAPE.finditer(raw, start, end):
        yield raw[start : match.start()], match.start()
        yield _decode_escape(match[0]), match.end()
        start = match.end()
    yield raw[start:end], end


@functools.lru_cache(maxsize=1024)
def _decode_escape(escape: bytes) -> bytes:
    if escape.startswith(COLOR) and escape[-1:].isalpha() and b"[" in escape:
        return b""
    if escape.startswith(b"&"):
        return html.unescape(escape.decode()).encode()
    try:
        text = str(json.loads(b'"' + escape + b'"', strict=False))
    except ValueError:
        return escape
    return text.encode("utf-8", "replace")
