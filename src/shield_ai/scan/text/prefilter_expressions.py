"""The regular expressions that the hyperscan prefilter searches for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_filter import PATTERNS
from shield_ai.scan.files.suppressions import MARK
from shield_ai.scan.text.assignment_patterns import CALLS, ELSE, NAME_END, PAIR_MARK, SECRET_WORD
from shield_ai.scan.text.parser_marks import PARSER_MARKS
from shield_ai.scan.text.token_rules import BOUNDARIES

if TYPE_CHECKING:
    from shield_ai.scan.rules.pattern import Rule

# The beginning of an assignment, up to the first character of its value.
ASSIGNED_NAME = rb"(?i)" + SECRET_WORD + NAME_END + rb"\\?[\"'`]?\]?\)?"
ASSIGNMENT_SIGN = (
    rb"\s{0,40}(?::[^\n\"'`]{0,50}=|[:?+]?=|={2,3}>?|!={1,2}|=>|:|"
    + ELSE
    + rb"|or\b|[\"'`]\s{0,4},)"
    + rb"\s{0,40}[\[(]?\s{0,40}"
)
CALL = rb"[\w.\[\]]{0,50}(?:" + CALLS + rb")\([ \t]{0,4}"
NO_SIGN = rb"[ \t]{1,3}(?:is[ \t:]{1,3})?[\"'`]"
QUOTED_ASSIGNMENT = (
    ASSIGNED_NAME
    + rb"(?:"
    + ASSIGNMENT_SIGN
    + rb"(?:"
    + CALL
    + rb")?[bBrRuUfF@$]{0,2}\\?[\"'`]|"
    + NO_SIGN
    + rb")"
)
UNQUOTED_ASSIGNMENT = (
    ASSIGNED_NAME
    + rb"(?:"
    + ASSIGNMENT_SIGN
    + rb"[^\s]|"
    + NO_SIGN
    + rb"|[ \t]{1,4}[\"']?[A-Za-z0-9+/=_\-]{12})"
)
REPEAT = regex(rb"\{(\d+)(,?)(\d*)\}")
MAX_REPEAT = 40
# Replaces the lookbehind before a rule, which hyperscan does not support. A match then begins one
# byte earlier, which does not matter.
LEADING_BOUNDARY = b"(?:^|[^A-Za-z0-9])"


class ExpressionIds:
    """The ids of the expressions in a hyperscan database.

    Args:
        rules: The number of rules; their ids come first.
    """

    def __init__(self, rules: int) -> None:
        self.rules = range(rules)
        self.quoted_assignment = rules
        self.unquoted_assignment = rules + 1
        self.pair = rules + 2
        self.suppression = rules + 3
        self.markers = range(rules + 4, rules + 4 + len(PATTERNS))
        self.parsers = range(self.markers.stop, self.markers.stop + len(PARSER_MARKS))


def extra_expressions() -> list[bytes]:
    """Return the expressions after those of the rules, in the order of `ExpressionIds`."""
    parser_marks = [re.sub(rb"\(\?P<\w+>", b"(?:", m.pattern) for m in PARSER_MARKS.values()]
    return [
        QUOTED_ASSIGNMENT,
        UNQUOTED_ASSIGNMENT,
        PAIR_MARK.pattern,
        MARK.pattern,
        *(pattern.pattern for pattern in PATTERNS.values()),
        *map(simplify, parser_marks),
    ]


def keyword_expression(rule: Rule) -> bytes:
    """Return an expression for the keywords of a rule, or for the words of its context."""
    words = (re.escape(word).encode() for word in rule.keywords or rule.context)
    return b"(?i)" + b"|".join(words)


def simplify(source: bytes) -> bytes:
    """Rewrite a regex for hyperscan; its PREFILTER flag approximates the rest."""
    source = REPEAT.sub(_limit_repeat, source.replace(BOUNDARIES[0].encode(), LEADING_BOUNDARY))
    flags = re.search(rb"\(\?[ims]+\)", source)
    return flags[0] + source.replace(flags[0], b"", 1) if flags else source


def _limit_repeat(match: re.Match[bytes]) -> bytes:
    """Limit the bounds of a repeat: thousands of repeats need thousands of states."""
    low, comma, high = int(match[1]), match[2], match[3]
    if comma and high and int(high) <= MAX_REPEAT:
        return match[0]
    if comma or low > MAX_REPEAT:
        return b"{%d,}" % min(low, MAX_REPEAT)
    return match[0]
