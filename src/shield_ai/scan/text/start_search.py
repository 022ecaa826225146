"""Search a file for the offsets at which the matches of a regular expression can begin."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.rules.match_starts import Anchor
    from shield_ai.scan.text.regions import Region

lower_case = functools.lru_cache(maxsize=2)(bytes.lower)  # each rule searches the same file


class _Group(NamedTuple):
    """Texts with the same distance from the start of a match."""

    texts: list[bytes]
    low: int
    high: int
    before: re.Pattern[bytes]  # the bytes before the text, in reverse
    character: re.Pattern[bytes] | None  # a single character, after `low` bytes of the right set
    first: re.Pattern[bytes]  # the first byte of a match


class StartSearch:
    """Searches for the texts of anchors.

    Args:
        anchors: The anchors, one of which is in each match.
    """

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        texts: dict[tuple[object, ...], list[bytes]] = {}
        self._texts: list[bytes] = []  # with which a match begins
        self._groups: list[_Group] = []
        for anchor in anchors:
            if anchor.high == 0:
                self._add_text(anchor.text)
            elif len(anchor.text) == 1:
                self._groups.append(_create_group(anchor, [anchor.text]))
            else:
                texts.setdefault(anchor[1:], []).append(anchor.text)
                if len(texts[anchor[1:]]) == 1:
                    self._groups.append(_create_group(anchor, texts[anchor[1:]]))

    def _add_text(self, text: bytes) -> None:
        """Add a text, unless it begins with another."""
        if not text.startswith(tuple(self._texts)):
            self._texts = [other for other in self._texts if not other.startswith(text)]
            self._texts.append(text)

    def find(self, raw: bytes, region: Region) -> list[int]:
        """Return the offsets in a region at which a match can begin, sorted.

        Args:
            raw: The file's bytes.
            region: The region.
        """
        return sorted(set(self.iterate(raw, region)))

    def iterate(self, raw: bytes, region: Region) -> Iterator[int]:
        """Yield the offsets in a region at which a match can begin, some of them several times.

        Args:
            raw: The file's bytes.
            region: The region.
        """
        lower = lower_case(raw)
        yield from _find_texts(lower, self._texts, region.start, region.stop)
        for group in self._groups:
            yield from _starts_of_group(group, raw, lower, region)


def _create_group(anchor: Anchor, texts: list[bytes]) -> _Group:
    between = _byte_set(anchor.between)
    character = None
    if len(anchor.text) == 1:
        text = re.escape(anchor.text)
        character = re.compile(b"(?i)%b(?<=%b{%d}%b)" % (text, between, anchor.low, text))
    return _Group(
        texts=texts,
        low=anchor.low,
        high=anchor.high,
        before=re.compile(rb"\A" + between + b"*+"),
        character=character,
        first=re.compile(_byte_set(anchor.first)),
    )


def _byte_set(values: Iterable[int]) -> bytes:
    return b"[%b]" % re.escape(bytes(sorted(values)))


def _starts_of_group(group: _Group, raw: bytes, lower: bytes, region: Region) -> Iterator[int]:
    """Yield the offsets at which a match with one of the texts can begin."""
    first, last = region.start + group.low, region.stop + group.high
    ats: Iterable[int]
    if group.character:
        ats = [match.start() for match in group.character.finditer(raw, first, last)]
    else:
        ats = _find_texts(lower, group.texts, first, last)
    for at in ats:
        before = raw[max(region.start, at - group.high) : at]
        rest = group.before.sub(b"", before[::-1], count=1)
        end = min(at - group.low + 1, region.stop)
        for match in group.first.finditer(raw, at - len(before) + len(rest), end):
            yield match.start()


def _find_texts(lower: bytes, texts: Iterable[bytes], start: int, stop: int) -> Iterator[int]:
    """Yield the offsets from `start` to `stop` at which a text begins."""
    for text in texts:
        end = stop + len(text) - 1
        at = lower.find(text, start, end)
        while at >= 0:
            yield at
            at = lower.find(text, at + 1, end)
