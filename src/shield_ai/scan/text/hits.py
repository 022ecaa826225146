"""Choose among overlapping matches of the rules, and report the chosen ones."""

from __future__ import annotations

import bisect
import itertools
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.text.line_index import LineIndex
from shield_ai.scan.text.randomness import is_random

if TYPE_CHECKING:
    from shield_ai.scan.rules.pattern import Rule
# The name before a value, on the same line.
NAME_BEFORE = regex(
    rb"([A-Za-z_][\w.\-]{0,60})[\"'`]?\]?\)?[ \t]{0,8}"
    rb"(?::[ \t]*\w+[ \t]*)?(?:=>|:=|={1,3}|:|\()[ \t]{0,8}"
    rb"\(?[\"'`bBrRfFuU]{0,4}[^\r\n\"'=:]{0,80}\Z"
)
URL_BEFORE = regex(rb"[A-Za-z][A-Za-z0-9+.\-]{0,40}://[^\s/]{0,200}\Z")


class Hit(NamedTuple):
    """A credential in a file, with its byte offsets."""

    rule: Rule
    name: str
    start: int
    end: int
    severity: Severity
    confidence: Confidence
    rank: int  # of overlapping hits, the one with the lowest rank is reported


def remove_overlaps(hits: list[Hit]) -> list[Hit]:
    """Return the hits in order. Of overlapping hits, only the one with the lowest rank is returned.

    A file can have 100,000 hits, so each is compared only with its neighbors.
    """
    kept: list[Hit] = []
    for _, same_rank in itertools.groupby(sorted(hits, key=_by_rank), key=lambda hit: hit.rank):
        starts = [hit.start for hit in kept]
        added: list[Hit] = []
        for hit in same_rank:
            at = bisect.bisect_left(starts, hit.start)
            neighbors = (*kept[max(0, at - 1) : at + 1], *added[-1:])
            if not any(hit.start < other.end and other.start < hit.end for other in neighbors):
                added.append(hit)
        kept = sorted([*kept, *added], key=lambda hit: (hit.start, hit.end))
    return kept


def drop_repeated(hits: list[Hit], raw: bytes) -> list[Hit]:
    """Return the hits without those that repeat a name and a value on the same line.

    Args:
        hits: Sorted.
        raw: The file.
    """
    kept: list[Hit] = []
    seen: set[tuple[str, str, bytes]] = set()  # on the line
    previous = 0
    for hit in hits:
        if raw.find(b"\n", previous, hit.start) >= 0:
            seen = set()
        previous = hit.start
        key = (hit.rule.id, hit.name, raw[hit.start : hit.end])
        if key not in seen:
            kept.append(hit)
            seen.add(key)
    return kept


def raise_levels(kept: list[Hit], others: list[Hit]) -> list[Hit]:
    """Raise the severity and the confidence of hits to those of the hits that they overlap.

    This way, a custom rule can't hide a finding of a built-in rule from `--fail-on`.

    Args:
        kept: Sorted, without overlaps.
        others: The hits of the built-in rules.
    """
    raised = list(kept)
    starts = [hit.start for hit in kept]
    for other in others:
        first = max(0, bisect.bisect_right(starts, other.start) - 1)
        for at in range(first, bisect.bisect_left(starts, other.end)):
            hit = raised[at]
            if other.start < hit.end:
                raised[at] = hit._replace(
                    severity=max(hit.severity, other.severity, key=lambda severity: severity.rank),
                    confidence=max(hit.confidence, other.confidence, key=list(Confidence).index),
                )
    return raised


def _by_rank(hit: Hit) -> tuple[int, int]:
    return hit.rank, hit.start


class FileFindings:
    """Creates the findings of one file; fast if the hits are in order.

    Args:
        path: The file.
        raw: Its content.
    """

    def __init__(self, path: str, raw: bytes) -> None:
        self._path = path
        self._lines = LineIndex(raw)

    def create(self, hit: Hit) -> Finding:
        """Create the finding of a hit. It does not contain the value.

        Args:
            hit: A hit in the file.
        """
        line, column = self._lines.position(hit.start)
        end_line, end_column = self._lines.position(hit.end)
        subject = hit.name or "a text"
        if hit.rule.kind is RuleKind.REGEX:
            subject = hit.rule.title
        return Finding(
            rule=hit.rule.id,
            path=self._path,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            severity=hit.severity,
            confidence=hit.confidence,
            message=hit.rule.text(subject),
            name=hit.name,
        )


def name_before(raw: bytes, start: int, *, in_url: bool) -> str:
    """Return the name before a secret; empty if the name itself may be a secret."""
    if in_url and (scheme := URL_BEFORE.search(raw, max(0, start - 300), start)):
        start = scheme.start()
    match = NAME_BEFORE.search(raw, max(0, start - 160), start)
    name = match[1].decode("utf-8", "replace") if match else ""
    return "" if is_random(name) else name
