"""Recognize defaults that show that a variable is not a secret: a host name or a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.rotation_policy import DATA_KEY_WORDS
from shield_ai.model.secret_words import CHAT_URLS, SECRET_WORDS
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.literals import STRONG_KEYS, literal_text, names_entry

if TYPE_CHECKING:
    import ast

    from shield_ai.model.skip import SkipReason

# Places in which a key is a name. Their own keys, such as SESSION_COOKIE_KEY, can sign.
STORES = word_set("COOKIE COOKIES SESSION SESSIONS HEADER STORAGE CACHE")
IDENTIFIER = regex(r"[A-Za-z]{1,30}(?:[-_.:]?[A-Za-z0-9]{1,30}){1,8}")
HOST = regex(r"[a-z][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,8}")
LABEL = regex(r"[a-z]{2,30}(?:-[a-z0-9]{1,30}){1,8}")
# The app's own address, which it gives to a service: no segment of the path can be a token.
ADDRESS = regex(
    r"https?://(?!localhost)[a-z][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,8}(?:/[a-z][a-z_-]{0,30}){0,8}/?"
)
URL = regex(r"https?://\w")
WEBHOOK_PATH = regex(r"hook|/services/")
SERVER = regex(r"https?://[\w.-]{1,100}(?::\d{1,5})?/?")
# Words of values for development, which production has to replace.
DEVELOPMENT_WORDS = word_set("""
    CHANGE CHANGEME DEFAULT DEV DEVELOPMENT DUMMY EXAMPLE FAKE INSECURE LOCAL MY PLACEHOLDER REPLACE
    SAMPLE SECRET TEST TESTING TODO UNSAFE YOUR
""")
# Also words of placeholders.
PLACEHOLDERS = DEVELOPMENT_WORDS | word_set("""
    HERE KEY ME NONE NOT NULL PASSWORD RANDOM SET THIS TOKEN UNDEFINED UNSET
""")

# A salt that names an action only separates its signatures from those of other actions: the secret
# is the key that signs.
NAMESPACE = regex(
    r"(?=.*(?:reset|confirm|activat|verif|unsubscri|invit|sign-?up|register|session|cookie|email))"
    r"[a-z]+(?:[-_.][a-z]+)*"
)
# Such a salt can also have a version: a new one makes the old signatures or entries invalid.
VERSIONED = regex(r"[a-z]{2,20}(?:[-_.:/][a-z]{2,20}){0,8}[-_.:/]v\d{1,3}")

# Defaults that stand for a missing value: MISSING_X_API_KEY, not-set.
_MISSING = (
    r"(?:missing|unset|undefined|disabled|inactive|no[-_ ](?:key|token|secret|password)"
    r"|not[-_ ]?(?:set|configured|provided|defined|active|enabled|used|available))"
)
MISSING = regex(
    rf"(?i)(?:{_MISSING}|none|null|n/a|placeholder)|{_MISSING}[-_ ].*|.*[-_ ]{_MISSING}"
    r"|[^\w\s]{1,3}"  # a separator of a computed value, such as "@"
)
# Words of the keys that an app needs to sign or encrypt data: it can't run without them.
OWN_KEY_WORDS = DATA_KEY_WORDS | word_set("""
    JWT SIGN SIGNING SIGNATURE SESSION SESSIONS COOKIE COOKIES CSRF HMAC DJANGO FLASK APP MASTER
""")


def is_missing_value(name: str, default: ast.expr | None) -> bool:
    """Return whether a default such as "not-set" or "-" stands for the missing secret of a service.

    So does a default with the last words of the name, such as "TOKEN" for SANDBOX_API_TOKEN.

    Args:
        name: The variable.
        default: The default of the read.
    """
    text = literal_text(default) or ""
    parts = words(name)
    is_end_of_name = text.isupper() and parts[-len(words(text)) :] == words(text)
    if not is_end_of_name and not MISSING.fullmatch(text):
        return False
    return not is_own_key(name)


def is_own_key(name: str) -> bool:
    """Return whether a variable contains a key with which the app signs or encrypts its data."""
    parts = words(name)
    return parts == ("SECRET", "KEY") or not OWN_KEY_WORDS.isdisjoint(parts)


def explain_label(name: str, default: ast.expr | None) -> SkipReason | None:
    """Return the reason to skip a variable whose default is a host name or a label, or None.

    A service's URL has a scheme; `REDIS_URL` with the default `redis` is a host. The URL of a
    webhook is a secret if its path has a token; an address without one is the app's own. A proxy
    with an address as its default is a service of the app, not one with a login. A default
    such as `theme_choice` for THEME_CHOICE_KEY is a label. See `is_choice` for other keys.

    Args:
        name: The variable.
        default: The default of the read.
    """
    text = literal_text(default) or ""
    if is_choice(name, text):
        return SkipId.HARMLESS_CHOICE.reason()
    is_label = _repeats_name(words(name), text) or _is_address(name, text)
    return SkipId.HARMLESS_LABEL.reason() if is_label else None


def is_choice(name: str, text: str) -> bool:
    """Return whether the value of a variable that ends with KEY names an entry to choose.

    Examples: OPENAI_GPT4O for LLM_KEY, and relay-premium-127 for PRODUCT_KEY.

    Args:
        name: The variable.
        text: Its default.
    """
    is_placeholder = not PLACEHOLDERS.isdisjoint(words(text))
    return may_be_choice(name) and not is_placeholder and names_entry(text)


def may_be_choice(name: str) -> bool:
    """Return whether a name ends with KEY, and no other word says that the key is a secret."""
    *names, last = words(name) or ("",)
    return last == "KEY" and (STRONG_KEYS | OWN_KEY_WORDS | SECRET_WORDS).isdisjoint(names)


def _is_address(name: str, text: str) -> bool:
    is_host = HOST.fullmatch(text) is not None
    if not (is_host and "." in text) and not PLACEHOLDERS.isdisjoint(words(text)):
        return False
    if _is_page(words(name), text):
        return True
    if words(name)[-2:] == ("PROXY", "URL"):
        return SERVER.fullmatch(text) is not None
    is_url = words(name)[-1:] == ("URL",) and meaning(name) is Meaning.HARMLESS
    return is_host and (is_url or meaning(name) is Meaning.URL)


def _is_page(parts: tuple[str, ...], text: str) -> bool:
    """Return whether an address is the app's own, or the page of a chat or an invitation to it."""
    if "WEBHOOK" in parts:
        return ADDRESS.fullmatch(text) is not None
    return parts in CHAT_URLS and URL.match(text) is not None and not WEBHOOK_PATH.search(text)


def _repeats_name(parts: tuple[str, ...], text: str) -> bool:
    """Return whether a default repeats the words before KEY, as the key of a cookie or a session.

    A single word, such as `session` for SESSION_KEY, can be a weak key that signs.
    """
    *names, last = parts or ("",)
    is_own_key = not (OWN_KEY_WORDS | STRONG_KEYS).isdisjoint(set(names) - STORES)
    if last != "KEY" or is_own_key or STORES.issuperset(names):
        return False
    return bool(IDENTIFIER.fullmatch(text)) and list(words(text)) == names


def is_name_of_secret(name: str, default: ast.expr | None) -> bool:
    """Return whether a default shows that a variable contains a secret's name, or a namespace.

    Examples: `PROXY_CA_SECRET` with the default `proxy-ca` is the name of a Secret of Kubernetes,
    and `RESET_SALT` with the default `passwordreset` is a namespace.

    Args:
        name: The variable.
        default: The default of the read.
    """
    text = literal_text(default) or ""
    parts = words(name)
    if is_namespace(name, text):
        return True
    if parts[-1:] != ("SECRET",) or not LABEL.fullmatch(text):
        return False
    return set(words(text)) <= set(parts)


def is_namespace(name: str, text: str) -> bool:
    """Return whether the default of a salt is a namespace, such as `shop-cache-v1`.

    Production can use it. The salt of passwords has to be a secret.

    Args:
        name: The variable.
        text: Its default.
    """
    parts = words(name)
    if parts[-1:] != ("SALT",) or not DEVELOPMENT_WORDS.isdisjoint(words(text)):
        return False
    if NAMESPACE.fullmatch(text):
        return True
    return "PASSWORD" not in parts and VERSIONED.fullmatch(text) is not None
