"""Parse suppression comments: shield's `shield: ignore[RULE] reason`, and detect-secrets' pragma.

https://github.com/Yelp/detect-secrets#inline-allowlisting
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.finding import Finding

LINE_END = regex(rb"\r\n|\n|\r")
MARK = regex(rb"shield: *ignore|pragma: *allowlist")
# The start of a comment, and the text after it without the separators.
SHIELD_COMMENT = regex(
    rb"(?P<start>#|//|--|;|\{?/\*|<!--|\{#|<%#|<%--|%|\")[ \t]*shield: *ignore\b"
    rb"(?:[ \t:,]|-(?!-?%?>))*(?:(?P<rules>\[[^\]\r\n]*\])|(?P<unclosed>\[))?"
    rb"(?:[ \t:,]|-(?!-?%?>))*(?P<text>[^\r\n]*)"
)
# The ends of comments, by their starts. Other comments end with the line.
COMMENT_ENDS = {
    b"/*": b"*/", b"{/*": b"*/}", b"<!--": b"-->", b"{#": b"#}", b"<%#": b"%>", b"<%--": b"--%>",
    b'"': b'"',
}  # fmt: skip
ALLOWLIST_PRAGMA = regex(rb"pragma: *allowlist(?P<next>[ -]nextline)?[ -]secret")
# The end of a comment that starts in an earlier line, or of a line in a notebook.
LINE_COMMENT_END = regex(r"(?:\*/|-->|#\}|\\n\",?)$")
MAX_PER_CELL = 100  # comments that apply to the outputs of a cell
UNUSED = "is an unused suppression: no matching finding on its line"


class Suppression(NamedTuple):
    """A suppression comment."""

    line: int  # of the findings that it suppresses
    rules: frozenset[str]  # rule IDs, or their part before the dot; empty: every rule
    reason: str
    is_shield: bool  # other tools' comments need no reason and may be unused
    comment_line: int  # the line of the comment itself
    is_unclosed: bool = False  # its list of rules has no closing bracket
    outputs: range = range(0)  # in a notebook: the lines of the outputs of the comment's cell

    def covers(self, finding: Finding) -> bool:
        """Return whether the comment applies to the rule of a finding; lines are not compared."""
        if not self.rules or finding.rule in self.rules:
            return True
        return finding.rule.partition(".")[0] in self.rules

    def is_valid(self) -> bool:
        """Return whether the comment is complete."""
        return not self.is_shield or not self.problem()

    def problem(self) -> str:
        """Describe what is wrong with the comment; empty if it is valid."""
        if not self.reason:
            return "has no reason"
        return 'has no closing "]"' if self.is_unclosed else ""


def has_suppressions(raw: bytes) -> bool:
    """Return whether a file has a suppression comment."""
    return (b"shield:" in raw or b"pragma:" in raw) and bool(MARK.search(raw))


def find_suppressions(raw: bytes) -> list[Suppression]:
    """Return the suppression comments of a file.

    A comment that is alone on its line applies to the next line.
    """
    if not has_suppressions(raw):
        return []
    found = []
    for number, line in enumerate(LINE_END.split(raw), 1):
        if comment := SHIELD_COMMENT.search(line):
            text, _, after = comment["text"].partition(COMMENT_ENDS.get(comment["start"], b"\n"))
            is_alone = not line[: comment.start()].strip() and not after.strip(b" \t,")
            suppression = Suppression(
                line=number + 1 if is_alone else number,
                rules=_parse_rules(comment["rules"] or b""),
                reason=_parse_reason(text),
                is_shield=True,
                comment_line=number,
                is_unclosed=bool(comment["unclosed"]),
            )
            found.append(suppression)
        elif pragma := ALLOWLIST_PRAGMA.search(line):
            target = number + 1 if pragma["next"] else number
            found.append(Suppression(target, frozenset(), "", is_shield=False, comment_line=number))
    return found


def _parse_reason(text: bytes) -> str:
    reason = LINE_COMMENT_END.sub("", text.decode("utf-8", "replace").strip()).strip()
    return reason if any(map(str.isalnum, reason)) else ""


def _parse_rules(brackets: bytes) -> frozenset[str]:
    ids = brackets.decode("utf-8", "replace").strip("[]").split(",")
    return frozenset(rule.strip() for rule in ids if rule.strip())


def apply_suppressions(
    findings: Iterable[Finding], comments: list[Suppression]
) -> tuple[list[Finding], list[tuple[Suppression, str]]]:
    """Remove the suppressed findings of one file.

    Returns:
        The remaining findings, and each invalid or unused comment with the reason.
    """
    valid = sorted(
        (comment for comment in comments if comment.is_valid()), key=lambda comment: comment.line
    )
    lines = [comment.line for comment in valid]
    cell_comments = sorted(
        (comment for comment in valid if comment.outputs),
        key=lambda comment: comment.outputs.start,
    )
    output_starts = [comment.outputs.start for comment in cell_comments]
    remaining = []
    used: set[Suppression] = set()
    for finding in findings:
        first = bisect.bisect_left(lines, finding.line)
        after = bisect.bisect_right(lines, max(finding.line, finding.end_line))
        candidates = valid[first:after]
        if cell_comments:
            candidates += _comments_of_outputs(cell_comments, output_starts, finding.line)
        covering = [comment for comment in candidates if comment.covers(finding)]
        used.update(covering)
        if not covering:
            remaining.append(finding)
    return remaining, _find_problems(comments, used)


def _comments_of_outputs(
    comments: list[Suppression], starts: list[int], line: int
) -> list[Suppression]:
    """Return the suppressions of the notebook cell that has this line in its outputs.

    Args:
        comments: The comments of all cells, sorted by the first line of their outputs.
        starts: The first lines of their outputs, in the same order.
        line: The line of a finding.
    """
    after = bisect.bisect_right(starts, line)
    if not after or line not in comments[after - 1].outputs:
        return []
    first = bisect.bisect_left(starts, starts[after - 1])
    return comments[first : min(after, first + MAX_PER_CELL)]


def _find_problems(
    comments: list[Suppression], used: set[Suppression]
) -> list[tuple[Suppression, str]]:
    unused = [comment for comment in comments if comment.is_shield and comment not in used]
    return [(comment, comment.problem() or UNUSED) for comment in unused]
