"""Recognize texts near secret-like names that are not values: names, references, titles, code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import allows_unquoted, is_translation
from shield_ai.scan.text.credibility import SIGNATURES, Family, secret_family
from shield_ai.scan.text.randomness import has_words, is_random
from shield_ai.scan.text.value_shapes import is_word_like

if TYPE_CHECKING:
    from shield_ai.scan.text.place import Place

SECRET_WORDS = word_set("KEY SECRET TOKEN PASSWORD")
# A reference in JSON Schema or in CSS, or a URL of the local host.
REFERENCE = regex(
    r"#/|.*\bvar\(--"
    r"|https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal)\b(?!\.)(?![^\s'\"]*@)"
)
# Words that values add to their names, as in SESSION_SALT = "dev_session_salt".
FILLERS = word_set("DEV TEST LOCAL MY THE SOME A AN DEFAULT YOUR NEW")
TOPIC_WORDS = word_set("TOKEN TOKENS SIGNATURE TOPIC SELECTOR NONCE")
# Kubernetes references to secrets: https://kubernetes.io/docs/concepts/configuration/secret/
# and digests of secrets: https://github.com/Yelp/detect-secrets
REFERENCES = word_set("EXISTING HASHED PULL")
TLS_SECRETS = {("TLS", "SECRET"), ("SSL", "SECRET")}
CERTIFICATE = regex(r"[a-z][a-z-]{0,60}/[a-z][a-z.-]{0,60}-(?:tls|ssl|certs?|certificate)")
# nginx directives that forward requests: https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html
PASS_DIRECTIVES = word_set("UWSGI PROXY FASTCGI SCGI GRPC MEMCACHED")
# Types of form fields: https://developer.mozilla.org/en-US/docs/Web/HTML/Element/input
FIELD_TYPES = word_set(
    "input textarea textfield textbox hidden checkbox label field widget option argument parameter"
)
# Before KEY: the value is the key of an entry in a cache, a table or a translation.
ENTRY_KEYS = word_set(
    "CACHE REDIS QUERY MUTATION ROUTE STORAGE SORT GROUP I18N TRANSLATION MESSAGE DICT FIELD"
)
IDENTIFIER = regex(
    r"[A-Za-z_]+|[a-z]+\d{1,2}(?:[A-Z][a-z]+)+"
    r"|_?[A-Za-z]+\d{0,3}(?:[-_.:/][A-Za-z]*(?:\d{1,3}[a-z]{0,3})?)+"
)
# The name of a constant, such as a model or a variable: ANTHROPIC_CLAUDE4.5_HAIKU.
CONSTANT_NAME = regex(r"[A-Z]{3,}\d*(?:_(?:[A-Z]+[\d.]*|\d[\d.]*)){2,}")
# The name of a secret in the definition of a cluster.
KEBAB_WORDS = regex(r"[a-z]+(?:-[a-z]+)+")
CLUSTER_CODE = regex(
    r"(?:^|/)(?:k8s|kubernetes|cdk8s?|pulumi|infra(?:structure)?|deploy(?:ment)?)/.*\.(?:ts|js|py)\Z"
)
ENVIRONMENT_RULE = "CRED.environment-password"
BOUND_ATTRIBUTE = regex(r"(?:^|\s)(?::|@|v-bind:|v-on:)([\w.-]+)=[\"']\Z")  # of Vue
KEY_ENDINGS = {("KEY",), ("KEYS",), ("TOKEN",), ("TOKENS",), ("APIKEY",)}
PGP_FINGERPRINT = regex(r"[0-9A-F]{40}")
UNICODE_ESCAPES = regex(r"(?:\\u\{?[0-9A-Fa-f]{4,6}\}?|\\U[0-9A-Fa-f]{8}|&#x?[0-9A-Fa-f]+;)+")
TIMESTAMP = regex(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
ENTRY_POINT = regex(r"[a-z_]{3,}(?:\.[a-z_]{2,})+:[a-z_]{3,}")  # of a Python package
CONDITION = regex(r"[A-Za-z_]+=[\w./:,=-]+")
MIGRATION = regex(r"\d{4}_[a-z0-9_]+")  # the name of a Django migration
CALL = regex(r"[A-Za-z_][\w.]*\(")
# https://packaging.python.org/en/latest/specifications/dependency-specifiers/
BOUND = r" ?(?:[<>=!~]=|[<>]) ?\d[\w.*]*"
REQUIREMENT = regex(rf"(?:[A-Za-z][\w.-]*(?:\[[\w,]+\])?)?{BOUND}(?:,{BOUND})*|[\^~]\d[\w.*]*")
STYLESHEET = regex(r"\.(?:scss|sass|less|styl)\Z")
LIST_KEY = regex(r"<key>\Z")  # of a property list
# An account or contract in a blockchain: https://chainagnostic.org/CAIPs/caip-19
BLOCKCHAIN_ADDRESS = regex(r"(?:[\w-]+:\w+(?:/[\w-]+:)?)?0x[0-9A-Fa-f]{40}")
ESCAPED_BYTES = regex(r"(?:\\x[0-9A-Fa-f]{2}.*){2}", re.DOTALL)
# A group, or a repeated range of characters; a reference to a group.
REGEX = regex(r"\(\.[+*]\??\)|\[[^\]\s]*\w-\w[^\]\s]*\](?:[+*]|\{\d)|\\g<\w+>")
GROUP_REFERENCE = regex(r"\\[1-9](?!\d)")
CAMEL_FIELD = regex(r"(?=.*(?:[Pp]ass|[Ss]ecret|[Tt]oken|[Kk]ey|[Cc]red))[a-z]+(?:[A-Z][a-z]+)+")
ANNOTATION = regex(r"[A-Z]\w*(?:\.\w+)*(?:\[[\w\[\], .|]*\])?(?: \| [\w.\[\]]+)*")
NAME_OF_ANNOTATION = regex(r"(?:^|[(,*])\s*[A-Za-z_]\w*:[ \t]*[\"']\Z")
AFTER_ANNOTATION = regex(r"[\"'][ \t]*(?:[,)=]|$)")
# The path of a resource, such as the name of a secret in another store: project/shop/release.
PATH_WORD = r"(?:[A-Z]?[a-z]+|[A-Z]+|\d{1,4})"
PATH_SEGMENT = rf"{PATH_WORD}(?:[._-]{PATH_WORD})*"
RESOURCE_PATH = regex(rf"{PATH_SEGMENT}(?:[/:]{PATH_SEGMENT}){{2,}}")
# The name of a secret in Google Secret Manager, with its version:
# https://cloud.google.com/run/docs/configuring/services/secrets
SECRET_VERSION = regex(r"[a-z]+\d{0,2}(?:-(?:[a-z]+\d{0,2}|\d{1,4}))+:(?:latest|\d{1,4})")
SECRET_PATH = regex(r"projects/[a-z0-9-]+/secrets/[\w-]+(?:/versions/(?:latest|\d{1,6}))?")
COMPARISON = regex(r"(?:!==?|\)\s*={2,3})\s*[\"']\Z")
VERDICT = regex(r"\bfail", re.IGNORECASE)
COUNTRY_CODE = regex(r"\b[A-Z]{2,3}[\"']?\s{0,9}[:,]\s{0,9}[\"']|\"[a-z]{2}\"\s{0,9}:\s{0,9}\"")
# Words that say that there is no value, as in SECRET_KEY = "permission-denied".
SENTINEL_WORDS = word_set("DENIED FORBIDDEN UNAUTHORIZED UNAVAILABLE")
SETTING_COMPARED = regex(
    r"(?:\b(?:settings|config|conf|env|environ)\b[^=\n]{0,80}|\b[A-Z][A-Z0-9_]{4,60} ?)"
    r"(?<![=!])[=!]==?\s*[\"']\Z"
)
# Messages about the input of a form: "Passwords don't match".
MESSAGE = regex(
    r"\b(?:match(?:es)?|mismatch|incorrect|too (?:short|long|weak)|characters|must|cannot|failed"
    r"|(?:do|does|is|ca|wo)n['\u2019]t)\b",
    re.IGNORECASE,
)
SQL = regex(r"CASE\s+WHEN\b|SELECT\s+\S", re.IGNORECASE)
# Documents with public signatures: https://github.com/in-toto/attestation and
# https://github.com/secure-systems-lab/dsse
SIGNED = regex(
    r"\"(?:envelope|attestations?|attestation_bundles|verification_?material|payload_?type|keyid)"
    r"\\?\"",
    re.IGNORECASE,
)
# The signature of a configuration of Drone: https://docs.drone.io/signature/
CI_SIGNATURE = regex(r"^kind:[ \t]*signature[ \t]*$", re.MULTILINE)
# The identifiers that AngularJS adds to objects: {"$$hashKey": "object:42"}
ANGULAR_ID = regex(r"object:\w{1,12}")
ECDSA = regex(r"ME[QUY]CI[A-Za-z0-9+/]{80,}={0,2}")  # two numbers of 32 bytes, in DER
KMS_ALIAS = regex(r"alias/[\w/-]+")  # the name of a key in AWS KMS
# An unquoted value in code: token[:36] and self.password,
EXPRESSION = regex(r"[A-Za-z_][\w.]*(?:,|[\[(].*)")
URL_AS_NAME = regex(r"[\"'][a-z]{2,9}://[^\s\"']*[\"']\s*[:,]\s*[\"']\Z")
NOT_VALUES = (
    BLOCKCHAIN_ADDRESS,
    MIGRATION,
    TIMESTAMP,
    ENTRY_POINT,
    ANGULAR_ID,
    KMS_ALIAS,
    SECRET_PATH,
    UNICODE_ESCAPES,
    CONDITION,
    CALL,
    CAMEL_FIELD,
    REQUIREMENT,
)


def is_non_value(place: Place) -> bool:
    """Return whether a text only looks like the value of a secret."""
    return any(is_form(place) for is_form in NON_VALUE_FORMS)


def _names_reference(place: Place) -> bool:
    """Return whether the value is the name of a secret, its digest, or the address of a server."""
    parts = words(place.name)
    if not REFERENCES.isdisjoint(parts) or _is_secret_version(place):
        return True
    if CERTIFICATE.fullmatch(place.value) or parts[-2:] in TLS_SECRETS:
        return has_words(place.value)
    if parts[-1:] == ("SECRET",) and CLUSTER_CODE.search(place.path):
        return bool(KEBAB_WORDS.fullmatch(place.value)) and has_words(place.value)
    return len(parts) > 1 and parts[-1] == "PASS" and parts[-2] in PASS_DIRECTIVES


def _is_secret_version(place: Place) -> bool:
    has_name = bool(place.name) or place.rule == ENVIRONMENT_RULE
    return has_name and bool(SECRET_VERSION.fullmatch(place.value)) and has_words(place.value)


def _names_entry(place: Place) -> bool:
    """Return whether the value is a lookup key, such as a cache key or the name of a field."""
    parts = words(place.name)
    if len(parts) > 1 and parts[-1] == "KEY" and parts[-2] in ENTRY_KEYS:
        return True
    if secret_family(place.name) is not Family.KEY:
        return False
    if CONSTANT_NAME.fullmatch(place.value):
        return True
    is_literal = place.rule == "CSEC34.literal"
    return is_literal and bool(IDENTIFIER.fullmatch(place.value)) and has_words(place.value)


def _is_word_for_name(place: Place) -> bool:
    """Return whether a value is a test result or a country, or is only compared with the name.

    Examples: `password !== "value"`, `pass: "failed"`, `PW: "Palau"`. Also a term of an ontology,
    `password: "sec:password"`.
    """
    if is_random(place.value):
        return False
    if place.value.rpartition(":")[2] == place.name and ":" in place.value:
        return True
    if COMPARISON.search(place.before):
        return is_word_like(place.value)
    name = place.name.rpartition(".")[2]
    if name.lower() == "pass":
        return bool(VERDICT.search(place.nearby))
    return name.upper() in {"PW", "PWD"} and len(COUNTRY_CODE.findall(place.nearby)) > 2


def _is_sentinel(place: Place) -> bool:
    """Return whether a value stands for no value, or a setting is compared with its default."""
    if not is_word_like(place.value):
        return False
    if not SENTINEL_WORDS.isdisjoint(words(place.value)):
        return True
    return bool(SETTING_COMPARED.search(place.before))


def _is_message(place: Place) -> bool:
    return " " in place.value and bool(MESSAGE.search(place.value))


def _is_public_signature(place: Place) -> bool:
    """Return whether a value is the signature of a document, not that of a URL or a request."""
    if place.name == "hmac":
        return bool(CI_SIGNATURE.search(place.nearby))
    if SIGNATURES.isdisjoint(words(place.name)[-1:]):
        return False
    return bool(ECDSA.fullmatch(place.value) or SIGNED.search(place.line))


def _is_translated(place: Place) -> bool:
    is_text = " " in place.value or not place.value.isascii()
    return is_text and is_translation(place.path)


def _has_other_form(place: Place) -> bool:
    """Return whether a text is a form field type, a label, a fingerprint, a symbol or code."""
    value = place.value
    if _is_label(place):
        return True
    if place.rule != "CRED.password" and PGP_FINGERPRINT.fullmatch(value):
        return True
    if any(pattern.fullmatch(value) for pattern in NOT_VALUES) or _is_resource_path(value):
        return True
    if REFERENCE.match(value) or is_regex(value) or _is_title(place) or _is_topic(place):
        return True
    return _is_bound_to_another_name(place)


def is_regex(value: str) -> bool:
    """Return whether a text is a regular expression, not the escaped bytes of a key."""
    if REGEX.search(value):
        return True
    return bool(GROUP_REFERENCE.search(value)) and not ESCAPED_BYTES.search(value)


def _is_label(place: Place) -> bool:
    """Return whether a text is a form field type, a label with its name, or padded with spaces."""
    lower = place.value.lower()
    if lower in FIELD_TYPES or lower.startswith(f"{place.name.lower()} ("):
        return True
    return place.value[:1].isspace() and place.value[-1:].isspace()


def _is_bound_to_another_name(place: Place) -> bool:
    attribute = BOUND_ATTRIBUTE.search(place.before)
    return attribute is not None and place.name.lower() not in attribute[1].lower()


def _is_syntax(place: Place) -> bool:
    """Return whether a text is an expression, a selector, or the name of a property."""
    if URL_AS_NAME.search(place.before) or STYLESHEET.search(place.path):
        return True
    if LIST_KEY.search(place.before):
        return has_words(place.value)
    is_quoted = place.before[-1:] in {'"', "'", "`", ">"} or allows_unquoted(place.path)
    return not is_quoted and bool(EXPRESSION.fullmatch(place.value))


def _is_sql(place: Place) -> bool:
    return place.before[-1:] not in {'"', "'"} and bool(SQL.match(place.value + place.after))


def _is_topic(place: Place) -> bool:
    """Return whether a value is escaped bytes, such as the topic of an event of a contract."""
    parts = set(words(place.name))
    if TOPIC_WORDS.isdisjoint(parts) or not SECRET_WORDS.isdisjoint(parts - {"TOKEN"}):
        return False
    return bool(ESCAPED_BYTES.search(place.value))


def _is_title(place: Place) -> bool:
    """Return whether the value of a key or a token has a space or a letter outside of ASCII."""
    value = place.value.strip()
    is_joined = any(character in value for character in "'\"\n")  # 'several' 'texts'
    if is_joined or words(place.name)[-1:] not in KEY_ENDINGS:
        return False
    if secret_family(place.name.rpartition(".")[2]) is not Family.KEY:
        return False
    return " " in value or any(c.isalpha() and not c.isascii() for c in value)


def _is_resource_path(value: str) -> bool:
    return bool(RESOURCE_PATH.fullmatch(value)) and has_words(value)


def _is_annotation(place: Place) -> bool:
    """Return whether a text is a quoted type: `passphrase: "Optional[str]"`."""
    if not place.is_python:
        return False
    if not ANNOTATION.fullmatch(place.value) or is_random(place.value):
        return False
    if not NAME_OF_ANNOTATION.search(place.before):
        return False
    return bool(AFTER_ANNOTATION.match(place.after))


def _repeats_name(place: Place) -> bool:
    """Return whether the words of a value are those of its name."""
    if place.name.endswith("SECRET_KEY") and place.is_python and "_" not in place.value:
        return False  # a signing key of Django or Flask that anyone can guess
    value_words = set(words(place.value)) - FILLERS
    return bool(value_words) and value_words <= set(words(place.name))


NON_VALUE_FORMS = (
    _is_translated,
    _is_sentinel,
    _is_message,
    _is_public_signature,
    _is_sql,
    _names_reference,
    _names_entry,
    _is_word_for_name,
    _has_other_form,
    _is_syntax,
    _is_annotation,
    _repeats_name,
)
