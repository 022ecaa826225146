"""Decide which words of a comment can be shown: plain words, short numbers and links.

A comment can contain an old password or commented-out code. Everything that is not plain text is
hidden, and so is everything after "the password is" and the like, and a last word after "password".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random, wordiness

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

# An apostrophe is no quote in a word (don't), or after the s of a plural (the users' keys).
CODE = regex(r"""[="`\\|<>{}@$]|->|(?<![a-z])'|'(?![a-z]|(?<=s') [a-z])|'[^']*'(?![a-z])""")
WORD = regex(r"\S+")
PLAIN = regex(
    r"(?:[A-Za-z]?[a-z]{0,15}|[A-Z]{1,15})(?:[-_'/](?:[A-Za-z]?[a-z]{1,15}|[A-Z]{1,15})){0,3}'?"
)
# Usual words whose letter pairs are rare, in lower case.
KNOWN = word_set("""
    boto3 celery django django's django-allauth django-compressor django-debug-toolbar
    django-environ django-extensions django-storages flake8 ids internationalization keycloak
    localhost macos maximum minimum mod_wsgi mypy network oauth oauth2 openid postgresql psycopg2
    pylint rabbitmq redis rest s3 software sqlalchemy syntax through urls webhook webhooks website
    workflow workflows
""")
NUMBER = regex(
    r"\d{1,3}%|\d\d:\d\d"
    r"|v?\d{1,4}(?:\.\d{1,3}){0,3}|\d{4}-\d\d-\d\d|[a-z]{1,5}-\d{1,2}|[a-z]\.[a-z]"
)
CAMEL_CASE = regex(r"[A-Z][a-z]{2,14}(?:[A-Z][a-z]{2,14}|SQL|API|DB|AI){1,3}")
CONSTANT = regex(r"[A-Z]{2,15}(?:_[A-Z]{1,15}){1,5}")
SEPARATOR = regex(r"[-*#~_.&+/—\u2013«»•]+")  # such as ----
# Comments for tools, with the ids of rules.
DIRECTIVE = regex(
    r"# ?(?:noqa(?:(?:: ?| )[A-Z]{1,4}\d{3,4}(?:, ?[A-Z]{1,4}\d{3,4}){0,9})?"
    r"|type: ?ignore(?:\[[a-z]{2,12}(?:-[a-z]{2,12}){0,4}\])?|pragma: ?no cover)(?=\s|\Z)"
)
SLUG = r"[a-z]{1,20}(?:[-_.][a-z]{1,20}){0,8}"
LINK = regex(
    rf"https?://[a-z]{{2,20}}(?:[.-][a-z]{{2,20}}){{1,4}}"
    rf"(?:/(?:{SLUG}|\d{{1,3}}(?:\.\d{{1,2}}){{0,2}})){{0,12}}/?(?:#{SLUG})?"
    r"|https://docs\.djangoproject\.com/[\w./#:-]{1,120}"
    rf"|https://git(?:hub|lab)\.com(?:/[a-z]{{1,20}}(?:[-_.]?[a-z\d]{{1,3}})?(?:[-_.][a-z]{{1,20}}){{0,4}}){{1,3}}"
    rf"(?:/(?:issues|pull|discussions)/\d{{1,6}})?(?:#{SLUG})?"
)
SECRET_WORD = regex(
    r"(?i)pass(?:word|wd|phrase|code)?s?|pwd|pin|secrets?|tokens?|keys?|salt|credentials?|login"
)
# After a word such as "token", these are no values.
NOUNS = word_set(
    "authentication authorization configuration expiry file handling lifespan lifetime location"
    " management name options path rotation section settings setup url usage validation"
)
# A variable in quotes, and commented-out settings of numbers and switches.
QUOTED_VARIABLE = regex(r"([\"'`])[A-Z]{2,15}(?:_[A-Z]{1,15}){1,5}\1")
DISABLED = regex(
    r"# ?(?:[A-Z]{2,15}_){0,5}(?:[A-Z]{2,15} ?= ?(?:True|False|None)"
    r"|(?:AGE|COUNT|DAYS|HOURS|INTERVAL|LIMIT|MINUTES|PORT|SECONDS|SIZE|TIMEOUT|TTL) ?= ?\d{1,5})"
)
# Comments with code that `django-admin startproject` writes.
# https://github.com/django/django/blob/main/django/conf/project_template/project_name/settings.py-tpl
STARTPROJECT = frozenset(
    {
        "# Build paths inside the project like this: BASE_DIR / 'subdir'.",
        "# Build paths inside the project like this: os.path.join(BASE_DIR, ...)",
    }
)
LEADS_TO_VALUE = frozenset({"is", "was", "are", "were", "be", "to", "like", "now", "currently"})
BRACKETS = ".,;:!?()[]…"
MIN_WORDINESS = 0.6  # hides 2% of English words, and 95% of random letters
MIN_LETTERS = 6  # shorter words have too few pairs of letters


def hidden_spans(comment: str) -> Iterator[Span]:
    """Yield the spans of characters to hide in a comment, which starts with its `#`."""
    directive = DIRECTIVE.match(comment)
    start = directive.end() if directive else 1
    if comment in STARTPROJECT or DISABLED.fullmatch(comment):
        return
    comment = QUOTED_VARIABLE.sub(lambda quoted: f" {quoted[0][1:-1]} ", comment)
    if CODE.search(comment, start):
        yield start, len(comment)
        return
    follows_secret = False
    for match in WORD.finditer(comment, start):
        word = match[0].strip(BRACKETS)
        if follows_secret and (word.lower() in LEADS_TO_VALUE or match[0].startswith(":")):
            yield match.end(), len(comment)
            return
        is_last = not comment[match.end() :].strip()
        is_secret_word = SECRET_WORD.fullmatch(word) is not None
        is_harmless = is_secret_word or word.lower() in NOUNS
        is_value = follows_secret and is_last and not is_harmless
        if is_value or not is_plain(word):
            yield match.span()
        follows_secret = is_secret_word
        if follows_secret and match[0].endswith(":"):
            yield match.end(), len(comment)
            return


def leads_to_value(text: str) -> bool:
    """Return whether a value may follow a text, such as "the password is" or "for example:"."""
    last_word = text.rsplit(maxsplit=1)[-1].strip(BRACKETS)
    return (
        text.rstrip().endswith(":")
        or last_word.lower() in LEADS_TO_VALUE
        or SECRET_WORD.fullmatch(last_word) is not None
    )


def is_plain(word: str) -> bool:
    """Return whether a word of a comment can't be a value."""
    if word.lower() in KNOWN:
        return True
    if any(form.fullmatch(word) for form in (NUMBER, CONSTANT, SEPARATOR, LINK)) or not word:
        return True
    if CAMEL_CASE.fullmatch(word):
        return wordiness(word) >= MIN_WORDINESS
    return PLAIN.fullmatch(word) is not None and all(map(is_word, re.split(r"[-_'/]", word)))


def is_word(text: str) -> bool:
    """Return whether a text is short, or has the letter pairs that are common in English words."""
    return len(text) < MIN_LETTERS or (wordiness(text) >= MIN_WORDINESS and not is_random(text))
