"""Decide from the name and the form of a value whether it can be a secret and must be masked.

A value is shown only if its form is allowed under its name, by the last word of the name:
`localhost` is shown under `HOST`, but not under `PASSWORD` or `NAME`. Booleans and environments
such as "production" are shown under every harmless name. A word is not a form: "swordfish" is
hidden everywhere except in `INSTALLED_APPS` and under a name such as `BUCKET_NAME`, which tells
what the word names. The table is `FORMS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.reports.masking.comments import (
    MIN_WORDINESS,
    SECRET_WORD,
    WORD,
    hidden_spans,
    is_word,
)
from shield_ai.scan.text.randomness import is_random, wordiness

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

MAX_LENGTH = 200  # characters of a string that is shown
MIN_MESSAGE = 3  # words; one or two words may be a value
BOOLEANS = word_set("true false yes no on off 0 1")
# The usual names of environments, which are the default of many variables.
STAGES = word_set("dev development local prod production staging test testing")
# Arguments that are shown even beside a secret, such as the encoding of a key, or the scheme of a
# URL or a header.
CONSTANTS = frozenset(
    {
        "utf-8", "utf8", "UTF-8", "UTF8", "utf8mb4", "ascii", "latin-1", "latin1", "iso-8859-1",
        "{}", "[]", r"\n", r"\\n", r"\r\n", r"\t", "__file__", "__main__",
        "http://", "https://", "postgres://", "postgresql://", "redis://", "rediss://", "Bearer",
        "Bearer ", "Token ",
    }
)  # fmt: skip
# The usual choices of options.
CHOICES = word_set("""
    auto console dark darwin default filesystem json latest lax light linux memory msgpack none null
    oidc pickle sqlalchemy strict unknown win32 yaml
""")
LEVELS = word_set("DEBUG INFO WARNING WARN ERROR CRITICAL")
LOCAL_ADDRESSES = word_set("localhost 127.0.0.1 0.0.0.0 ::1 [::1] *")
# The usual names of services in a private network, such as in a Compose file.
SERVICES = word_set("""
    app backend broker cache database db elasticsearch kafka localstack mailhog mailpit mail mariadb
    memcached minio mongo mongodb mysql nats nginx opensearch pgbouncer postgres postgresql proxy
    rabbit rabbitmq redis smtp solr valkey web
""")
FOLDERS = word_set("""
    assets data db locale log logs media public static staticfiles templates tmp uploads var
""")
PRIVATE_IP = regex(
    r"(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}|169\.254\.169\.254"
)
LABEL = r"[a-z]{2,20}(?:-[a-z]{2,20}){0,3}"
PLAIN_WORDS = regex(r"[a-z]{2,20}(?:[-_][a-z]{2,20}){0,3}")
PUBLIC_HOST = regex(rf"\.?{LABEL}(?:\.{LABEL}){{1,4}}")
NUMBERED_HOST = regex(r"[a-z]{2,20}(?:-[a-z]{2,20}){0,3}-\d{1,2}")
PORT = regex(r"\d{1,5}(?:, ?\d{1,5}){0,9}")
NUMBER = regex(r"\d{1,10}")
PART = r"[a-z_]{1,40}(?:\d{1,2}[a-z_]{0,40}){0,2}"
CLASS = r"[A-Z][A-Za-z]{0,60}(?:\d{1,2}[A-Z]?[A-Za-z]{0,40}){0,2}"
DJANGO = "django."
BACKENDS = frozenset({"mysql", "postgresql", "sqlite3", "smtp", "locmem", "db", "redis"})
MODULE = regex(rf"{PART}(?:\.{PART}){{0,8}}(?:\.{CLASS})?")
SEGMENT = r"(?:[a-z]{1,20}(?:[-_.][a-z]{1,20}){0,4}|v?\d{1,2}|[a-z]{1,20}\.sqlite3)"
WEB_PATH = rf"/(?:{SEGMENT}(?:/{SEGMENT}){{0,5}}/?)?"
PATH = regex(WEB_PATH)
URL = regex(rf"[a-z]{{2,12}}(?:\+[a-z]{{2,12}})?://([^/@:]{{0,80}}(?::\d{{1,5}})?)({WEB_PATH})?")
DOTENV = regex(r"\.env(?:\.[a-z]{2,12}){0,2}")
FILE = regex(r"(?:\.{0,2}/)?[A-Za-z_-]{1,30}(?:/[A-Za-z_-]{1,30}){0,8}(/|\.[a-z]{2,8}3?)?")
ZONE = regex(r"UTC|GMT|(?:US|[A-Z][a-z]{3,10})(?:/[A-Z][A-Za-z_]{2,20}){1,2}")
LANGUAGE = regex(r"[a-z]{2}(?:[-_][A-Za-z]{2,4})?")
# https://docs.aws.amazon.com/general/latest/gr/rande.html
REGION = regex(r"[a-z]{2}(?:-[a-z]{3,10}){1,2}-\d")
# The names of language models: gpt-4o-mini, claude-sonnet-4-5
LANGUAGE_MODEL = regex(
    r"(?:[a-z]{4,12}/)?(?:gpt|claude|gemini|llama|mistral|mixtral|deepseek|qwen|text-embedding)"
    r"(?:[-.:]?(?:[a-z]{1,10}|v?\d{1,3}[a-z]?)){1,6}"
)
HOST_SEPARATOR = regex(r"[,\s]\s{0,3}")
# Of a library and its version. https://packaging.python.org/en/latest/specifications/version-specifiers/
REQUIREMENT = regex(
    r"[A-Za-z][A-Za-z._-]{1,39}\d{0,2}(?:\[[a-z,]{1,30}\])?(?:[=<>~!]=|[<>])\d{1,4}(?:\.\d{1,5}){0,3}"
)
VERSION = regex(r"v?\d{1,4}(?:\.\d{1,3}){1,3}")
# Of times and dates, in the syntax of strftime() or of Django.
FORMAT = regex(r"(?:%?[A-Za-z][ ,:./-]{1,2}){1,9}%?[A-Za-z]")
ALGORITHM = regex(r"(?:HS|RS|ES|PS)(?:256|384|512)|EdDSA|sha(?:1|256|384|512)|md5|bcrypt|argon2")
DRIVER = regex(r"(?:mysql|postgresql|postgres|mariadb|sqlite|oracle|mssql)(?:\+[a-z]{3,12}\d?)?")
SCOPES = regex(r"(?:(?:openid|email|profile|offline_access|read|write)[ ,]{0,2}){1,6}")
EMAIL = regex(rf"{LABEL}@{LABEL}(?:\.{LABEL}){{1,3}}")
SEPARATOR = regex(r"[,;:|/ ]{1,2}")
PREFIX = regex(r"[A-Z]{2,15}(?:_[A-Z]{2,15}){0,3}_")
# https://django-crispy-forms.readthedocs.io/en/latest/install.html
TEMPLATE_PACKS = word_set("bootstrap bootstrap3 bootstrap4 bootstrap5 tailwind uni_form bulma")
LETTERS = regex(r"[A-Za-z]+")
# The last words of names, such as BUCKET_NAME, under which a word is shown, unless another word of
# the name tells that the value belongs to a login.
LABELS = word_set("NAME SCHEMA TYPE")
LOGINS = word_set("USER USERNAME LOGIN ADMIN ACCOUNT OWNER ROLE CLIENT KEY AUTH")


class Form(NamedTuple):
    """A form of values, and the last words of the names under which it is allowed."""

    matches: Callable[[str], bool]
    last_words: Collection[str]


def is_harmless(names: Collection[str], innermost: str, text: str) -> bool:
    """Return whether a string can't be a secret.

    Args:
        names: All names that the string may be a value of, including the enclosing settings.
        innermost: The innermost name, which determines the allowed forms; empty if unknown.
        text: The source code of the string, without quotes.
    """
    if not innermost or len(text) > MAX_LENGTH:
        return False
    meanings = {meaning(name) for name in names}
    if meanings <= {Meaning.HARMLESS}:
        return _has_harmless_form(innermost, text)
    return meanings <= {Meaning.HARMLESS, Meaning.URL} and is_harmless_url(text)


def _has_harmless_form(name: str, text: str) -> bool:
    if text.lower() in BOOLEANS | STAGES | CHOICES:
        return True
    last_word = _last_word(name)
    has_form = any(form.matches(text) for form in FORMS if last_word in form.last_words)
    return has_form or (_is_label(name) and _are_plain_words(text))


def is_harmless_number(names: Collection[str], innermost: str, text: str) -> bool:
    """Return whether a number can't be a secret. The arguments are those of `is_harmless`."""
    if not all(meaning(name) is Meaning.HARMLESS for name in names):
        return False
    return _last_word(innermost) in NUMBER_NAMES and NUMBER.fullmatch(text) is not None


def determines_form(name: str) -> bool:
    """Return whether a name determines the form of its value."""
    last_word = _last_word(name)
    return any(last_word in form.last_words for form in FORMS)


def is_message(text: str) -> bool:
    """Return whether a message for people consists of plain words that state no value."""
    found = [match[0] for match in WORD.finditer(text)]
    if len(found) < MIN_MESSAGE:
        return False
    if any(SECRET_WORD.fullmatch(word.strip(".,:;!?")) for word in found):
        return False
    return not any(hidden_spans(f"#{text}"))


def is_separator(text: str) -> bool:
    """Return whether a string separates the items of a list."""
    return SEPARATOR.fullmatch(text) is not None


def is_module(text: str, dots: int = 1) -> bool:
    """Return whether a string is the dotted path of a module, a class or a function.

    Args:
        text: The string.
        dots: The least number of dots in the path.
    """
    parts = text.split(".")
    if len(parts) <= dots or not MODULE.fullmatch(text):
        return False
    if text.startswith(DJANGO) and parts[-1] in BACKENDS:
        return True
    return wordiness(text) >= MIN_WORDINESS and not any(map(is_random, parts))


def are_harmless_hosts(text: str) -> bool:
    """Return whether a string is a list of hosts that can't be secrets.

    These are local and private addresses, the usual names of services, and domains of words.
    """
    return all(map(_is_host, HOST_SEPARATOR.split(text.strip())))


def is_harmless_url(text: str) -> bool:
    """Return whether a string is a URL that can't contain a secret.

    It has no user part and no query, and consists of known hosts and of words. Any other URL is not
    harmless, even without credentials.
    """
    match = URL.fullmatch(text)
    if match is None:
        return False
    return (not match[1] or are_harmless_hosts(match[1])) and _is_wordy(match[2] or "")


def is_harmless_url_or_path(text: str) -> bool:
    """Return whether a string is a URL that can't contain a secret, or the path of one."""
    if PATH.fullmatch(text):
        return _is_wordy(text)
    return is_harmless_url(text)


def is_harmless_path(text: str) -> bool:
    """Return whether a string is a path or file name of words, or the usual name of a folder."""
    if DOTENV.fullmatch(text):
        return _is_wordy(text)
    match = FILE.fullmatch(text)
    if match is None or not _is_wordy(text):
        return False
    return "/" in text or match[1] is not None or text in FOLDERS


def is_prefix(text: str) -> bool:
    """Return whether a string is a prefix of variables, such as `SHOP_`, and consists of words."""
    return PREFIX.fullmatch(text) is not None and _is_wordy(text.lower())


def _is_label(name: str) -> bool:
    *qualifiers, last_word = words(name) or ("",)
    if not qualifiers or last_word not in LABELS:
        return False
    return not any(word in LOGINS or SECRET_WORD.fullmatch(word) for word in qualifiers)


def _are_plain_words(text: str) -> bool:
    return PLAIN_WORDS.fullmatch(text) is not None and _is_wordy(text)


def _last_word(name: str) -> str:
    found = words(name)
    return found[-1] if found else ""


def _is_host(text: str) -> bool:
    host, _, port = text.strip().partition(":")
    if text.strip() in LOCAL_ADDRESSES:
        return True
    if port and not PORT.fullmatch(port):
        return False
    if host in LOCAL_ADDRESSES | SERVICES or PRIVATE_IP.fullmatch(host):
        return True
    is_host = PUBLIC_HOST.fullmatch(host) or NUMBERED_HOST.fullmatch(host)
    return is_host is not None and _is_wordy(host)


def _is_wordy(text: str) -> bool:
    return all(map(is_word, LETTERS.findall(text)))


HOST_NAMES = word_set("""
    HOST HOSTS HOSTNAME HOSTNAMES DOMAIN DOMAINS IPS ADDRESS BIND SERVER
""")
NUMBER_NAMES = word_set("""
    PORT AGE TIMEOUT SEC SECONDS MINS MINUTES HOURS DAYS TTL SIZE BYTES LIMIT MAX LIFETIME
""")


def is_email_address(text: str) -> bool:
    """Return whether a text is an email address that consists of words."""
    return EMAIL.fullmatch(text) is not None and _is_wordy(text)


def is_language_model(text: str) -> bool:
    """Return whether a text has the form of the name of a language model."""
    return LANGUAGE_MODEL.fullmatch(text) is not None and not is_random(text)


FORMS = (
    Form(are_harmless_hosts, HOST_NAMES),
    Form(lambda text: PORT.fullmatch(text) is not None, NUMBER_NAMES),
    Form(lambda text: is_module(text, 2), word_set("NAME FORMATTER HANDLER CALLABLE")),
    Form(lambda text: is_module(text, 0), word_set("APPS")),
    Form(
        is_module,
        word_set("""
            ENGINE BACKEND BACKENDS APPLICATION MIDDLEWARE MIDDLEWARES URLCONF CLASS CLASSES MODULE
            MODULES VALIDATORS HASHERS PROCESSORS ROUTERS LOADERS FINDERS RUNNER FIELD BUILTINS
            STORAGE ADAPTER FACTORY SERIALIZER MODEL LOGGER VIEW
        """),
    ),
    Form(
        is_harmless_url_or_path,
        word_set("URL URLS URI URIS ENDPOINT ORIGIN ORIGINS LOCATION BROKER BACKEND BASE SERVER"),
    ),
    Form(is_harmless_url, word_set("DEFAULT")),
    Form(is_harmless_path, word_set("ROOT DIR DIRS DIRECTORY PATH PATHS FILE FILENAME NAME")),
    Form(is_email_address, word_set("EMAIL FROM SENDER CONTACT ADMINS MANAGERS")),
    Form(lambda text: REQUIREMENT.fullmatch(text) is not None, word_set("REQUIRES REQUIREMENTS")),
    Form(lambda text: VERSION.fullmatch(text) is not None, word_set("VERSION")),
    Form(lambda text: FORMAT.fullmatch(text) is not None, word_set("FORMAT")),
    Form(lambda text: ALGORITHM.fullmatch(text) is not None, word_set("ALGORITHM ALGORITHMS")),
    Form(lambda text: DRIVER.fullmatch(text) is not None, word_set("DRIVER DRIVERNAME DIALECT")),
    Form(lambda text: SCOPES.fullmatch(text) is not None, word_set("SCOPE SCOPES")),
    Form(is_prefix, word_set("PREFIX")),
    Form(is_language_model, word_set("MODEL")),
    Form(TEMPLATE_PACKS.__contains__, word_set("PACK PACKS")),
    Form(LEVELS.__contains__, word_set("LEVEL")),
    Form(lambda text: ZONE.fullmatch(text) is not None, word_set("ZONE TIMEZONE TZ")),
    Form(lambda text: REGION.fullmatch(text) is not None, word_set("REGION NAME")),
    Form(lambda text: LANGUAGE.fullmatch(text) is not None, word_set("LANGUAGE LOCALE CODE")),
)
