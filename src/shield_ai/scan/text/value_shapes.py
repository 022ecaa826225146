"""Recognize the shape of values.

Most shapes are not those of secrets: templates, placeholders, paths, names, sentences and code.
Weak passwords and salts are secrets.
"""

from __future__ import annotations

import base64
import re

from shield_ai.model.words import word_set
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random

MIN_LENGTH, MAX_LENGTH = 4, 4096  # characters
MIN_SYMBOL_MIX_LENGTH, MIN_SYMBOLS = 40, 6
# scheme://user:password@host
URL_WITH_PASSWORD = regex(r"^[a-z][a-z0-9+.-]{1,30}://[^\s/@:]*:([^\s/@]+)@[^\s]", re.IGNORECASE)
NO_VALUE = frozenset(
    {"", "none", "null", "true", "false", "0", "1", "n/a", "na", "-", "*", "optional", "required"}
)
# https://docs.stripe.com/keys, https://docs.mapbox.com/help/dive-deeper/access-tokens/ and
# https://posthog.com/docs/api
PUBLIC_KEY = regex(r"pk_(?:test|live)_\w|pk\.eyJ|phc_\w{30}")
# Values that a shell, a template engine, a formatter or a secret store fills in.
TEMPLATE = regex(
    r"\$\{|\$\(|\$\[|\{\{|\{%|<%|%\(|#\{|@@\w+@@|%%\w+%%|\\\(|`[^`]*`|%[sd]\b|\{[A-Za-z_][\w.]*\}"
    r"|^['\"]+\$\w|^\$[A-Za-z_]\w*[/:.@-]|^ENC\[|^\{cipher\}|^!\w[\w.:/-]*(?:\s|$)|^&\w+$|^\*\w+$"
    r"|^\\?\$[A-Za-z_]\w*$|^\$\$|^%[A-Za-z_]\w*%?$|^@\w+@$|^\{[^}]*\}$|^<[^>]*>$|^\[[^\]]*\]$"
    r"|^\$[a-z]+\$$|^@(?:none|format|jinja|json|int|float|bool)\b|^\(\w*\)$|^\$(?-i:[A-Z_]{3,})\W"
    r"|^(?:env|vault|ref|secret|ssm|file|op|sops|arn|urn|classpath|resolve|awssm|kms|keyring|data)"
    r"(?::|\+)",
    re.IGNORECASE,
)
# Keys such as those of https://docs.djangoproject.com/en/stable/ref/settings/#secret-key, without
# references such as $(USER) and %(user)s.
KEY_CHARACTERS = regex(r"(?!.*[$%]\([A-Za-z_.]+\))[\w!@#$%^&*()=+-]{32,128}", re.ASCII)
KEY_SYMBOLS = frozenset("!@#$%^&*()=+")
MIN_KEY_SYMBOLS = 5  # different ones
# Values that a person has to replace.
PLACEHOLDER = regex(
    r"^(x{3,}|\*{2,}|\.{2,}|-{2,}|_{2,}|#+|0{4,}|1{6,}|\?+)$|x{6,}|#{5,}|\*{4,}|\.{3}|^<|>$|^your"
    r"|^example([_\W]|$)"
    r"|(^|[_\W])(your|my|enter|insert|put|add|use|type|replace|fill|set|change|the|some|any)[-_ ]"
    # Without a bound, many such words in a long value would take quadratic time.
    r".{0,200}(here|key|token|secret|value|id|password|pass|this|it|me|now)"
    r"|placeholder|redacted|censored|^__[a-z_]{1,60}__$|^dummy"
    r"|^fill[-_ ]?(?:me[-_ ]?in|in)$|[-_ ]at[-_ ]least[-_ ]\d{1,4}([-_ ]|$)"
    r"|^no[-_ ].{1,60}[-_ ](defined|set|configured|provided|given)$"
    r"|(^|[_\W])(todo|fixme|dummy|sanitized|masked|hidden|removed|obfuscated)([_\W]|$)",
    re.IGNORECASE,
)
# Placeholders that are often left unchanged, and so are real, weak passwords.
CHANGE_ME = regex(r"(change|replace).{0,40}", re.IGNORECASE)
# Weak passwords: words that mean "password", and common choices.
SAYS_PASSWORD = regex(
    # Atomic: if the last of these words does not match, no other does, and trying all of them
    # would take quadratic time.
    r"(?>[a-z_\-. ]*"
    r"(?:p[a@4]ss(?:word|wd|w0rd)|s[e3][ck]r[ei3]t|change[-_]?(?:me|this|it)|letmein|qwerty))"
    r"[a-z_\-. ]*+(?:\d{0,5}|123456\d{0,4})[!@#$%.*]{0,2}"
    r"|change[-_]?(?:me|this|it)(?:[-_][a-z\d]{1,20}){0,6}",
    re.IGNORECASE,
)
COMMON_PASSWORDS = regex(
    r"(?:(?:admin|root|guest|test|tester|user|postgres|pgsql|mysql|maria|mongo|redis|rabbit|minio|django"
    r"|elastic|keycloak|demo|foo|bar|baz|abc|xyz|new|old|dev|local|default|example|welcome|hunter|tiger|toor|pass"
    r"|db|mq|sql|ci)[-_@]?)+\d{0,5}[!@#$%.*]{0,2}|\d{4,8}|(?:0?123456789|1234567890)\d*|(.)\1+"
    r"|(.{4,8})\2{2,}|to[-_ ]?fill|fill[-_ ]?me|insecure"
    r"|[a-z]{3,10}123(?:4(?:5(?:6(?:789?)?)?)?)?!?",
    re.IGNORECASE,
)
CODE_WORDS = word_set(
    """
    none null nil undefined true false yes no on off str string bytes int integer bool boolean
    float text object any dict list tuple map array char number optional required default
    empty void self this function undef varchar nan unset passwd secret token key apikey value
    values username user login credentials credential test auto random disabled enabled basic
    bearer digest session cookie oauth oauth2 jwt hmac certificate public private internal
    external prompt ask env environment plain plaintext inherit md5 sha1 sha256 sha512 bcrypt
    unknown missing invalid valid wrong
    """
)
PROSE = regex(
    r"\b(password|passphrase|token|secret|key|credentials?|your|enter|please|invalid|must"
    r"|required|confirm|forgot|reset|the|is|are|for|with|not|and|or|of|to|in|from|this|that|new"
    r"|old|change|login|sign)\b",
    re.IGNORECASE,
)
FILE = regex(
    r"^(@?\.{0,2}/|~/|[a-z]:[\\/]|file:)"
    r"|^[\w./\\-]+\.(pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|py|js|ts|env|cfg|ini|conf|toml|xml"
    r"|php|html?|sh|rb|go|java|md|pub|csv|db|log|asc|gpg|p8|png|svg|jpg|css|tpl|erb|j2|template)$"
    # names of media files can contain spaces
    r"|^[^\n=:/]+\.(mp3|mp4|m4a|wav|ogg|webm|jpe?g|png|gif|svg|pdf|docx?|xlsx?)$",
    re.IGNORECASE,
)
URL = regex(
    r"^[a-z][a-z0-9+.-]*://|^www\.|^mailto:|^arn:|^projects/|^/subscriptions/"
    r"|^#/[a-z]\w*/",  # a reference in JSON Schema
    re.IGNORECASE,
)
MARKUP = regex(
    r"</?[a-z]+[ >/]|\\[wsdb]\+|\(\?[:=!P]|\[\^|\\n.*\\n|^[#.]\w+[ :>]|&\w+;"
    r"|^['\"]?\s*[.+]\s*[$\w(]"
)
CALL = regex(r"^[\w.]+\(|\($|^\w+\[|->|=>|::|\s[|&]{1,2}\s|^lambda\b|^function\b|^new\s|^await\s")
CONSTANT = regex(r"_?[A-Z][A-Z0-9]*(__?[A-Z0-9]+)+_?|[A-Z]{2,10}")
ALNUM = regex(r"[A-Za-z0-9]")
BASE64 = regex(r"[A-Za-z0-9+/]{8,80}={0,2}")
BRACKETS = (("(", ")"), ("{", "}"), ("[", "]"))
DOTTED = regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
IDENTIFIER = regex(
    r"[A-Za-z_]\w*([.:][A-Za-z_]\w*)+(\(.*)?|[a-z]+(_[a-z]+){2,}|[a-z]+[A-Z][a-z]+[A-Za-z]*"
    r"|[a-z]+(-[a-z]+){2,}"
    r"|\d{4}(?:_auto_\d{8}_\d{4}|(?:_[a-z]+)+)"  # a migration of Django
)
# Several lower-case words, one of them secret-like: the name of a field, a setting or an option;
# or the name of a part of a form.
FIELD_NAME = regex(
    r"(?=.*(pass|pwd|secret|token|key|cred|auth|salt|_(?:settings|fields?|form|section)$))"
    r"[a-z]+\d{0,3}([_-][a-z]+\d{0,3})+"
)
# Words that say how secret a value is: made up, not the name of a field.
MADE_UP_SECRET = regex(
    r"(?:(?:not|really|so|super|top|ultra|very)[_-]?)+secret(?:[_-]?(?:key|password|token))?"
)
WORD_LIKE = regex(
    r"(?:[A-Za-z]+(?:[-_.][A-Za-z]+)*|[A-Za-z]{3,}(?:\d{1,2}[A-Za-z]{3,})+)[-_.]?\d{0,5}[!.]?"
)


def is_field_name(value: str) -> bool:
    """Return whether a value looks like the name of a field or a setting with a secret."""
    return bool(FIELD_NAME.fullmatch(value)) and not MADE_UP_SECRET.fullmatch(value)


def is_word_like(value: str) -> bool:
    """Return whether a value looks like words or a simple password, such as `Summer2024!`."""
    return bool(WORD_LIKE.fullmatch(value)) and not is_random(value)


def decode_base64(value: str) -> str:
    """Return the text that is encoded in a value, as in Kubernetes; else the value."""
    if len(value) % 4 or not BASE64.fullmatch(value):
        return value
    text = base64.b64decode(value).decode("ascii", "replace")
    return text if text.isprintable() and text.isascii() else value


def is_random_key(value: str) -> bool:
    """Return whether a long value of letters, digits and symbols is a key, not a template."""
    if len(KEY_SYMBOLS.intersection(value)) < MIN_KEY_SYMBOLS:
        return False
    return bool(KEY_CHARACTERS.fullmatch(value)) and is_random(value)


def is_template_or_placeholder(value: str) -> bool:
    """Return whether a program or a person has to replace a value."""
    return bool(TEMPLATE.search(value)) or is_placeholder(value)


def is_placeholder(value: str) -> bool:
    """Return whether a value is a placeholder that a person has to replace."""
    return bool(PLACEHOLDER.search(value)) and not CHANGE_ME.fullmatch(value)


def has_only_weak_words(value: str) -> bool:
    """Return whether a value consists of words that are common in weak passwords."""
    bare = value.strip("!*-_# '\"") or value
    return bool(SAYS_PASSWORD.fullmatch(bare) or COMMON_PASSWORDS.fullmatch(bare))


def cannot_be_secret(value: str, *, quoted: bool) -> bool:
    """Return whether a value is clearly not a secret, regardless of its name.

    Args:
        value: The text, without quotes.
        quoted: Whether it was quoted; an unquoted value may be code.
    """
    if not MIN_LENGTH <= len(value) <= MAX_LENGTH or value.startswith(("--", "[]")):
        return True
    if is_random_key(value):
        return False
    if _is_code_word(value.lower()):
        return True
    if any(pattern.search(value) for pattern in (TEMPLATE, URL, FILE, MARKUP)):
        return True
    if not value.isascii() and not ALNUM.search(value):
        return True  # words in a non-Latin script
    return not quoted and _is_code(value)


def _is_code_word(lower: str) -> bool:
    if lower[-1] == "?":
        return lower[:-1] in CODE_WORDS or lower[:-1] == "password"
    return lower in CODE_WORDS


def _is_code(value: str) -> bool:
    """Return whether an unquoted value is an expression."""
    if CALL.search(value) or value[0] in "({[|>&*!@%`," or value[-1] in "({[,;\\":
        return True
    if not ALNUM.search(value):
        return True
    # A single bracket at the end belongs to the code around the value.
    if not _has_unopened_bracket(value):
        return False
    return not (_has_unopened_bracket(value[:-1]) and is_random(value))


def _has_unopened_bracket(value: str) -> bool:
    return any(value.count(closing) > value.count(opening) for opening, closing in BRACKETS)


def is_identifier(value: str) -> bool:
    """Return whether a value is an identifier in some language, without random parts."""
    if not IDENTIFIER.fullmatch(value):
        return False
    return not any(map(is_random, re.split(r"[.:]", value)[1:]))


def is_constant_or_attribute(value: str) -> bool:
    """Return whether a value is the name of a constant or the dotted name of an attribute."""
    if not CONSTANT.fullmatch(value) and not DOTTED.fullmatch(value):
        return False
    return not is_random(value)


def is_sentence(value: str) -> bool:
    """Return whether a value is prose."""
    words = value.split()
    if len(words) > 4:  # more than "correct horse battery staple"
        return True
    if len(words) < 2:
        return False
    return bool(PROSE.search(value)) or (len(words) > 2 and value[-1] in ".:!?")


def is_symbol_mix(value: str) -> bool:
    """Return whether a long value mixes letters, digits and many symbols, like WordPress's salts.

    https://api.wordpress.org/secret-key/1.1/salt/
    """
    if len(value) < MIN_SYMBOL_MIX_LENGTH or TEMPLATE.search(value):
        return False
    symbols = {char for char in value if not char.isalnum() and not char.isspace()}
    has_all = any(map(str.isdigit, value)) and any(map(str.isupper, value))
    return has_all and any(map(str.islower, value)) and len(symbols) >= MIN_SYMBOLS
