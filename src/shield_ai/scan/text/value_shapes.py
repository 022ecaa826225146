"""What a value can be instead of a secret: a template, a placeholder, a path, a name, a sentence, code."""

from __future__ import annotations

import re

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random

SHORTEST, LONGEST = 4, 4096  # characters of a value that is looked at
# scheme://user:password@host, the password no template and no placeholder in braces
CREDENTIALS = regex(r"^[a-z][a-z0-9+.-]{1,30}://[^\s/@:]*:([^\s/@]+)@[^\s]", re.IGNORECASE)
NO_VALUE = frozenset(
    {"", "none", "null", "true", "false", "0", "1", "n/a", "na", "-", "*", "optional", "required"}
)
# Another thing fills these in: a shell, a template, a formatter, a vault.
TEMPLATE = regex(
    r"\$\{|\$\(|\$\[|\{\{|\{%|<%|%\(|#\{|@@\w+@@|%%\w+%%|\\\(|`[^`]*`|%[sd]\b|\{[A-Za-z_][\w.]*\}|^['\"]+\$\w|^\$[A-Za-z_]\w*[/:.@-]|^ENC\[|^\{cipher\}|^!\w[\w.:/-]*(?:\s|$)|^&\w+$|^\*\w+$"
    r"|^\$[A-Za-z_]\w*$|^\$\$|^%[A-Za-z_]\w*%?$|^@\w+@$|^\{[^}]*\}$|^<[^>]*>$|^\[[^\]]*\]$|^\(\w*\)$|^\$(?-i:[A-Z_]{3,})\W"
    r"|^(?:env|vault|ref|secret|ssm|file|op|sops|arn|urn|classpath|resolve|awssm|kms|keyring|data)(?::|\+)",
    re.IGNORECASE,
)
# A person is asked to put something here.
PLACEHOLDER = regex(
    r"^(x{3,}|\*{2,}|\.{2,}|-{2,}|_{2,}|#+|0{4,}|1{6,}|\?+)$|x{6,}|#{5,}|\*{4,}|\.{3}|^<|>$|^your|^example([_\W]|$)"
    r"|(^|[_\W])(your|my|enter|insert|put|add|use|type|replace|fill|set|change|the|some|any)[-_ ]"
    r".*(here|key|token|secret|value|id|password|pass|this|it|me|now)"
    r"|placeholder|redacted|(^|[_\W])(todo|fixme|dummy|sanitized|masked|hidden|removed|obfuscated)([_\W]|$)",
    re.IGNORECASE,
)
# Is used as it is more often than it is replaced.
WEAK = regex(r"(change|replace).{0,40}", re.IGNORECASE)
WORDS_OF_CODE = frozenset(
    re.findall(
        r"\w+",
        """
        none null nil undefined true false yes no on off str string bytes int integer bool boolean float text
        object any dict list tuple map array char number optional required default empty void self this
        function undef varchar nan unset passwd secret token key apikey value values username user login
        credentials credential test auto random disabled enabled basic bearer digest session cookie oauth
        oauth2 jwt hmac certificate public private internal external prompt ask env environment plain
        plaintext inherit md5 sha1 sha256 sha512 bcrypt unknown missing invalid valid wrong
        """,
    )
)
PROSE = regex(
    r"\b(password|passphrase|token|secret|key|credentials?|your|enter|please|invalid|must|required|confirm|forgot"
    r"|reset|the|is|are|for|with|not|and|or|of|to|in|from|this|that|new|old|change|login|sign)\b",
    re.IGNORECASE,
)
FILE = regex(
    r"^(@?\.{0,2}/|~/|[a-z]:[\\/]|file:)|^[\w./\\-]+\.(pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|py|js|ts|env|cfg|ini"
    r"|conf|toml|xml|php|html?|sh|rb|go|java|md|pub|csv|db|log|asc|gpg|p8|png|svg|jpg|css|tpl|erb|j2|template)$",
    re.IGNORECASE,
)
URL = regex(
    r"^[a-z][a-z0-9+.-]*://|^www\.|^mailto:|^arn:|^projects/|^/subscriptions/", re.IGNORECASE
)
MARKUP = regex(
    r"</?[a-z]+[ >/]|\\[wsdb]\+|\(\?[:=!P]|\[\^|\\n.*\\n|^[#.]\w+[ :>]|&\w+;|^['\"]?\s*[.+]\s*[$\w(]"
)
CALL = regex(r"^[\w.]+\(|\($|^\w+\[|->|=>|::|\s[|&]{1,2}\s|^lambda\b|^function\b|^new\s|^await\s")
CONSTANT = regex(r"_?[A-Z][A-Z0-9]*(_[A-Z0-9]+)+_?|[A-Z]{2,10}")
ALNUM = regex(r"[A-Za-z0-9]")
DOTTED = regex(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
IDENTIFIER = regex(
    r"[A-Za-z_]\w*([.:][A-Za-z_]\w*)+(\(.*)?|[a-z]+(_[a-z]+){2,}|[a-z]+[A-Z][a-z]+[A-Za-z]*|[a-z]+(-[a-z]+){2,}"
)
# Lower-case words in a row, one of which says secret: the name of a field, a setting or an option.
FIELD = regex(r"(?=.*(pass|pwd|secret|token|key|cred|auth|salt))[a-z]+\d{0,3}([_-][a-z]+\d{0,3})+")


def stands_for_something(value: str) -> bool:
    """Whether a value is filled in later, or only shows where one belongs."""
    return bool(TEMPLATE.search(value)) or is_placeholder(value)


def is_placeholder(value: str) -> bool:
    """Whether a value asks a person to put another one in its place."""
    return bool(PLACEHOLDER.search(value)) and not WEAK.fullmatch(value)


def is_something_else(value: str, *, quoted: bool) -> bool:
    """Whether a value is visibly no secret, under whatever name.

    Args:
        value: The text.
        quoted: Whether it had quotes: a bare word may be code.
    """
    lower = value.lower()
    if not SHORTEST <= len(value) <= LONGEST or value.startswith(("--", "[]")):
        return True
    if lower in WORDS_OF_CODE or (lower[-1] == "?" and lower[:-1] in WORDS_OF_CODE | {"password"}):
        return True
    if any(kind.search(value) for kind in (TEMPLATE, URL, FILE, MARKUP)):
        return True
    if not (value.isascii() or ALNUM.search(value)):
        return True  # words in another script
    if quoted:
        return False
    if CALL.search(value) or value[0] in "({[|>&*!@%`," or value[-1] in "({[,;\\":
        return True
    if not ALNUM.search(value):
        return True
    # A bracket at the end is of the code around; one within is of a random text, or of code.
    return _closes(value) and not (_closes(value[:-1]) and is_random(value))


def _closes(value: str) -> bool:
    return any(value.count(end) > value.count(start) for start, end in ("()", "{}", "[]"))


def is_identifier(value: str) -> bool:
    """Whether a value is a name in the way of some language: but the parts of a token are random."""
    return bool(IDENTIFIER.fullmatch(value)) and not any(
        map(is_random, re.split(r"[.:]", value)[1:])
    )


def is_name(value: str) -> bool:
    """Whether a value is the name of a constant or of an attribute."""
    return bool(CONSTANT.fullmatch(value) or DOTTED.fullmatch(value)) and not is_random(value)


def is_sentence(value: str) -> bool:
    """Whether a value is text for people."""
    parts = value.split()
    if len(parts) > 4:  # "correct horse battery staple" is none
        return True
    # as above
    return len(parts) > 1 and bool(PROSE.search(value) or (value[-1] in ".:!?" and len(parts) > 2))
