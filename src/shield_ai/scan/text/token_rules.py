"""The rules of kind `regex` over the bytes of a file: keywords, then the regex, then a look at the secret itself."""

from __future__ import annotations

import base64
import functools
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.text.credibility import judge
from shield_ai.scan.text.randomness import entropy, is_random
from shield_ai.scan.text.regex_timeout import matches
from shield_ai.scan.text.regions import whole
from shield_ai.scan.text.value_shapes import PLACEHOLDER, TEMPLATE, stands_for_something

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.scan.rules.pattern import Rule
    from shield_ai.scan.text.regions import Region

# What stands between a name and the value under it, in whatever language.
BETWEEN = (
    r"""[\w .\-]{0,40}["'`]?\]?\)?[ \t]{0,10}(?:=>|:=|={1,3}|:|,|>|\|\||[ \t])[ \t]{0,10}["'`]?"""
    r"(?:(?i:bearer|basic|token) )?"
)
AROUND = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
# Values that documentation uses over and over.
KNOWN = regex(
    r"(?i)EXAMPLE(KEY)?$|^(AKIA)?X{8,}|0123456789abcdef|abcdefghij|1234567890(?!\d)|(.)\2{7}"
)

# Users and passwords that only show the form of a URL.
SHOWN = regex(
    r"(?i)<?(my_?|test_?|some_?|your_?|db_?|http_?|proxy_?|git|svn|fake_?)?"
    r"(user|username|userid|user_?name|login|usr|name|pass|password|passwd|pwd|pw|secret|token|foo|bar|baz|git|me|git|x{3,})(_\w{0,3}|[a-z]{0,2}\d?)>?|\*+|\.+|-+"
)
PORT = regex(r"\d{1,5}[#?]")  # https://example.com:80#@, which has no password
# The examples of https://www.rfc-editor.org/rfc/rfc7617, which every description of an API repeats.
PRINTED = frozenset({"Aladdin:open sesame", "Aladdin:OpenSesame", "test:123\u00a3"})

# stops after which a rule is not tried again: each takes a second, and a tree has thousands of files
OFTEN = 20


class Token(NamedTuple):
    """A match: of which rule, and where the secret stands."""

    rule: Rule
    value: str
    start: int
    end: int


def source_of(rule: Rule) -> str:
    """Return the whole regex of a rule."""
    if rule.context:
        words = "|".join(re.escape(word) for word in rule.context)
        text = rf"(?i:{words}){BETWEEN}({rule.value})"
        return text + AROUND[1]
    return AROUND[0] + rule.regex + AROUND[1] if rule.bounds else rule.regex


@functools.lru_cache(maxsize=1024)
def compiled(rule: Rule) -> re.Pattern[bytes]:
    """Compile a rule; most rules are never needed in a run."""
    return re.compile(_flags_first(source_of(rule)).encode())


def _flags_first(text: str) -> str:
    """Move an inline flag to the front, where it must stand."""
    found = re.search(r"\(\?[ims]+\)", text)
    return found[0] + text.replace(found[0], "", 1) if found else text


class Tokens:
    """The rules of some patterns, by their keywords."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = [rule for rule in rules if rule.kind in (RuleKind.REGEX, RuleKind.URL)]
        self.slow: list[str] = []  # rules that were stopped, until somebody tells of them
        self._stops: Counter[str] = Counter()
        self.words: dict[bytes, list[int]] = {}
        for i, rule in enumerate(self.rules):
            for word in rule.keywords or rule.context:
                self.words.setdefault(word.encode(), []).append(i)

    def worded(self, raw: bytes, numbers: Iterable[int]) -> list[int]:
        """Return those of some rules that have a keyword in a text, in order."""
        wanted = sorted(numbers)
        lower = raw.lower() if wanted else b""
        return [
            i
            for i in wanted
            if any(w.encode() in lower for w in self.rules[i].keywords or self.rules[i].context)
        ]

    def candidates(self, raw: bytes) -> list[int]:
        """Return which rules have a keyword in a text, by plain search."""
        lower = raw.lower()
        return sorted({i for word, found in self.words.items() if word in lower for i in found})

    def find(
        self,
        raw: bytes,
        candidates: Iterable[int],
        parts: Mapping[int, Iterable[Region]],
        *,
        graded: bool,
    ) -> Iterator[Token]:
        """Yield the matches of the rules that may have one.

        Args:
            raw: The file.
            candidates: The numbers of the rules.
            parts: Where each may match; a rule that lacks, anywhere.
            graded: Whether the file is likely only for show.
        """
        for i in candidates:
            rule = self.rules[i]
            stopped = self._stops[rule.id] >= OFTEN
            found = None if stopped else matches(compiled(rule), raw, parts.get(i) or whole(raw))
            if found is None:
                self.slow.append(rule.id)
                self._stops[rule.id] += 1
            for match in found or ():
                group = next((g for g in range(1, len(match.groups()) + 1) if match[g]), 0)
                value = match[group].decode("utf-8", "replace")
                if _credible(rule, value, graded=graded):
                    start, end = match.span(group)
                    if rule.kind is RuleKind.URL:  # the secret is what comes after the user
                        start, value = start + match[group].index(b":") + 1, value.partition(":")[2]
                    yield Token(rule, value, start, end)


def _credible(rule: Rule, value: str, *, graded: bool) -> bool:
    """Whether what has the right form can be a secret."""
    if rule.kind is RuleKind.URL:
        return ":" in value and _is_real_login(value)
    if rule.judged:
        return judge(rule.judged, value, graded=graded) is not None
    if rule.decode:
        return _is_login(value) if rule.decode == "colon" else _is_jwt(value)
    if rule.random and not is_random(value):
        return False
    if rule.entropy and entropy(value) < rule.entropy:
        return False
    return not (rule.context and stands_for_something(value))


def _is_real_login(value: str) -> bool:
    """Whether `user:password` of a URL is more than the words that every documentation has there."""
    user, _, password = value.partition(":")
    if (
        PORT.match(password)
        or TEMPLATE.search(password)
        or TEMPLATE.search(user)
        or PLACEHOLDER.search(password)
    ):
        return False
    return not (
        SHOWN.fullmatch(password)
        and (not user or SHOWN.fullmatch(user) or len(password) == len("pass"))
    )


def _is_jwt(value: str) -> bool:
    """Whether the first part of a token is the header of a JWT: https://www.rfc-editor.org/rfc/rfc7519#section-5."""
    import json  # few files have one

    head = value.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and bool({"alg", "enc", "typ"} & set(header))


def _is_login(value: str) -> bool:
    """Whether a text is the base64 of a user, a colon and a password."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return False
    user, colon, password = text.partition(":")
    real = bool(colon and password) and (user + password).isprintable() and text not in PRINTED
    return real and _is_real_login(text)
