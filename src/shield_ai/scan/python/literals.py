"""Whether a text that stands in the code is a secret."""

from __future__ import annotations

import ast
import functools
import re

from shield_ai.model.naming import (
    LIMITS,
    Meaning,
    excuse,
    meaning,
    words,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.value_shapes import CREDENTIALS, NO_VALUE, is_sentence

TEMPLATE = regex(r"^(?:%[(\w]|\{|<|\$[{(]?\w)|[}>]$")
DOTTED_PATH = regex(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
# Before KEY, these make it a secret, whatever the value looks like.
STRONG_KEYS = frozenset(
    {"SECRET", "API", "PRIVATE", "ACCESS", "ENCRYPTION", "SIGNING", "MASTER", "SALT", "AUTH", "JWT"}
)
MIXED = regex(r"[0-9].*[A-Za-z]|[A-Za-z].*[0-9]|[a-z].*[A-Z].*[a-z].*[A-Z]|-|.{20}")
VARIABLE = regex(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")  # the name of a variable, not a value
REGEX = regex(r"\(\?[P:=!]|\\[swdb]|\[\^")
URL = regex(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
PATH = regex(r"^(\.{0,2}/|~/|[A-Za-z]:\\)[^\s]*$")
SCHEMA = frozenset({"properties", "x-example", "example", "examples"})  # of a JSON schema
MAPPINGS = frozenset({"FIELDS", "MAP", "MAPPING", "COLUMNS", "LABELS", "ALIASES", "MESSAGES"})
DURATION = regex(r"\d{1,4} ?(ms|s|sec|m|min|h|d|w|y|(second|minute|hour|day|week|month|year)s?)")
LABEL = regex(r"[A-Za-z_]+")
SCHEME = regex(r"[a-z]+2?(_[a-z]+\d{0,3})*")  # how a password is hashed: "pbkdf2_sha512"
SETTING = regex(r"^_?[A-Z][A-Z0-9_]*$")


def literal_text(node: ast.AST) -> str | None:
    """Return the text of a constant, or of constants added together."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = literal_text(node.left), literal_text(node.right)
        return left + right if left is not None and right is not None else None
    return None


def looks_secret(path: tuple[str, ...], node: ast.expr) -> bool:
    """Tell whether a value in the code is a secret, by the setting that takes it and by its own look."""
    if not path:
        return False
    if isinstance(node, ast.JoinedStr):
        return _credentials_in_parts(node)
    text = literal_text(node)
    if text is None or text.strip().lower() in NO_VALUE:
        return False
    if found := CREDENTIALS.match(text):
        return not TEMPLATE.search(found[1])
    if path[-1] == "0" and len(path) > 1 and words(path[-2])[-1:] == ("AUTH",):
        return False  # the user's name, before the password
    return _named(path) and _value(text, path) and not _told(text, path)


def _told(text: str, path: tuple[str, ...]) -> bool:
    """Whether a text speaks of a secret: which field it is, what it may be, what a person should know of it."""
    label = bool(LABEL.fullmatch(text))
    limits = any(LIMITS & set(words(part)) for part in path[:-1])
    if SCHEMA & set(path) or limits or (label and len(path) > 1 and MAPPINGS & set(words(path[0]))):
        return True
    # An element of a list: the name of a field, or what a setting's default comes with to explain it.
    several = "_" in text and words(_innermost(path))[-1:] == ("KEYS",)
    names = label and (several or not SETTING.match(_innermost(path)))
    return path[-1].isdigit() and (is_sentence(text) or names)


def is_telling(path: tuple[str, ...]) -> bool:
    """Whether a setting's name is a secret's or sounds so: only its look tells any other value from a secret."""
    return _telling(_innermost(path))


@functools.lru_cache(maxsize=8192)
def _telling(name: str) -> bool:
    if meaning(name) in {Meaning.SECRET, Meaning.IDENTIFIER}:
        return True
    return SETTING.match(name) is not None and bool(excuse(name))


def _innermost(path: tuple[str, ...]) -> str:
    """Return the last name that is no number of an element."""
    for part in reversed(path):
        if not part.isdigit() and part != "?":
            return part
    return ""


def harmless(path: tuple[str, ...], node: ast.expr) -> str:
    """Say why a value is no secret although the name of its setting sounds so; empty where it does not."""
    text = literal_text(node)
    names = [part for part in path if not part.isdigit() and part != "?"]
    if not names or text is None or text.strip().lower() in NO_VALUE:
        return ""
    if word := excuse(names[-1]) if SETTING.match(names[-1]) else "":
        return f"by its name no secret: {word}"
    found = CREDENTIALS.match(text)
    if found or (_named(path) and TEMPLATE.search(text)):
        return "a template, which something else fills in"
    return "by its look the name of something, no secret" if _named(path) else ""


def _named(path: tuple[str, ...]) -> bool:
    """Whether the innermost name says secret; the number of a list's element says nothing."""
    names = [part for part in path if not part.isdigit() and part != "?"]
    if not names:
        return False
    what = meaning(names[-1])
    if what is Meaning.IDENTIFIER:
        return "ID" not in words(names[-1])
    if len(names) > 1 and names[-1].lower() in {"key", "secret", "token", "password", "pass"}:
        return names[-1].lower() != "key" and SETTING.match(names[0]) is not None
    return what is Meaning.SECRET


def _value(text: str, path: tuple[str, ...]) -> bool:
    """Whether a text may be the value of a secret, and not the name of something."""
    if URL.match(text):
        return "WEBHOOK" in words(path[-1])
    if (
        VARIABLE.fullmatch(text)
        or REGEX.search(text)
        or PATH.match(text)
        or DOTTED_PATH.match(text)
        or TEMPLATE.search(text)
        or DURATION.fullmatch(text)
    ):
        return False
    if words(path[-1])[-1:] == ("HASH",) and SCHEME.fullmatch(text):
        return False
    bare = text.lower().replace("-", "_")
    own = {part.lower() for part in path} | {word.lower() for word in words(path[-1])}
    # A label, as in {"password": "password"} or TOKEN_NAME = "token": but "password" as a database's password is one.
    if (
        words(path[-1])[-1:] == ("KEY",)
        and not set(words(path[-1])[:-1]) & STRONG_KEYS
        and not MIXED.search(text)
    ):
        return False  # NON_FIELD_ERRORS_KEY = "__all__"
    return not (bare in own and path[-1] not in {"PASSWORD", "SECRET_KEY"})


def _credentials_in_parts(node: ast.JoinedStr) -> bool:
    """Whether an f-string is a URL whose password stands in it."""
    text = "".join(str(v.value) if isinstance(v, ast.Constant) else "\0" for v in node.values)
    found = CREDENTIALS.match(text)
    return bool(found) and "\0" not in (found[1] if found else "")
