"""Recognize weak passwords, and other weak secrets for development."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import is_development_config, is_development_file
from shield_ai.scan.text.credibility import VENDOR_DEFAULTS, Family, secret_family
from shield_ai.scan.text.place import LITERAL_RULES
from shield_ai.scan.text.randomness import has_words
from shield_ai.scan.text.token_rules import SAMPLE_VALUE
from shield_ai.scan.text.value_shapes import (
    decode_base64,
    has_only_weak_words,
    is_field_name,
    is_word_like,
)

if TYPE_CHECKING:
    from shield_ai.scan.text.place import Place

LOCAL_HOST = regex(
    r"\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|docker[ -]compose)\b|\[::1\]", re.IGNORECASE
)
# Archives with malware have this password by convention: https://bazaar.abuse.ch/faq/
PUBLIC_PASSWORDS = VENDOR_DEFAULTS | {"infected"}
SAYS_TEST = regex(
    r"(?:^|[_\W])(?:tests?|testing|fake|dummy|mock|example|sample|do[-_ ]?not[-_ ]?use)(?:[_\W]|$)",
    re.IGNORECASE,
)
TEST_NAMES = word_set(
    "TEST TESTS TESTING FAKE DUMMY MOCK MOCKED EXAMPLE EXAMPLES SAMPLE PLACEHOLDER"
)
# Before SECRET or TOKEN: a provider issues the value. The app itself can choose an API key.
ISSUED = word_set("CLIENT BOT")
SEQUENCE = "abcdefghijklmnopqrstuvwxyz0123456789"  # a value in order is typed without thought
# The name of a user or a database near its password.
USER = regex(
    r"(?:user(?:_?name)?|login|db|database(?:_?name)?)[\"']?[ \t]{0,9}[:=][ \t]{0,9}[\"']?"
    r"([\w-]{1,60})",
    re.IGNORECASE,
)
# The keys with which frameworks sign sessions.
SIGNING_KEY = regex(r"((DJANGO|FLASK|APP)_)?(SESSION_)?SECRET_KEY")
# A key in a CI file is used only by the tests.
CI = regex(
    r"(?:^|/)(?:\.github/workflows|\.circleci)/|(?:^|/)\.(?:gitlab-ci|travis)"
    r"|(?:^|/)(?:\w+[_-])?ci(?:[_-]\w+)?(?:\.(?:ba)?sh)?$"
)
MAX_DISTINCT = 2  # different characters in a value that only repeats them: "sssshhhh"
MIN_USER = 6  # letters; passwords contain shorter names by chance


def is_weak(place: Place) -> bool:
    """Return whether a value is only a weak secret for development, which gets low severity."""
    value = decode_base64(place.value)
    if place.value in PUBLIC_PASSWORDS or _is_unquoted_name(place) or _is_repeated(value):
        return True
    if _is_named_nearby(place) or _contains_user(place) or SAMPLE_VALUE.search(value):
        return True
    if _is_not_for_production(place, value) or _separates_uses(place, value):
        return True
    says_test = SAYS_TEST.search(value) or _says_example(value) or value.lower() in SEQUENCE
    if says_test and "://" not in value and words(place.name)[-2:] != ("SECRET", "KEY"):
        return True
    if not _counts_as_password(place) and place.is_python and not is_development_file(place.path):
        return False  # a weak SECRET_KEY in the settings is a vulnerability
    if says_test or has_only_weak_words(value):
        return True
    if not is_development_file(place.path) and not LOCAL_HOST.search(place.line):
        return False
    return is_word_like(value)


def _is_not_for_production(place: Place, value: str) -> bool:
    """Return whether a value is one word in CI, or words where a provider issues the value."""
    word = value.removesuffix("\\n")  # echo "NAME=word\n"
    if CI.search(place.path) and word.isalpha() and is_word_like(word):
        return True
    if _is_issued(place.name) and has_only_weak_words(value):
        return True
    return _signs_outside_production(place)


def _signs_outside_production(place: Place) -> bool:
    """Return whether a key signs only the sessions of CI or of a developer."""
    if not SIGNING_KEY.fullmatch(place.name):
        return False
    return bool(CI.search(place.path)) or is_development_config(place.path)


def _separates_uses(place: Place, value: str) -> bool:
    """Return whether a salt of words, as in `signing.dumps(…, salt="registration")`, is public."""
    parts = words(place.name)
    return parts[-1:] == ("SALT",) and "PASSWORD" not in parts and has_words(value)


def _is_repeated(value: str) -> bool:
    return len(set(value)) <= MAX_DISTINCT


def _is_issued(name: str) -> bool:
    """Return whether a provider issues the value of a name, which so never consists of words."""
    parts = words(name)
    return parts[-1:] != ("PASSWORD",) and not ISSUED.isdisjoint(parts[-2:-1])


def _is_unquoted_name(place: Place) -> bool:
    """Return whether a value may be the name of a field, as in `DB_PASSWORD: db_pass`."""
    if place.rule != "CRED.password" or place.before[-1:] in {'"', "'"}:
        return False
    return is_field_name(place.value)


def _says_example(value: str) -> bool:
    """Return whether words such as "ThisIsAnExampleKey" say that a value is not real."""
    return not TEST_NAMES.isdisjoint(words(value)) and has_words(value)


def _counts_as_password(place: Place) -> bool:
    if secret_family(place.name) is Family.PASSWORD:
        return True
    return place.rule != "CRED.secret" and place.rule not in LITERAL_RULES


def _is_named_nearby(place: Place) -> bool:
    """Return whether a word-like value occurs again nearby, usually as the name of the user."""
    if place.value not in place.nearby or not is_word_like(decode_base64(place.value)):
        return False
    # ${POSTGRES_USER:-shop} contains the value, shop-user does not.
    same = re.compile(rf"(?:(?<![\w-])|(?<=:-)){re.escape(place.value)}(?![\w-])")
    return bool(same.search(place.nearby))


def _contains_user(place: Place) -> bool:
    """Return whether a word-like value contains the user or database nearby; never in Python."""
    if place.is_python or not is_word_like(place.value):
        return False
    joined = "".join(words(place.value))
    names = ("".join(words(name)) for name in USER.findall(place.nearby))
    return any(len(name) >= MIN_USER and name in joined for name in names)
