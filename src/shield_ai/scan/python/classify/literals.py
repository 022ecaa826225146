"""Decide whether a string in the code is a hardcoded secret."""

from __future__ import annotations

import ast
import functools
import re
from typing import TYPE_CHECKING

from shield_ai.model.harmless_words import harmless_word
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.secret_words import FORBIDDEN_VALUES, LIMITS
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.model.words import words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.value_shapes import (
    NO_VALUE,
    PUBLIC_KEY,
    URL_WITH_PASSWORD,
    is_random_key,
    is_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.project.python_source import Source

TEMPLATE = regex(r"^(?:%[(\w]|\{|<|\$[{(]?\w)|[}>]$")
DOTTED_PATH = regex(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
# If one of these precedes KEY, even a value that looks like a word or a name can be a secret.
STRONG_KEYS = frozenset(
    {"SECRET", "API", "PRIVATE", "ACCESS", "ENCRYPTION", "SIGNING", "MASTER", "SALT", "AUTH", "JWT"}
)
# Without one of these, a value does not look like a key.
MIXED = regex(r"[0-9].*[A-Za-z]|[A-Za-z].*[0-9]|[a-z].*[A-Z].*[a-z].*[A-Z]|-|.{20}")
CAMEL_CASE = regex(r"[A-Za-z][a-z]+(?:[A-Z][a-z]+)+")
PHRASE = regex(r"[A-Za-z][a-z]{0,20}(?:[ /][A-Za-z][a-z]{0,20}[.,]?){1,12}[ .:?\u00b0]{0,3}")
HYPHENATED_NAME = regex(r"[a-z]{1,12}(?:[-_][a-z]{1,12})+")  # of a form field or header
VARIABLE = regex(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")  # the name of a variable, not a value
# The name of an entry in a list, such as a model: OPENAI_GPT4O, GEMINI_2.5_FLASH.
_NUMBER = r"\d{1,4}(?:\.\d{1,3})?"
CHOICE = regex(
    rf"(?=.*[A-Z]{{3}})[A-Z]{{1,20}}(?:{_NUMBER}[A-Z]?)?"
    rf"(?:_(?:[A-Z]{{1,20}}(?:{_NUMBER}[A-Z]?)?|{_NUMBER})){{1,10}}"
)
REGEX = regex(r"\(\?[P:=!]|\\[swdb]|\[\^|\[\w-\w")
CHOICE_IN_LOWER_CASE = regex(r"[a-z]{2,30}(?:-[a-z0-9.]{1,30}){1,8}")
URL = regex(r"^(?:[a-z][a-z0-9+.-]*://|urn:)", re.IGNORECASE)
PATH = regex(r"^(\.{0,2}/|~/|[A-Za-z]:\\)[^\s]*$")
LONG_PATH = regex(r"(?:\.{0,2}|~)(?:/[\w.-]+){2,}")  # with two parts; base64 can start with "/"
KEY_FILE = regex(r"[\w.-]+\.(?:pem|key|crt|cer|p8|p12|pfx|jks)")
FILE = regex(r"[\w.-]*(?:/[\w.-]+)+\.[A-Za-z]\w{1,8}")  # also an object in a bucket
# If one of these precedes KEY, a plain word is a name, as in REPLICA_DB_KEY = "replica".
ENTRY_OWNERS = frozenset({"DB", "DATABASE", "COLUMN", "FIELD"})
ENTRY_NAME = regex(r"[a-z][a-z_]{1,20}")
JSON_SCHEMA_KEYS = frozenset({"properties", "x-example", "example", "examples"})
MAPPINGS = frozenset({"FIELDS", "MAP", "MAPPING", "COLUMNS", "LABELS", "ALIASES", "MESSAGES"})
DURATION = regex(r"\d{1,4} ?(ms|s|sec|m|min|h|d|w|y|(second|minute|hour|day|week|month|year)s?)")
NUMBER = regex(r"\d{1,9}")
REPLACE_WORDS = frozenset({"CHANGE", "CHANGEME", "REPLACE", "REPLACEME", "INSECURE", "OVERRIDE"})
COUNT_ENDINGS = frozenset({"N", "NUMBER", "BUDGET", "ROUNDS", "TOTAL", "QUANTITY"})
LABEL = regex(r"[A-Za-z_]+")
# https://www.rfc-editor.org/rfc/rfc7518#section-3.1
JWT_ALGORITHM = regex(r"(?:HS|RS|ES|PS)(?:256|384|512)|ES256K|EdDSA")
EMAIL = regex(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# https://www.iana.org/assignments/http-authschemes; "Token" is that of Django REST framework.
AUTH_SCHEME = regex(r"(?i:basic|bearer|digest|negotiate|token) ?")
# Celery signs in to Amazon SQS with the app's IAM role:
# https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/sqs.html
SQS = regex(r"sqs://[^@]*")
HASH_SCHEME = regex(r"[a-z]+2?(_[a-z]+\d{0,3})*")  # "pbkdf2_sha512"
SETTING = regex(r"^_?[A-Z][A-Z0-9_]*$")
# Rules for hardcoded passwords: https://docs.astral.sh/ruff/rules/#flake8-bandit-s
REVIEWED = regex(rb"#\s*(?:noqa:[^#]*\bS10[567]\b|nosec\b)")
NOT_SECRET = regex(
    rb"(?i)(?:\bnot|n't) (?:a secret\b|secret\s*(?:[,.;:()]|$)|need to be (?:kept )?secret\b)"
)
EMPHASIS = regex(rb"[*_]+")
FAKE_WORDS = frozenset({"FAKE", "DUMMY", "MOCK", "MOCKED"})
# The classes of an icon in a page: https://docs.fontawesome.com/web/add-icons/how-to
ICON = regex(r"(?:fa[a-z]?|bi|mdi|ti|glyphicon|icon)(?: [a-z]+(?:-[a-z0-9]+)+)+")
SECRET_DICT_KEYS = frozenset({"secret", "token", "password", "pass"})
# PASSWORD = "password" can be a weak password, but not beside USERNAME = "username", URL = "url".
MIN_OTHER_KEY_NAMES = 2
# With these names, the value "password" may be a real password; with others, it is a label.
REAL_PASSWORD_NAMES = frozenset({"PASSWORD", "SECRET_KEY"})


def literal_text(node: ast.AST | None) -> str | None:
    """Return the value of a string constant or a sum of them; None for other expressions."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = literal_text(node.left)
        right = literal_text(node.right)
        if left is not None and right is not None:
            return left + right
    return None


def leading_text(node: ast.AST | None) -> str:
    """Return the constant text at the start of an expression, and "*" for a computed rest.

    For example, f"redis://{HOST}/0" gives "redis://*".
    """
    text = literal_text(node)
    if text is not None:
        return text
    if isinstance(node, ast.JoinedStr) and node.values:
        return f"{leading_text(node.values[0])}*"
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return f"{leading_text(node.left)}*"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return leading_text(node.func.value) if node.func.attr == "format" else ""
    return ""


def is_secret_literal(path: tuple[str, ...], node: ast.expr) -> bool:
    """Return whether a value is a hardcoded secret, by its name and its form.

    Args:
        path: The setting or parameter that gets the value, and the keys below it.
        node: The value.
    """
    if not path or _is_fake_by_name(path):
        return False
    if isinstance(node, ast.JoinedStr):
        return _has_hardcoded_password(node)
    text = literal_text(node)
    if text is None or text.strip().lower() in NO_VALUE:
        return False
    if url := URL_WITH_PASSWORD.match(text):
        return not TEMPLATE.search(url[1])
    if _is_auth_user(path) or is_harmless_value(_innermost_name(path), text):
        return False
    return (
        _has_secret_name(path)
        and _is_plausible_value(text, path)
        and not _describes_secret(text, path)
    )


def _is_fake_by_name(path: tuple[str, ...]) -> bool:
    """Return whether the names say that a value is fake, or in a list of forbidden values."""
    if any(not FORBIDDEN_VALUES.isdisjoint(words(name)) for name in path[:-1]):
        return True
    return any(FAKE_WORDS.intersection(words(name)) for name in path)


def is_reviewed(source: Source, node: ast.expr) -> bool:
    """Return whether a comment says that a value is not a hardcoded secret.

    A comment for linters must be on the last line of the value; a comment in prose can also be
    directly above the value.
    """
    last = source.lines[(node.end_lineno or node.lineno) - 1][1]
    if REVIEWED.search(last):
        return True
    lines = [last]
    above = node.lineno - 2
    while above >= 0 and source.lines[above][1].lstrip().startswith(b"#"):
        lines.append(source.lines[above][1])
        above -= 1
    comments = (line.partition(b"#")[2] for line in lines)
    return any(NOT_SECRET.search(EMPHASIS.sub(b"", comment)) for comment in comments)


def is_key_name(body: Sequence[ast.AST], path: tuple[str, ...], text: str) -> bool:
    """Return whether a constant's value repeats its name, as do the constants beside it.

    Args:
        body: The statements of the class or module that contains the constant.
        path: The name that gets the value, and the keys below it.
        text: The value.
    """
    if len(path) != 1 or not _is_same_name(path[0], text):
        return False
    others = 0
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name != path[0] and _is_same_name(name, literal_text(node.value) or ""):
                others += 1
    return others >= MIN_OTHER_KEY_NAMES


def _is_same_name(name: str, text: str) -> bool:
    return _letters_of(name) == _letters_of(text)


def _letters_of(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "")


def is_harmless_value(name: str, text: str) -> bool:
    """Return whether a value is a public key, a path, a count, or names an entry or algorithm."""
    if words(name)[-1:] == ("KEY",) and _names_key(name, text):
        return True
    if words(name)[-2:] == ("CACHE", "LOCATION") and text and "://" not in text:
        return True  # the name of a table, a folder or a host
    if SQS.fullmatch(text):
        return True
    is_count = not COUNT_ENDINGS.isdisjoint(words(name)[-1:]) and NUMBER.fullmatch(text)
    return bool(is_count or PUBLIC_KEY.match(text) or JWT_ALGORITHM.fullmatch(text))


def _names_key(name: str, text: str) -> bool:
    """Return whether the value of a key is the path of a file, or names an entry.

    The app itself makes up a secret key, such as "default.key"; others can be in such a file.
    """
    owner = words(name)[-2:-1]
    if KEY_FILE.fullmatch(text) and owner != ("SECRET",):
        return True
    is_path = FILE.fullmatch(text) or LONG_PATH.fullmatch(text)
    is_entry = not ENTRY_OWNERS.isdisjoint(owner) and ENTRY_NAME.fullmatch(text)
    return bool(is_path or is_entry)


def _has_hardcoded_password(node: ast.JoinedStr) -> bool:
    """Return whether an f-string is a URL with a constant password."""
    parts = [str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values]
    url = URL_WITH_PASSWORD.match("".join(parts))
    return url is not None and "\0" not in url[1]


def _is_auth_user(path: tuple[str, ...]) -> bool:
    """Return whether a path is the first element of a (user, password) pair."""
    return path[-1] == "0" and len(path) > 1 and words(path[-2])[-1:] == ("AUTH",)


def _describes_secret(text: str, path: tuple[str, ...]) -> bool:
    """Return whether a text is about a secret: a field's name, a rate limit, a help text."""
    if not JSON_SCHEMA_KEYS.isdisjoint(path):
        return True
    if any(not LIMITS.isdisjoint(words(part)) for part in path[:-1]):
        return True
    is_label = bool(LABEL.fullmatch(text))
    if is_label and len(path) > 1 and not MAPPINGS.isdisjoint(words(path[0])):
        return True
    if not path[-1].isdigit():
        return False  # not an element of a list
    if EMAIL.fullmatch(text) or AUTH_SCHEME.fullmatch(text) or is_sentence(text):
        return True
    return is_label and _lists_names(path, text)


def _lists_names(path: tuple[str, ...], element: str) -> bool:
    """Return whether a list contains names, as in `SECRET_KEYS = ["api_key"]` and `keys = […]`."""
    name = _innermost_name(path)
    if "_" in element and words(name)[-1:] == ("KEYS",):
        return True
    return not SETTING.match(name)


def has_secret_like_name(path: tuple[str, ...]) -> bool:
    """Return whether a name is, or resembles, that of a secret. Other names are not examined."""
    return _is_secret_like(_innermost_name(path))


@functools.lru_cache(maxsize=8192)
def _is_secret_like(name: str) -> bool:
    if meaning(name) in {Meaning.SECRET, Meaning.IDENTIFIER}:
        return True
    return SETTING.match(name) is not None and bool(harmless_word(name))


def _innermost_name(path: tuple[str, ...]) -> str:
    """Return the last part of a path that is neither an index nor unknown."""
    for part in reversed(path):
        if not part.isdigit() and part != "?":
            return part
    return ""


def _names(path: tuple[str, ...]) -> list[str]:
    return [part for part in path if not part.isdigit() and part != "?"]


def explain_not_secret(path: tuple[str, ...], node: ast.expr) -> SkipReason | None:
    """Explain why a value with a secret-like name is not a secret.

    Returns:
        None for other names, and for a value that is empty or not constant.
    """
    text = literal_text(node)
    names = _names(path)
    if not names or text is None or text.strip().lower() in NO_VALUE:
        return None
    name = names[-1]
    if SETTING.match(name):
        word = harmless_word(name)
        if word:
            return SkipId.HARMLESS_NAME.reason(word=word)
    has_secret_name = _has_secret_name(path)
    if URL_WITH_PASSWORD.match(text) or (has_secret_name and TEMPLATE.search(text)):
        return SkipId.HARMLESS_TEMPLATE.reason()
    return SkipId.HARMLESS_LABEL.reason() if has_secret_name else None


def _has_secret_name(path: tuple[str, ...]) -> bool:
    """Return whether the innermost name is that of a secret; indexes are ignored."""
    names = _names(path)
    if not names:
        return False
    name = names[-1]
    name_meaning = meaning(name)
    if name_meaning is Meaning.IDENTIFIER:
        return "ID" not in words(name)
    if words(name)[-1:] == ("COOKIE",):
        return False  # the name of a cookie
    if len(names) > 1 and name.lower() == "key":
        return False  # an identifier
    if len(names) > 1 and name.lower() in SECRET_DICT_KEYS:
        return SETTING.match(names[0]) is not None
    return name_meaning is Meaning.SECRET


def _is_plausible_value(text: str, path: tuple[str, ...]) -> bool:
    """Return whether a text can be the value of a secret, and is not a name or a label."""
    name_words = words(path[-1])
    if URL.match(text):
        return "WEBHOOK" in name_words
    if path[-1] == "SECRET_KEY" and not REPLACE_WORDS.isdisjoint(words(text)):
        return True  # SECRET_KEY = "REPLACE_IN_PRODUCTION", with which the app starts
    if _is_other_syntax(text) or (len(text) == 1 and path[-1] != "SECRET_KEY"):
        return False
    last_word = name_words[-1:]
    if last_word == ("HASH",) and HASH_SCHEME.fullmatch(text):
        return False
    if words(_innermost_name(path))[-1:] == ("KEYS",) and PHRASE.fullmatch(text):
        return False  # HEADER_KEYS = ["Date of issue:"]
    is_weak_key = last_word == ("KEY",) and STRONG_KEYS.isdisjoint(name_words[:-1])
    if is_weak_key and (
        CAMEL_CASE.fullmatch(text)
        or HYPHENATED_NAME.fullmatch(text)
        or names_entry(text)
        or not MIXED.search(text)
    ):
        return False  # NON_FIELD_ERRORS_KEY = "__all__", layout_key = "OrderDetail"
    if is_weak_key and is_sentence(text) and text[-1] in ".:!?":
        return False  # {"missing_layout_key": "The layout has no key."}
    return path[-1] in REAL_PASSWORD_NAMES or not _repeats_name(text, path)


def names_entry(text: str) -> bool:
    """Return whether a text is like the name of a model or a product, such as gpt-4o-mini."""
    if CHOICE.fullmatch(text):
        return True
    return CHOICE_IN_LOWER_CASE.fullmatch(text) is not None and not is_random(text)


def _is_other_syntax(text: str) -> bool:
    """Return whether a text is a variable, regex, path, dotted name, template or duration."""
    if is_random_key(text):
        return False
    return bool(
        VARIABLE.fullmatch(text)
        or REGEX.search(text)
        or PATH.match(text)
        or DOTTED_PATH.match(text)
        or TEMPLATE.search(text)
        or DURATION.fullmatch(text)
        or ICON.fullmatch(text)
    )


def _repeats_name(text: str, path: tuple[str, ...]) -> bool:
    """Return whether a text is a label: {"password": "password"}, SHOP_API_TOKEN = "shop-api"."""
    label = text.lower().replace("-", "_")
    if any(label.replace("_", "") == part.lower().replace("_", "") for part in path):
        return True
    name_words = {word.lower() for word in words(path[-1])}
    return name_words.issuperset(label.split("_"))
