"""Match the rules of the kinds `regex` and `url`: by keyword, then by regex, then by value."""

from __future__ import annotations

import base64
import functools
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.rules.match_starts import find_anchors
from shield_ai.scan.rules.pattern import RuleKind, credential_pattern
from shield_ai.scan.text.credibility import secret_confidence
from shield_ai.scan.text.keyword_search import KeywordSearch
from shield_ai.scan.text.randomness import entropy, is_random
from shield_ai.scan.text.regex_timeout import TIMEOUT, find_matches
from shield_ai.scan.text.regions import whole_file_region
from shield_ai.scan.text.start_search import StartSearch
from shield_ai.scan.text.value_shapes import PLACEHOLDER, TEMPLATE, is_template_or_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.scan.rules.pattern import Rule
    from shield_ai.scan.text.regions import Region

# The text between a name and its value, in any language.
ASSIGNMENT = (
    r"""[\w .\-]{0,40}["'`]?\]?\)?[ \t]{0,10}"""
    r"""(?:=>|\?=|:{1,3}=|={1,3}|:|,|>|\|\||[ \t])[ \t]{0,10}["'`]?"""
    r"(?:(?i:bearer|basic|token) )?"
)
# Where a word starts: "rookTable" does not contain the word "okta".
WORD_START = r"(?:(?<![A-Za-z])|(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]))"
BOUNDARIES = (r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])")
# Values that are common in documentation.
SAMPLE_VALUE = regex(
    r"(?i)EXAMPLE(KEY)?$|^(AKIA)?X{8,}|0?123456789abcdef|abcdefghij|1234567890(?!\d)|zyxwvutsrq|(\S)\3{11}"
    # Keys that documentation publishes: https://docs.stripe.com/keys, https://jwt.io,
    # https://developers.google.com/recaptcha/docs/faq,
    # https://learn.microsoft.com/en-us/azure/storage/common/storage-use-azurite
    # https://github.com/google/google-authenticator/wiki/Key-Uri-Format
    r"|4eC39HqLyjWDarjtT1zdp7dc|SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c|6LeIxAcTAAAAA"
    # https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
    r"|Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6|JBSWY3DPEHPK3PXP"
    # https://docs.slack.dev/authentication/installing-with-oauth
    r"|16C7e42F292c6912E7710c838347Ae178B4a|19874698323-pdFZKVeTuE8sk7oOcBrzbqgy"
)
# User names and passwords that only show the syntax of a URL.
SAMPLE_LOGIN = regex(
    r"(?i)<?(my_?|test_?|some_?|your_?|db_?|http_?|proxy_?|git|svn|fake_?)?"
    r"(user|username|userid|user_?name|login|usr|name|pass|password|passwd|pwd|pw|secret|token"
    r"|foo|bar|baz|git|me|x{3,})(_\w{0,3}|[a-z]{0,2}\d?)>?|\*+|\.+|-+"
)
PORT = regex(r"\d{1,5}[#?]")  # https://example.com:80#@ has no password
# The examples of https://www.rfc-editor.org/rfc/rfc7617, which many API descriptions repeat.
RFC_EXAMPLES = frozenset({"Aladdin:open sesame", "Aladdin:OpenSesame", "test:123\u00a3"})
BASE64_BEFORE = regex(rb"[A-Za-z0-9+/]{0,60}[+/]\Z")
# Characters before a token; the paths of URLs are shorter, or have other characters.
MIN_BASE64 = 60
# A long word, in any language, or a name in code. Vendors issue tokens of letters only up to 16
# characters.
LETTERS = regex(r"[a-z_-]{20,}|[A-Z_-]{20,}")
MAX_TIMEOUTS = 20  # after which a rule is disabled for the rest of the scan
CUSTOM_BUDGET = 30.0  # seconds of CPU time, of one process, for all custom rules in a scan
MAX_MATCHES = 1000  # of a custom rule in a file
TIME_PER_MATCH = 0.001  # seconds that a match of a custom rule costs the budget
MAX_SHOWN_RULES = 3


class Token(NamedTuple):
    """A match of a rule, with the byte offsets of the secret."""

    rule: Rule
    value: str
    start: int
    end: int


def full_regex(rule: Rule) -> str:
    """Return the regex of a rule, with its context and boundaries."""
    if rule.context:
        words = "|".join(re.escape(word) for word in rule.context)
        return rf"{WORD_START}(?i:{words}){ASSIGNMENT}({rule.value}){BOUNDARIES[1]}"
    if rule.bounds:
        # The group makes the boundaries apply to each branch of an alternation.
        return f"{BOUNDARIES[0]}(?:{rule.regex}){BOUNDARIES[1]}"
    return rule.regex


@functools.lru_cache(maxsize=1024)
def compile_rule(rule: Rule) -> re.Pattern[bytes]:
    """Compile a rule on first use: most scans need only a few rules."""
    return re.compile(_move_flags_first(full_regex(rule)).encode())


@functools.lru_cache(maxsize=1024)
def start_search(rule: Rule) -> StartSearch | None:
    """Return a search for the offsets at which the matches of a rule begin; None if it is slow."""
    anchors = find_anchors(_move_flags_first(full_regex(rule)))
    return StartSearch(anchors) if anchors else None


def _move_flags_first(text: str) -> str:
    """Move inline flags to the front, where Python requires them."""
    flags = re.search(r"\(\?[ims]+\)", text)
    return flags[0] + text.replace(flags[0], "", 1) if flags else text


class RegexRules:
    """The rules of the kinds `regex` and `url`, by number and by keyword.

    Args:
        rules: The rules; those of other kinds are left out.
        custom_budget: The CPU time in seconds for all rules that are not built in.
    """

    def __init__(self, rules: Iterable[Rule], custom_budget: float = CUSTOM_BUDGET) -> None:
        self.rules = [rule for rule in rules if rule.kind in (RuleKind.REGEX, RuleKind.URL)]
        self._builtin = frozenset(rule.id for rule in credential_pattern().rules)
        self._custom_budget = self._remaining = custom_budget
        self._timed_out: list[str] = []  # rule ids, until they are reported
        self._not_run: list[str] = []
        self._stopped: list[str] = []
        self._timeouts: Counter[str] = Counter()
        self._keywords = [
            [word.encode() for word in rule.keywords or rule.context] for rule in self.rules
        ]
        self._rules_by_keyword: dict[bytes, list[int]] = {}
        for number, words in enumerate(self._keywords):
            for word in words:
                self._rules_by_keyword.setdefault(word, []).append(number)
        self._keyword_search = KeywordSearch(self._rules_by_keyword)

    def with_keyword(self, raw: bytes, numbers: Iterable[int]) -> list[int]:
        """Return the numbers of the given rules with a keyword in a file, sorted."""
        wanted = sorted(numbers)
        if not wanted:
            return []
        lower = raw.lower()
        return [n for n in wanted if any(word in lower for word in self._keywords[n])]

    def with_any_keyword(self, raw: bytes) -> list[int]:
        """Return the numbers of all rules with a keyword in a file, sorted."""
        found: set[int] = set()
        for word in self._keyword_search.find(raw):
            found.update(self._rules_by_keyword[word])
        return sorted(found)

    def find(
        self,
        raw: bytes,
        numbers: Iterable[int],
        regions: Mapping[int, Iterable[Region]],
        *,
        non_production: bool,
    ) -> Iterator[Token]:
        """Yield the matches of some rules.

        Args:
            raw: The file's bytes.
            numbers: The numbers of the rules.
            regions: The regions in which each rule may match; by default, the whole file.
            non_production: Whether the file is a test, documentation or an example.
        """
        for number in numbers:
            rule = self.rules[number]
            for match in self._match(rule, raw, regions.get(number) or whole_file_region(raw)):
                token = _token(rule, match, non_production=non_production)
                if token is not None:
                    yield token

    def take_problems(self) -> list[SkipReason]:
        """Describe the rules that did not search all of the files since the last call."""
        problems = []
        if self._timed_out:
            problems.append(SkipId.RULE_TIMED_OUT.reason(rules=_name_rules(self._timed_out)))
        if self._not_run:
            case = SkipId.RULES_OUT_OF_BUDGET
            rules = _name_rules(self._not_run)
            problems.append(case.reason(rules=rules, seconds=self._custom_budget))
        if self._stopped:
            rules = _name_rules(self._stopped)
            problems.append(SkipId.RULE_STOPPED.reason(rules=rules, number=MAX_MATCHES))
        self._timed_out = []
        self._not_run = []
        self._stopped = []
        return problems

    def _match(self, rule: Rule, raw: bytes, regions: Iterable[Region]) -> list[re.Match[bytes]]:
        """Return the matches of a rule; none if it times out or has done so too often."""
        is_custom = rule.id not in self._builtin
        timeout = min(TIMEOUT, self._remaining) if is_custom else TIMEOUT
        if timeout <= 0:
            self._not_run.append(rule.id)
            return []
        if self._timeouts[rule.id] >= MAX_TIMEOUTS:
            self._timed_out.append(rule.id)
            return []
        started = time.process_time()
        limit = MAX_MATCHES if is_custom else None
        matches = find_matches(compile_rule(rule), raw, regions, timeout, limit, start_search(rule))
        used = time.process_time() - started
        if is_custom and matches:
            used += len(matches) * TIME_PER_MATCH
            if len(matches) == MAX_MATCHES:
                self._stopped.append(rule.id)
        if matches is None:
            self._timed_out.append(rule.id)
            self._timeouts[rule.id] += 1
            used = max(used, timeout)  # the timer can end early
        if is_custom:
            self._remaining -= used
        return matches or []


def _name_rules(ids: list[str]) -> str:
    """Name some rules: "rule A", "rules A and B", "rules A, B, C and 7 more"."""
    if len(ids) == 1:
        return f"rule {ids[0]}"
    shown, last = ids[:-1], ids[-1]
    if len(ids) > MAX_SHOWN_RULES:
        shown, last = ids[:MAX_SHOWN_RULES], f"{len(ids) - MAX_SHOWN_RULES} more"
    return f"rules {', '.join(shown)} and {last}"


def _token(rule: Rule, match: re.Match[bytes], *, non_production: bool) -> Token | None:
    """Extract the secret, the first group that is not empty; None if it is not credible."""
    groups = range(1, len(match.groups()) + 1)
    group = next((number for number in groups if match[number]), 0)
    value = match[group].decode("utf-8", "replace")
    if not _is_credible(rule, value, non_production=non_production):
        return None
    start, end = match.span(group)
    if rule.bounds and _is_in_base64(match.string, start):
        return None
    if rule.kind is RuleKind.URL:  # user:password
        start += match[group].index(b":") + 1
        value = value.partition(":")[2]
    return Token(rule, value, start, end)


def _is_in_base64(raw: bytes, start: int) -> bool:
    """Return whether a text continues longer base64: any token format occurs in it by chance."""
    before = BASE64_BEFORE.search(raw, max(0, start - MIN_BASE64), start)
    return before is not None and len(before[0]) == MIN_BASE64


def _is_credible(rule: Rule, value: str, *, non_production: bool) -> bool:
    """Return whether a value that matches a rule can be a secret."""
    if rule.kind is RuleKind.URL:
        return ":" in value and is_real_login(value)
    if rule.judged:
        return secret_confidence(rule.judged, value, non_production=non_production) is not None
    if rule.decode == "colon":
        return _is_encoded_login(value)
    if rule.decode:
        return _is_jwt(value)
    if rule.context and (is_template_or_placeholder(value) or LETTERS.fullmatch(value)):
        return False
    return _is_random_enough(rule, value)


def _is_random_enough(rule: Rule, value: str) -> bool:
    if rule.random and not is_random(value):
        return False
    return not rule.entropy or entropy(value) >= rule.entropy


def is_real_login(value: str) -> bool:
    """Return whether the `user:password` of a URL is not a template or a common example."""
    user, _, password = value.partition(":")
    if TEMPLATE.search(password) or TEMPLATE.search(user):
        return False
    if PORT.match(password) or PLACEHOLDER.search(password):
        return False
    if not SAMPLE_LOGIN.fullmatch(password):
        return True
    has_sample_user = not user or SAMPLE_LOGIN.fullmatch(user)
    return not has_sample_user and len(password) != len("pass")


def _is_jwt(value: str) -> bool:
    """Return whether the first part of a token is a JOSE header.

    https://www.rfc-editor.org/rfc/rfc7519#section-5
    """
    import json

    head = value.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and not header.keys().isdisjoint({"alg", "enc", "typ"})


def _is_encoded_login(value: str) -> bool:
    """Return whether a text is the base64 of `user:password`."""
    try:
        text = base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except ValueError:
        return False
    user, colon, password = text.partition(":")
    if not colon or not password or text in RFC_EXAMPLES:
        return False
    return (user + password).isprintable() and is_real_login(text)
