"""Whether a value under a name is a secret.

A name says of which family the value is (`names.meaning`, with a few names that only texts have):

- a *password* may be any word, so it is believed unless it is visibly something else;
- a *secret* likewise, but it is no word of its own name;
- a *key* or a *token* must look random: most things that are called so in code are names of columns and fields.
"""

from __future__ import annotations

import enum
import functools
import re

from shield_ai.model.finding import Confidence
from shield_ai.model.naming import Meaning, meaning, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.value_shapes import (
    FIELD,
    is_identifier,
    is_name,
    is_placeholder,
    is_sentence,
    is_something_else,
)

# What only says again that a password belongs here.
LABELS = frozenset(
    {"PASSWORD", "PASSWD", "PASSPHRASE", "CLIENTSECRET", "SECRETKEY", "APISECRET", "SECRETS"}
)
SHORTEST_SECRET = 6  # characters
SHORTEST_KEY = 20  # of what is called a key and no more: shorter ones name something


class Family(enum.Enum):
    """What a name makes of its value."""

    PASSWORD = "password"
    SECRET = "secret"
    KEY = "key"
    NONE = "none"


PASSWORDS = (
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "PW",
    "PASSWRD",
    "PSWD",
)
EXTRA = regex(
    r"(new|old|current|admin|root|user|db|my|test|sudo|basic|http|smtp|ftp|ldap|mysql|pg|redis|ssh|login|wifi)?_?"
    r"(pass(word|wd|phrase|code)?|pwd)_?(1|2|confirm|confirmation|again|repeat|new|old)?|[a-z]{2,20}pwd",
    re.IGNORECASE,
)
# A digest of a secret, or something that is done with one; the last one is of sudoers.
ABOUT = frozenset(
    {"HASH", "SHA", "MD", "DIGEST", "CHECKSUM", "FINGERPRINT", "FINGERPRINTS", "IDS", "NOPASSWD"}
)
# Where a list goes on, or what a request is known by; whoever has one can do nothing with it.
CURSORS = frozenset(
    {
        "CSRF",
        "XSRF",
        "NEXT",
        "CHANGE",
        "PAGE",
        "CONTINUATION",
        "CONTINUE",
        "SYNC",
        "LOCK",
        "RESUME",
        "IDEMPOTENCY",
        "REQUEST",
        "SKIP",
        "PAGING",
        "PAGINATION",
        "CURSOR",
        "START",
        "TASK",
        "UPDATE",
        "STOP",
        "PARTITION",
    }
)
SECRETS = frozenset({("SECRET", "KEY"), ("SECRET", "KEY", "BASE")})
# Drone's name of a secret, and what tells one assembly of .NET from another.
HARMLESS = frozenset({("FROM", "SECRET"), ("PUBLIC", "KEY", "TOKEN")})
VERBS = frozenset(
    {
        "UPDATE",
        "RESET",
        "FORGOT",
        "CHECK",
        "VERIFY",
        "GENERATE",
        "VALIDATE",
        "GET",
        "SET",
        "DELETE",
        "CREATE",
        "REQUEST",
    }
)
KEYS = regex(
    r"(^|_|\b)(api|access|auth|secret|private|encryption|signing|encrypt|crypt|aes|hmac|jwt|master|service|account|app"
    r"|license|consumer|client|shared|storage|subscription|integration|session|webhook|write|read|admin|server|ssh|rsa"
    r"|deploy|bot|push|fernet)[_\-. ]?keys?$|^key$",
    re.IGNORECASE,
)
TOKENS = regex(
    r"(token|bearer|ticket|nonce|authorization|verifier|auth|signature|sig|apikey|pat|sid)$",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=8192)
def family(name: str) -> Family:
    """Say of which family a name is."""
    bare = re.sub(r"(?<=[a-zA-Z])\d+$", "", name.strip("_-. "))
    if EXTRA.fullmatch(bare.rpartition(".")[2]):
        return Family.PASSWORD
    parts = words(bare)
    what = meaning(bare)
    if not parts or (what is Meaning.HARMLESS and not (KEYS.search(bare) or TOKENS.search(bare))):
        return Family.NONE
    last = parts[-1]
    if (
        what in {Meaning.URL, Meaning.DSN}
        or last in ABOUT
        or parts[0] in VERBS
        or parts in HARMLESS
    ):
        return Family.NONE
    if last in {"TOKEN", "TOKENS", "KEY"} and parts[-2:-1] and parts[-2] in CURSORS:
        return Family.NONE
    if last in {"ID", "IDS"}:
        return Family.KEY if what is Meaning.IDENTIFIER and "ACCESS" in parts else Family.NONE
    if last.endswith(PASSWORDS):
        return Family.PASSWORD
    if (
        last in {"SECRET", "SECRETS"}
        or last.endswith("SECRET")
        or parts[-3:] in SECRETS
        or parts[-2:] in SECRETS
    ):
        return Family.SECRET
    return Family.KEY


def judge(
    name: str, value: str, *, quoted: bool = True, graded: bool = False, code: bool = True
) -> Confidence | None:
    """Say how sure it is that a value is a secret; None: it is none.

    Args:
        name: What it is assigned to.
        value: The text, without its quotes.
        quoted: Whether it had quotes: a bare word may be code.
        graded: Whether it stands in tests, documentation or examples.
        code: Whether it stands in code, whose texts are names more often than those of configuration.
    """
    kind = family(name)
    value = value.strip()
    if kind is Family.NONE or is_something_else(value, quoted=quoted):
        return None
    if is_placeholder(value):
        return Confidence.LOW
    # Bare words with underscores are variables, also in a script or in SQL.
    code = code or (not quoted and "_" in value)
    if not _believed(kind, name, value, graded=graded, code=code):
        return None
    return Confidence.MEDIUM if graded or not is_random(value) else Confidence.HIGH


def _believed(kind: Family, name: str, value: str, *, graded: bool, code: bool) -> bool:
    if kind is Family.KEY:
        if name.lower() == "key" and not (len(value) >= SHORTEST_KEY and value.isalnum()):
            return False
        return (
            is_random(value) and " " not in value and not (is_name(value) or is_identifier(value))
        )
    if is_sentence(value) or (
        is_name(value) and (code or kind is not Family.PASSWORD or not value.isalpha())
    ):
        return False
    if kind is Family.SECRET and (
        len(value) < SHORTEST_SECRET or (" " in value and not is_random(value))
    ):
        return False
    # In a test, words are what somebody types; in code, more likely the name of a field.
    if kind is Family.PASSWORD and graded:
        return True
    if kind is Family.PASSWORD and not code:
        return not _label(name, value)
    return not _label(name, value) and (graded or not FIELD.fullmatch(value))


def _label(name: str, value: str) -> bool:
    """Whether a value only says the name again: {"password": "Password"}, SECRET_FIELD = "client_secret"."""
    if value == "password":  # a bad one, and the most used
        return "FIELD" in words(name)
    bare = "".join(words(value))
    own = words(name)
    # "myclientsecret" was made up by a person; nobody calls a field so.
    made_up = value.islower() and len(words(value)) == 1
    ends = len(own) > 1 and bare.endswith("".join(own)) and not made_up
    return bare in LABELS or bare == "".join(own) or ends
