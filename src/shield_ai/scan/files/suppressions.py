"""Comments that accept a finding: `shield: ignore[RULE] reason`, and detect-secrets' `pragma: allowlist secret`.

https://github.com/Yelp/detect-secrets#inline-allowlisting
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.finding import Finding

LINES = regex(rb"\r\n|\n|\r")
MARK = regex(rb"shield: *ignore|pragma: *allowlist")
OURS = regex(
    rb"(?:#|//|--|;|/\*|<!--|\{#|%|\")[ \t]*shield: *ignore *(?P<rules>\[[^\]\r\n]{0,300}\])?"
    rb"[ \t:,-]*(?P<reason>[^\r\n]*)"
)
THEIRS = regex(rb"pragma: *allowlist(?P<next>[ -]nextline)?[ -]secret")
CLOSERS = regex(r"\s*(\*/|-{0,2}>|#\})\s*$")


class Ignore(NamedTuple):
    """One comment."""

    line: int  # of the findings that it is about
    rules: frozenset[str]  # empty: of every rule
    reason: str
    ours: bool  # a comment of another tool needs no reason, and may be unused
    written: int  # the line that it stands on

    def covers(self, finding: Finding) -> bool:
        """Whether it is about a finding; a pattern's name stands for all of its rules."""
        if not finding.line <= self.line <= max(finding.line, finding.end_line):
            return False
        return (
            not self.rules
            or finding.rule in self.rules
            or finding.rule.partition(".")[0] in self.rules
        )

    def wrong(self) -> str:
        """Say what is wrong with it; nothing where it is well written."""
        if not self.reason:
            return "gives no reason"
        return "does not close its bracket" if self.reason.startswith("[") else ""


def has_ignores(raw: bytes) -> bool:
    """Whether a file has such a comment."""
    return (b"shield:" in raw or b"pragma:" in raw) and bool(MARK.search(raw))


def ignores(raw: bytes) -> list[Ignore]:
    """Return the comments of a file; one on a line of its own is about the next line."""
    if not has_ignores(raw):
        return []
    found = []
    for number, line in enumerate(LINES.split(raw), 1):
        if match := OURS.search(line):
            alone = not line[: match.start()].strip()
            rules = frozenset(
                part.strip()
                for part in _text(match["rules"] or b"").strip("[]").split(",")
                if part.strip()
            )
            reason = CLOSERS.sub("", _text(match["reason"])).strip()
            found.append(Ignore(number + alone, rules, reason, ours=True, written=number))
        elif match := THEIRS.search(line):
            found.append(
                Ignore(number + bool(match["next"]), frozenset(), "", ours=False, written=number)
            )
    return found


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def accepted(
    findings: Iterable[Finding], comments: list[Ignore]
) -> tuple[list[Finding], list[tuple[Ignore, str]]]:
    """Take out the findings of one file that a comment accepts.

    Returns:
        What is left, and the comments that do nothing, with the words why.
    """
    left, used = [], set()
    for finding in findings:
        covering = [
            i
            for i, comment in enumerate(comments)
            if comment.covers(finding) and not (comment.ours and comment.wrong())
        ]
        used |= set(covering)
        if not covering:
            left.append(finding)
    idle = [
        (comment, comment.wrong() or "accepts nothing: there is no such finding here")
        for i, comment in enumerate(comments)
        if comment.ours and i not in used
    ]
    return left, idle
