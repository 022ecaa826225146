"""Decide from the name of a setting or variable whether its value is a secret.

A name is split into words (`DB_PASSWORD`, `dbPassword` and `db-password` give the same words). The
first matching row of this table applies. *Harmless* means that the value is not a secret.

===============  ==========================================  =======================================
meaning          rule                                        examples
===============  ==========================================  =======================================
harmless         a path of a file; a setting of front ends   SSL_KEY_PATH, NEXT_PUBLIC_API_KEY
harmless         starts with a flag, or has a limit          USE_API_KEY, OPENAI_MAX_TOKENS
harmless         a property of the secret follows            PASSWORD_HASHERS, TOKEN_URL, KEY_PREFIX
harmless         a list of forbidden values                  COMMON_PASSWORDS, INSECURE_SECRET_KEYS
secret           webhook URL: anyone who has it can post     SLACK_WEBHOOK_URL, SLACK_HOOK
credential URL   a service, then URL, URI, DSN, LOCATION …   DATABASE_URL, REDIS_TLS_URL
DSN              ends with DSN                               SENTRY_DSN
identifier       the ID of an access key, not its secret     AWS_ACCESS_KEY_ID, S3_ACCESS_KEY
harmless         the ID of another key; a public key         APPLE_KEY_ID, MAPBOX_PUBLIC_KEY
secret           contains PASSWORD, SECRET, TOKEN, SALT …    DBPASSWORD, GITHUB_TOKENS
secret           ends with KEY, and is not a public key      STRIPE_KEY; not PUBLIC_KEY, SORT_KEY
secret           a private key in a standard format          GITHUB_PEM, API_JSON_KEY; not CA_PEM
harmless         everything else                             DEBUG, EMAIL_HOST, GOOGLE_CLIENT_ID
===============  ==========================================  =======================================
"""

from __future__ import annotations

import enum
import functools
import itertools

from shield_ai.model.object_names import names_object
from shield_ai.model.secret_words import (
    ACCOUNT_OWNERS,
    AUTH_KINDS,
    AUTH_SERVICES,
    BROWSER_WORDS,
    CERTIFICATE_WORDS,
    CHAT_SERVICES,
    CHAT_URLS,
    COLLECTIONS,
    CONN_SERVICES,
    CONNECTION_OWNERS,
    CONNECTION_STRINGS,
    CONSENT_WORDS,
    COUNTS,
    CREDENTIAL_DOCUMENTS,
    DIRECT_SERVICES,
    DOCUMENT_ENDINGS,
    FILES,
    FORBIDDEN_VALUES,
    GIT_SERVICES,
    HARMLESS_ENDS,
    JSON_KEY_OWNERS,
    KMS_WORDS,
    LIMITS,
    NEUTRAL_ENDINGS,
    NON_SECRET_KEYS,
    NOTIFICATION_WORDS,
    OBJECT_STORES,
    OBJECTS,
    OTHER_ENDINGS,
    OWN_COOKIES,
    PASSWORD_ACTIONS,
    PATHS,
    PROJECT_IDS,
    PROPERTIES,
    PUBLIC_WORDS,
    SECRET_ENDINGS,
    SECRET_PHRASES,
    SECRET_WORDS,
    SERVICES,
    STAGES,
    STORES,
    SWITCHES,
    SWITCHES_ANYWHERE,
    TRACKER_KEYS,
    TRACKERS,
    TRACKING_WORDS,
    URL_ENDINGS,
    WEBHOOK_OPTIONS,
    WEBHOOK_SERVICES,
)
from shield_ai.model.words import word_set, words

SHELL_FOLDERS = frozenset({"PWD", "OLDPWD"})
IDENTITY_PROVIDERS = word_set("OIDC OPENID OAUTH OAUTH2 KEYCLOAK SSO IDP AUTH")
# Before URL: anyone who knows the URL can start a deployment, so it is a secret.
DEPLOYMENTS = ("DEPLOY", "BUILD", "DEPLOYMENT", "REBUILD")
HOOK_WORDS = {*(url[:-1] for url in CHAT_URLS), *((word, "HOOK") for word in DEPLOYMENTS)}


class Meaning(enum.StrEnum):
    """The type of value that a name suggests."""

    SECRET = "secret"
    URL = "credential-url"
    DSN = "dsn"
    IDENTIFIER = "identifier"
    HARMLESS = "harmless"


@functools.lru_cache(maxsize=8192)
def meaning(name: str) -> Meaning:
    """Classify a name by the table in the module's docstring."""
    parts = _strip_stages(words(name))
    if name in SHELL_FOLDERS:
        return Meaning.HARMLESS
    if not parts or is_path(name) or parts[:2] == ("NEXT", "PUBLIC"):
        return Meaning.HARMLESS
    if (parts[0] in SWITCHES and len(parts) > 1) or SWITCHES_ANYWHERE & set(parts):
        return Meaning.HARMLESS
    if _lists_forbidden_values(parts) or _describes_url(parts) or names_object(parts):
        return Meaning.HARMLESS
    if parts[-1] in URL_ENDINGS:
        return _classify_url(parts)
    return _classify_credential(parts)


def _describes_url(parts: tuple[str, ...]) -> bool:
    """Return whether a value is the URL at which tokens are issued, or a parameter's name in a URL.

    Examples: OIDC_URL_TOKEN and URL_PARAM_API_KEY.
    """
    if parts[:2] == ("URL", "PARAM"):
        return True
    is_token = parts[-2:] in {("URL", "TOKEN"), ("URI", "TOKEN"), ("ENDPOINT", "TOKEN")}
    return is_token and not IDENTITY_PROVIDERS.isdisjoint(parts)


def _lists_forbidden_values(parts: tuple[str, ...]) -> bool:
    if parts[-2:] == ("COMMON", "PASSWORDS"):
        return True
    return parts[-1] in COLLECTIONS and not FORBIDDEN_VALUES.isdisjoint(parts)


def _strip_stages(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Remove numbers and stages such as TEST from the end of a name."""
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in STAGES):
        parts = parts[:-1]
    return parts


def is_path(name: str) -> bool:
    """Return True if a variable contains the path of a file with credentials."""
    upper = name.strip("_").upper()
    return upper.startswith(PATHS) and DOCUMENT_ENDINGS.isdisjoint(words(name)[-2:])


def _classify_url(parts: tuple[str, ...]) -> Meaning:
    head = parts[:-1]
    ending = parts[-1]
    if ending == "LOCATION" and FILES & set(head):
        return Meaning.HARMLESS
    is_chat = not CHAT_SERVICES.isdisjoint(head)
    is_chat_hook = is_chat and "HOOK" in head
    if {"WEBHOOK", "WEBHOOKS"} & set(head) or head[-2:] in HOOK_WORDS or is_chat_hook:
        # WEBHOOK_HOST_URL and WEBHOOK_BASE_URL are the app's own address
        is_target = ending in {"URL", "URLS", "URI"} and head[-1] not in {"HOST", "BASE"}
        return Meaning.SECRET if is_target else Meaning.HARMLESS
    if head[-1:] == ("SENTRY",) and ending == "URL":
        return Meaning.DSN
    if is_chat and NOTIFICATION_WORDS & set(head):
        return Meaning.SECRET if ending in {"URL", "URI"} else Meaning.HARMLESS
    is_connection = ending in {"BROKER", "BACKEND", "CONN"}
    if _is_service_connection(head, ending) if is_connection else _is_service_url(head):
        return Meaning.URL
    is_private_dsn = ending == "DSN" and (PUBLIC_WORDS | BROWSER_WORDS).isdisjoint(head)
    return Meaning.DSN if is_private_dsn else Meaning.HARMLESS


def _is_service_connection(head: tuple[str, ...], ending: str) -> bool:
    service = head[-1] if head else ""
    if ending == "BROKER":
        return service in {"", "CELERY"}
    if ending == "BACKEND":
        return service in {"RESULT", "REDIS", "CELERY"}
    return service in CONN_SERVICES


def _is_service_url(head: tuple[str, ...]) -> bool:
    if SERVICES & set(head) or head[-2:] == ("RESULT", "BACKEND") or head[-2:] in STORES:
        return True
    return bool(head) and head[-1] in DIRECT_SERVICES


def _classify_credential(parts: tuple[str, ...]) -> Meaning:
    if parts[-2:] in {("KEY", "VALUE"), ("KEY", "JSON")} and "ACCOUNT" not in parts:
        return _classify_key(parts[:-1])
    if parts[-1] in {"KEY", "KEYS"} or parts[-2:] == ("KEY", "ID"):
        return _classify_key(parts)
    if _is_public_token(parts):
        return Meaning.HARMLESS
    if _is_connection_string(parts) or _has_service_url_inside(parts):
        return Meaning.URL
    if "DSN" in parts and PROPERTIES.isdisjoint(_words_after(parts, ("DSN",))):
        return Meaning.DSN
    if parts in CREDENTIAL_DOCUMENTS or _ends_with_secret_phrase(parts):
        return Meaning.SECRET
    return Meaning.SECRET if _holds_secret(parts) else Meaning.HARMLESS


def _holds_secret(parts: tuple[str, ...]) -> bool:
    indexes = [i for i in range(len(parts)) if is_secret_word(parts, i)]
    if indexes:
        is_limit = bool(LIMITS & set(parts)) and parts[-1] not in {"PASSWORD", "SECRET"}
        return not is_limit and not _is_property(parts, indexes[-1])
    return _has_key_inside(parts) or _ends_with_auth(parts) or _is_key_document(parts)


def _is_connection_string(parts: tuple[str, ...]) -> bool:
    if parts[-1] in CONNECTION_STRINGS:
        return True
    *head, last = parts
    owner = _strip_stages(tuple(head))[-1:]
    return last in {"STRING", "STR"} and not CONNECTION_OWNERS.isdisjoint(owner)


def _has_service_url_inside(parts: tuple[str, ...]) -> bool:
    """Return True if a name has DATABASE_URL before its end: DATABASE_URL_ASYNC."""
    for index, word in enumerate(parts[1:-1], 1):
        if word in {"URL", "URI"} and parts[index - 1] in SERVICES:
            return not PROPERTIES & set(parts[index + 1 :])
    return False


def _is_public_token(parts: tuple[str, ...]) -> bool:
    if {"SECRET", "PRIVATE", "SAS"} & set(parts):  # a shared access signature is a token
        return False
    if parts[-3:-1] == ("GOOGLE", "ANALYTICS"):
        return True
    if parts[-1] == "ID" and not TRACKING_WORDS.isdisjoint(parts):
        return True
    if parts[-1] in {"KEY", "TOKEN"} and {parts[-2:-1], parts[-3:-1]} & PROJECT_IDS:
        return True
    return parts[-1] in {"KEY", "KEYS", "TOKEN", "TOKENS"} and bool(PUBLIC_WORDS & set(parts))


def _ends_with_secret_phrase(parts: tuple[str, ...]) -> bool:
    if parts[-1] in {"WEBHOOK", "WEBHOOKS", "HOOK", "HOOKS"}:
        return bool(WEBHOOK_SERVICES & set(parts[:-1]))
    for service, word in itertools.pairwise(parts[:-1]):
        if service in CHAT_SERVICES and word in {"WEBHOOK", "HOOK"}:
            hook = (service, word)
            tail = _words_after(parts, (*hook, "URL")) or _words_after(parts, hook)
            return (PROPERTIES | WEBHOOK_OPTIONS).isdisjoint(tail)
    if parts[-2:] == ("AUTH", "CODE"):  # of a vendor; alone, it is valid for one login
        return len(parts) > 2 and "OAUTH" not in parts
    if parts[-1] == "PAT" and GIT_SERVICES & set(parts[-2:-1]):
        return True
    if parts[-1] == "COOKIE":
        return len(parts) > 1 and not OWN_COOKIES & set(parts)
    if parts[-2:] == ("SERVICE", "ACCOUNT"):
        return not ACCOUNT_OWNERS.isdisjoint(parts)
    if "JSON" in _words_after(parts, ("SERVICE", "ACCOUNT"))[-2:]:
        return not {"PATH", "FILE", "URL", "NAME"} & set(parts[-1:])
    return any(parts[-len(phrase) :] == phrase for phrase in SECRET_PHRASES)


def is_secret_word(parts: tuple[str, ...], index: int) -> bool:
    """Return True if a word names a secret by itself, such as PASSWORD.

    Args:
        parts: The words of a name.
        index: The position of the word.
    """
    word = parts[index]
    before = parts[index - 1] if index else ""
    if word == "PASS" and parts[index + 1 : index + 2] == ("THROUGH",):
        return False
    if word == "PASSWORD" and before in PASSWORD_ACTIONS:
        return False
    if word in SECRET_WORDS:
        return True
    has_ending = len(word) > len("TOKEN") and word.endswith(SECRET_ENDINGS)
    return has_ending and word not in OTHER_ENDINGS


def _is_property(parts: tuple[str, ...], index: int) -> bool:
    """Return True if other words describe the secret word at `index`: PASSWORD_HASHERS."""
    tail = set(parts[index + 1 :]) - NEUTRAL_ENDINGS
    return bool(tail & PROPERTIES) or (index > 0 and parts[index - 1] in COUNTS)


def _has_key_inside(parts: tuple[str, ...]) -> bool:
    """Return True if a name has API_KEY or PRIVATE_KEY before its end: API_KEY_SENDGRID."""
    for phrase in (("API", "KEY"), ("API", "KEYS"), ("PRIVATE", "KEY")):
        tail = _words_after(parts, phrase)
        if tail:
            return not set(tail) & PROPERTIES
    return False


def _ends_with_auth(parts: tuple[str, ...]) -> bool:
    """Return True if the value is "user:password", as for ES_HTTP_AUTH."""
    return parts[-1] == "AUTH" and bool(AUTH_SERVICES & set(parts))


def _is_key_document(parts: tuple[str, ...]) -> bool:
    """Return True for a private key in PEM format, or a private JSON Web Key.

    https://www.rfc-editor.org/rfc/rfc7517
    """
    if parts[-1] in {"JWK", "JWKS"}:
        return "PRIVATE" in parts
    name = parts[:-1] if parts[-1] in DOCUMENT_ENDINGS else parts
    return name[-1:] == ("PEM",) and len(name) > 1 and CERTIFICATE_WORDS.isdisjoint(name)


def may_be_credential(name: str) -> bool:
    """Return False for the name of an identifier, such as IMGUR_CLIENT_ID: it is public."""
    return HARMLESS_ENDS.isdisjoint(words(name)[-1:])


def may_be_auth_token(name: str) -> bool:
    """Return True if a text value of a name such as REPORT_AUTH may be a token.

    The name alone does not show it: many such variables are flags.
    """
    *head, last = words(name) or ("",)
    if last != "AUTH" or not head or head[0] in SWITCHES or SWITCHES_ANYWHERE & set(head):
        return False
    return AUTH_KINDS.isdisjoint(head)


def _words_after(parts: tuple[str, ...], phrase: tuple[str, ...]) -> tuple[str, ...]:
    for start in range(len(parts) - len(phrase) + 1):
        end = start + len(phrase)
        if parts[start:end] == phrase:
            return parts[end:]
    return ()


def _classify_key(parts: tuple[str, ...]) -> Meaning:
    if _is_access_key(parts):
        return Meaning.IDENTIFIER
    if parts[-1] == "ID" or _is_public_token(parts):
        return Meaning.HARMLESS
    if "ARN" in parts or (parts[-2:-1] and parts[-2] in TRACKER_KEYS and TRACKERS & set(parts)):
        return Meaning.HARMLESS
    if "KMS" in parts and KMS_WORDS.issuperset(parts[:-1]):
        return Meaning.HARMLESS
    if _is_public_key(parts):
        return Meaning.HARMLESS
    if parts[-2:-1] == ("JSON",) and JSON_KEY_OWNERS.intersection(parts[-3:-2]):
        return Meaning.SECRET
    before = parts[-2] if len(parts) > 1 else ""
    if not before or before in NON_SECRET_KEYS or _is_name(parts):
        return Meaning.HARMLESS
    return Meaning.SECRET


def _is_name(parts: tuple[str, ...]) -> bool:
    """Return True for a key with the name of a cookie or object, not for one that encrypts it."""
    if {"SECRET", "ENCRYPTION", "SIGNING", "API", "PRIVATE"} & set(parts):
        return False
    if "COOKIE" in parts:
        return parts[-2] == "TOKEN" or not CONSENT_WORDS.isdisjoint(parts)
    is_stored = "S_3" in "_".join(parts) or not OBJECT_STORES.isdisjoint(parts)
    return is_stored and parts[-2] in OBJECTS


def _is_public_key(parts: tuple[str, ...]) -> bool:
    """Return True for a TLS key file, an SSH host key, or an analytics key in web pages.

    Also for the key with which an app verifies the tokens of an identity provider.

    https://mozilla-django-oidc.readthedocs.io/en/stable/settings.html
    https://posthog.com/docs/api
    https://support.google.com/analytics/answer/9539598
    https://amplitude.com/docs/apis/keys-and-tokens
    """
    if parts[-2:-1] in {("SSL",), ("TLS",)}:
        return bool((SERVICES | DIRECT_SERVICES) & set(parts))
    if parts[-2:-1] in {("SIGN",), ("SIGNING",)} and "IDP" in parts[1:]:
        return {"SECRET", "PRIVATE"}.isdisjoint(parts)
    if parts[-3:-1] == ("GOOGLE", "ANALYTICS") or parts[-2:-1] in {("GA",), ("GTM",)}:
        return True
    if parts[-2:-1] == ("HOST",) and {"SFTP", "FTP"} & set(parts):
        return True  # the key by which a client recognizes a server
    if "POSTHOG" in parts:
        return {"PERSONAL", "SECRET", "PRIVATE"}.isdisjoint(parts)
    return parts[-3:] == ("AMPLITUDE", "API", "KEY")


def _is_access_key(parts: tuple[str, ...]) -> bool:
    if "ACCESS" not in parts or "SECRET" in parts:
        return False
    return parts[-1] == "ID" or parts[-2] == "ACCESS"


def is_secret(name: str) -> bool:
    """Return True if the value of a name belongs in Secrets Manager."""
    return meaning(name) is not Meaning.HARMLESS


def is_document(name: str) -> bool:
    """Return True if the value of a name is a JSON document with several fields."""
    parts = words(name)
    is_json = parts[-1:] == ("JSON",) or parts[-2:] == ("JSON", "KEY")
    return is_json or parts in CREDENTIAL_DOCUMENTS
