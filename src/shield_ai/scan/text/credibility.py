"""Decide from a name and its value whether the value is a secret.

The family of the name determines which values are credible:

- *Password*: any value, even a word, unless it is clearly something else.
- *Secret*: the same, but with at least six characters.
- *Key*, also for tokens: only values that look random, because most such names in code are
  names of columns and fields.
"""

from __future__ import annotations

import enum
import functools
import re

from shield_ai.model.finding import Confidence
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.value_shapes import (
    cannot_be_secret,
    has_only_weak_words,
    is_constant_or_attribute,
    is_field_name,
    is_identifier,
    is_placeholder,
    is_sentence,
    is_symbol_mix,
)

# Values that only name the kind of secret.
LABELS = word_set("PASSWORD PASSWD PASSPHRASE CLIENTSECRET SECRETKEY APISECRET SECRETS")
# Default passwords of servers: https://min.io/docs
VENDOR_DEFAULTS = frozenset({"minioadmin", "minio123"})
# Words that a variable in a configuration may have as a weak value; in code, they are names.
COMMON_SECRETS = frozenset({"secret", "passwd"})
# pydantic separates the names of nested fields by two underscores.
ENV_NAME = regex(r"[A-Z][A-Z0-9]*(?:__?[A-Z0-9]+)+")
# A capitalized name, such as that of a country: in translations, PW is the code of Palau.
TITLE = regex(r"[A-Z][^\W\d_]+(?: [^\W\d_]+)*")
SIGNATURES = word_set("SIGNATURE SIGNATURES SIG SIGS")
# The selector of a function of a contract, the topic of an event, and a signature:
# https://docs.soliditylang.org/en/latest/abi-spec.html
ETHEREUM = regex(r"0x(?:[0-9a-f]{8}|[0-9a-f]{64}|[0-9a-f]{130})", re.IGNORECASE)
MIN_SECRET_LENGTH = 6
MIN_KEY_LENGTH = 20  # of a value with the name "key"
MIN_NUMBER_LENGTH = 15  # digits; a time in milliseconds has 13


class Family(enum.Enum):
    """The kind of secret that a name suggests."""

    PASSWORD = "password"
    SECRET = "secret"
    KEY = "key"
    NONE = "none"


PASSWORD_ENDINGS = tuple(word_set("PASSWORD PASSWORDS PASSWD PASSPHRASE PASS PWD PW PASSWRD PSWD"))
PASSWORD_NAME = regex(
    r"(new|old|current|admin|root|user|db|my|test|sudo|basic|http|smtp|ftp|ldap|mysql|pg|redis"
    r"|ssh|login|wifi)?_?(pass(word|wd|phrase|code)?|pwd)"
    r"_?(1|2|confirm|confirmation|again|repeat|new|old)?"
    r"|[a-z]{2,20}pwd",
    re.IGNORECASE,
)
# At the end of a name: the value is a digest or an id of a secret. NOPASSWD is from sudoers.
NOT_VALUES = word_set("HASH SHA MD DIGEST CHECKSUM FINGERPRINT FINGERPRINTS IDS NOPASSWD")
# In a name: a hexadecimal value is the checksum of a download, as in SENTRY_CLI_SHA256.
CHECKSUM_WORDS = word_set("SHA MD CHECKSUM CHECKSUMS DIGEST")
HEX = regex(r"[0-9a-f]+", re.IGNORECASE)
# Before TOKEN or KEY: the value only identifies a page or a request.
CURSORS = word_set(
    """
    CSRF XSRF NEXT CHANGE PAGE CONTINUATION CONTINUE SYNC LOCK RESUME IDEMPOTENCY REQUEST SKIP
    PAGING PAGINATION CURSOR START TASK UPDATE STOP PARTITION
    """
)
SECRET_ENDINGS = frozenset({("SECRET", "KEY"), ("SECRET", "KEY", "BASE")})
# References of Drone and Helm charts to a secret, and the public key token of a .NET assembly.
NOT_SECRETS = frozenset({
    ("FROM", "SECRET"), ("EXISTING", "SECRET"), ("PUBLIC", "KEY", "TOKEN"),
})  # fmt: skip
# The first words of names that hold no secret: NOT_SECRET, RESET_PASSWORD
NO_SECRET_PREFIXES = word_set(
    "NOT NON UPDATE RESET FORGOT CHECK VERIFY GENERATE VALIDATE GET SET DELETE CREATE REQUEST"
)
KEY_NAME = regex(
    r"(^|_|\b)(api|access|auth|secret|private|encryption|signing|encrypt|crypt|aes|hmac|jwt"
    r"|master|service|account|app|license|consumer|client|shared|storage|subscription|integration"
    r"|session|webhook|write|read|admin|server|ssh|rsa|deploy|bot|push|fernet)[_\-. ]?keys?$|^key$"
    r"|(?-i:(?:^|[A-Z0-9]_)DATA_KEY$)",  # a variable; in HTML, data-key is the key of an element
    re.IGNORECASE,
)
TOKEN_NAME = regex(
    r"(token|bearer|ticket|nonce|authorization|verifier|auth|signature|sig|apikey|pat|sid)$",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=8192)
def secret_family(name: str) -> Family:
    """Return the family of a name."""
    bare = re.sub(r"(?<=[a-zA-Z])\d+$", "", name.strip("_-. "))
    if PASSWORD_NAME.fullmatch(bare.rpartition(".")[2]):
        return Family.PASSWORD
    parts = words(bare)
    name_meaning = meaning(bare)
    if not parts or _is_harmless_name(bare, parts, name_meaning):
        return Family.NONE
    last = parts[-1]
    if last == "ID":
        is_access_key_id = name_meaning is Meaning.IDENTIFIER and "ACCESS" in parts
        return Family.KEY if is_access_key_id else Family.NONE
    if last.endswith(PASSWORD_ENDINGS):
        return Family.PASSWORD
    return Family.SECRET if _ends_with_secret(parts) else Family.KEY


def is_checksum(name: str, value: str) -> bool:
    """Return whether a value is the checksum of a file, which has the format of many tokens.

    Args:
        name: The name that the value is assigned to.
        value: The text.
    """
    if CHECKSUM_WORDS.isdisjoint(words(name)) or meaning(name) is Meaning.SECRET:
        return False
    return HEX.fullmatch(value) is not None


def _ends_with_secret(parts: tuple[str, ...]) -> bool:
    if parts[-1].endswith("SECRET") or parts[-1] == "SECRETS":
        return True
    return parts[-3:] in SECRET_ENDINGS or parts[-2:] in SECRET_ENDINGS


def _is_harmless_name(name: str, parts: tuple[str, ...], name_meaning: Meaning) -> bool:
    if name_meaning in {Meaning.URL, Meaning.DSN}:
        return True
    if name_meaning is Meaning.HARMLESS and not (KEY_NAME.search(name) or TOKEN_NAME.search(name)):
        return True
    if parts[-1] in NOT_VALUES or parts[0] in NO_SECRET_PREFIXES or parts in NOT_SECRETS:
        return True
    is_token = parts[-1] in {"TOKEN", "TOKENS", "KEY"}
    return is_token and len(parts) > 1 and parts[-2] in CURSORS


def secret_confidence(
    name: str,
    value: str,
    *,
    quoted: bool = True,
    non_production: bool = False,
    in_code: bool = True,
    declared: bool = False,
) -> Confidence | None:
    """Return the confidence that a value is a secret; None if it is not.

    Args:
        name: The name that the value is assigned to.
        value: The text, without quotes.
        quoted: Whether the value was quoted; an unquoted value may be code.
        non_production: Whether the file is a test, documentation or an example.
        in_code: Whether the file is code, where strings are more often names of fields.
        declared: Whether the file declares the value as a secret, under any name.
    """
    name_family = secret_family(name)
    if declared and name_family is Family.NONE:
        name_family = Family.KEY
    value = value.strip()
    if name_family is Family.NONE:
        return None
    is_common = not in_code and value in COMMON_SECRETS and bool(ENV_NAME.fullmatch(name))
    if not is_common and cannot_be_secret(value, quoted=quoted):
        return None
    if is_placeholder(value):
        return Confidence.LOW
    # An unquoted value with underscores is usually a name, as in code, also in a shell script or in
    # SQL. It can be a value if the name is that of an environment variable: DB_PASSWORD=my_pass.
    is_name = not quoted and "_" in value and not ENV_NAME.fullmatch(name)
    may_be_name = in_code or is_name
    if not _is_credible(
        name_family, name, value, non_production=non_production, may_be_name=may_be_name
    ):
        return None
    return Confidence.MEDIUM if non_production or not is_random(value) else Confidence.HIGH


def _is_credible(
    name_family: Family, name: str, value: str, *, non_production: bool, may_be_name: bool
) -> bool:
    if _names_variable(name, value):
        return False
    if name_family is Family.KEY:
        return _is_key(name, value) or (not may_be_name and _is_weak_key(name, value))
    if name_family is Family.PASSWORD:
        return _is_password(name, value, non_production=non_production, may_be_name=may_be_name)
    # In configuration, the value of a variable is rarely the name of a field.
    may_be_field = may_be_name or not ENV_NAME.fullmatch(name)
    return _is_secret(name, value, may_be_field=may_be_field and not non_production)


def _is_key(name: str, value: str) -> bool:
    if name.lower() == "key" and not _is_long_alphanumeric(value):
        return False
    if value in VENDOR_DEFAULTS:
        return meaning(name) is Meaning.SECRET
    if ETHEREUM.fullmatch(value) and not SIGNATURES.isdisjoint(words(name)[-1:]):
        return False
    if " " in value:
        return is_symbol_mix(value)
    if value.isdigit():
        return len(value) >= MIN_NUMBER_LENGTH and not has_only_weak_words(value)
    if not is_random(value) or words(value) == words(name):
        return False
    return not (is_constant_or_attribute(value) or is_identifier(value))


def _is_long_alphanumeric(value: str) -> bool:
    return len(value) >= MIN_KEY_LENGTH and value.isalnum()


def _is_weak_key(name: str, value: str) -> bool:
    """Return whether the value of a key or a salt in configuration consists of words."""
    if meaning(name) is not Meaning.SECRET or value.isdigit():
        return False
    parts = words(name)
    if parts[-1] == "SALT" and len(parts) > 1:
        return _is_secret(name, value, may_be_field=True)
    if not ENV_NAME.fullmatch(name):
        return False
    if "SECRET" in parts:  # AWS_SECRET_ACCESS_KEY
        return _is_secret(name, value, may_be_field=False)
    return has_only_weak_words(value) or value == name.lower()


def _is_password(name: str, value: str, *, non_production: bool, may_be_name: bool) -> bool:
    if is_sentence(value) or (may_be_name and _is_country(name, value)):
        return False
    if is_constant_or_attribute(value) and (may_be_name or not value.isalpha()):
        return False
    if non_production:  # in tests and examples, even words are passwords
        return True
    is_field = may_be_name and is_field_name(value)
    return not is_field and not _repeats_name(name, value)


def _is_country(name: str, value: str) -> bool:
    """Return whether a value is the name of a country with the code PW, as in translations."""
    return name == "PW" and TITLE.fullmatch(value) is not None


def _is_secret(name: str, value: str, *, may_be_field: bool) -> bool:
    if is_sentence(value) or is_constant_or_attribute(value):
        return False
    if len(value) < MIN_SECRET_LENGTH or (" " in value and not is_random(value)):
        return False
    if may_be_field and is_field_name(value):
        return False
    return not _repeats_name(name, value)


def _names_variable(name: str, value: str) -> bool:
    """Return whether a value is the name of an environment variable that ends with its own name.

    An example is {access_key_id = "S3_ACCESS_KEY_ID"}.
    """
    name_words = words(name)
    return bool(ENV_NAME.fullmatch(value)) and words(value)[-len(name_words) :] == name_words


def _repeats_name(name: str, value: str) -> bool:
    """Return whether a value repeats its name, as in {"password": "Password"}."""
    name_words = words(name)
    if value == "password":  # a common password, unless the name is that of a form field
        return "FIELD" in name_words
    value_words = words(value)
    joined = "".join(value_words)
    joined_name = "".join(name_words)
    if joined in LABELS or joined == joined_name:
        return True
    # "myclientsecret" is a made-up password: the name of a field would have separators.
    is_made_up = value.islower() and len(value_words) == 1
    return len(name_words) > 1 and joined.endswith(joined_name) and not is_made_up
