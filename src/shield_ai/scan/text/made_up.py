"""Recognize tokens in the format of a vendor that are made up, or recorded from other code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import is_non_production, is_test
from shield_ai.scan.text.randomness import has_words

if TYPE_CHECKING:
    from shield_ai.scan.text.place import Place

WORDS = regex(r"[A-Za-z]+(?:[-_][A-Za-z]+)*")
VENDOR_PREFIX = regex(r"[A-Za-z]{2,5}[-_]")
# All tokens of Slack have digits: https://docs.slack.dev/authentication/tokens
SLACK_WITHOUT_DIGITS = regex(r"xox[a-z](?:\.xox[a-z])?-(?:\d-)?[A-Za-z-]+")
# A random token rarely starts with such a word, except Stripe's: "sk_test_".
SAYS_TEST = regex(r"[A-Za-z]{2,5}[-_](?:test|fake|dummy|mock)(?![-_])")
ELLIPSIS = ("...", "\u2026", "***", "###")
FIXED_LENGTH = 8  # characters at the beginning that the format determines, such as EAAAA
MAX_LENGTH = 120  # private keys and other long values contain repeated characters by chance
FILLED = regex(r"[Xx]{3}|([A-Za-z])\1{3}|(.)\2{5}")
HEX = regex(r"[0-9A-Fa-f_-]*")
FILLED_HEX = regex(r"(.)\1{5}")
# In keys of Azure, zeros in base64 follow:
# https://learn.microsoft.com/en-us/purview/sit-defn-azure-devops-personal-access-token
AZURE = "JQQJ99"
# Keys of reCAPTCHA contain zeros in base64:
# https://docs.gitguardian.com/secrets-detection/secrets-detection-engine/detectors/specifics/recaptcha_key
RECAPTCHA_START = regex(r"6L[\w-]{6}AAAAA+")
# A file or line with several of these keys is a report of a scanner.
REPORT_KEY = regex(
    r"\"(finding_?id|rule_?(?:id|name|text_id)|check_?id|detector_?(?:name|type)|source_?metadata"
    r"|failure_list|num_matches|hashed_secret|is_secret|is_verified)\\?\""
)
MIN_REPORT_KEYS = 2
# Tokens that do nothing but report their use: https://docs.canarytokens.org/guide/
CANARY = regex(r"canary_?-?tokens?\b")
# In the path of a test: the code under test recognizes tokens, and the test needs samples.
TESTS_DETECTOR = regex(
    r"(?:^|[/_-])(?:filter|filters|filtering|detect|detector|detectors|detection|redact|redactor"
    r"|redaction|saniti[sz]er?|scrub|scrubber|scrubbing|masking|obfuscat(?:e|or|ion))(?=[/._-])"
)


def is_made_up_token(value: str) -> bool:
    """Return whether a token consists of words, as in "xoxb-real-secret": vendors issue none."""
    if SLACK_WITHOUT_DIGITS.fullmatch(value):
        return True
    if not WORDS.fullmatch(value):
        return False
    prefix = VENDOR_PREFIX.match(value)
    return has_words(value) or (prefix is not None and has_words(value[prefix.end() :]))


def is_dummy_token(place: Place) -> bool:
    """Return whether a token is made up, truncated, or only a sample in a test."""
    if is_made_up_token(place.value) or _is_filled(place.value):
        return True
    if place.after.startswith(ELLIPSIS):
        return True
    if not is_non_production(place.path):
        return False
    if is_test(place.path) and TESTS_DETECTOR.search(place.path):
        return True
    return _is_recorded(place) or SAYS_TEST.match(place.value) is not None


def _is_filled(value: str) -> bool:
    """Return whether a token contains repeated characters, which are rare in random tokens."""
    if len(value) > MAX_LENGTH or AZURE in value:
        return False
    recaptcha = RECAPTCHA_START.match(value)
    tail = value[recaptcha.end() if recaptcha else FIXED_LENGTH :]
    pattern = FILLED_HEX if HEX.fullmatch(tail) else FILLED
    return bool(pattern.search(tail))


def _is_recorded(place: Place) -> bool:
    """Return whether a token is in the report of a scanner, or is a canary token."""
    if CANARY.search(place.line) or CANARY.search(place.nearby):
        return True
    text = f"{place.line_start}\n{place.line}\n{place.nearby}".lower()
    return len(set(REPORT_KEY.findall(text))) >= MIN_REPORT_KEYS
