"""Decide from the name of a setting or variable whether its value is a secret.

A name is split into words (`DB_PASSWORD`, `dbPassword` and `db-password` give the same words). The
first matching row of this table applies. *Harmless* means that the value is not a secret.

===============  ==========================================  =======================================
meaning          rule                                        examples
===============  ==========================================  =======================================
harmless         starts with a flag or a count               USE_API_KEY, OPENAI_MAX_TOKENS
harmless         a property of the secret follows            PASSWORD_HASHERS, TOKEN_URL, KEY_PREFIX
secret           webhook URL: anyone who has it can post     SLACK_WEBHOOK_URL, SLACK_WEBHOOK
credential URL   a service, then URL, URI, DSN, LOCATION …   DATABASE_URL, REDIS_TLS_URL
DSN              ends with DSN                               SENTRY_DSN
identifier       the ID of an access key, not its secret     AWS_ACCESS_KEY_ID, S3_ACCESS_KEY
secret           contains PASSWORD, SECRET, TOKEN, SALT …    DBPASSWORD, GITHUB_TOKENS
secret           ends with KEY, and is not a public key      STRIPE_KEY; not PUBLIC_KEY, SORT_KEY
harmless         everything else                             DEBUG, EMAIL_HOST, GOOGLE_CLIENT_ID
===============  ==========================================  =======================================
"""

from __future__ import annotations

import enum
import functools
import re
from typing import TYPE_CHECKING

from shield_ai.model.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "shield.toml"
# Secrets Manager appends such a suffix to ARNs. It reads a name that ends like this as a partial
# ARN: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
ARN_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


class Meaning(enum.StrEnum):
    """The type of value that a name suggests."""

    SECRET = "secret"
    URL = "credential-url"
    DSN = "dsn"
    IDENTIFIER = "identifier"
    HARMLESS = "harmless"


def word_set(text: str) -> frozenset[str]:
    """Split a text at white space."""
    return frozenset(text.split())


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

SECRET_WORDS = word_set("""
    SECRET SECRETS PASSWORD PASSWORDS PASSWD PASSPHRASE PASS PWD PW TOKEN TOKENS SALT PEPPER
    CREDENTIAL CREDENTIALS CREDS APIKEY APIKEYS FERNET HMAC DBPASS PASSCODE MNEMONIC
""")
SECRET_ENDINGS = tuple(
    word_set("PASSWORD PASSWD SECRET TOKEN APIKEY SECRETKEY PASSPHRASE DBPASS PRIVATEKEY")
)
# Before KEY: the key is public, or not a cryptographic key at all, such as a cache key.
NON_SECRET_KEYS = word_set("""
    PUBLIC PUBLISHABLE PUB SITE PRIMARY FOREIGN SORT CACHE LOOKUP UNIQUE PARTITION ROUTING INDEX PK
    REGISTRY SLUG GROUP HEADER COOKIE SESSION CONTEXT EVENT ANNOTATION METRIC FEATURE SETTINGS
    SETTING TRANSLATION SORTING STATE LANGUAGE LABEL STORAGE OBJECT QUOTA MARKER JSON DATA HASH ID
    SAVE SEARCH OPTION FORM HOT SHORTCUT DICT MAP ORDER ORDERING NAME USER USERNAME EMAIL SURROGATE
    ACCEPTED BY JS JAVASCRIPT CLUSTER LOCK LIMIT RATELIMIT MUTEX THROTTLE EXCLUDE EXCLUDED REDACT
    REDACTED IGNORE IGNORED IDENTIFYING SENSITIVE META CURRENCY
""")
# After a secret word: the value describes the secret.
PROPERTIES = word_set("""
    HASHER HASHERS VALIDATOR VALIDATORS RESET RESETS EXPIRE EXPIRES EXPIRED EXPIRY EXPIRATION EXP
    LIFETIME TTL AGE TIMEOUT LENGTH LEN MIN MAX MINIMUM MAXIMUM URL URLS URI ENDPOINT PATH PATHS
    FILE FILES FILENAME DIR DIRECTORY FOLDER ROOT PREFIX SUFFIX HEADER HEADERS NAME NAMES TYPE TYPES
    CLASS CLASSES MODEL MODELS FUNCTION BACKEND BACKENDS ALGORITHM ALGORITHMS ALGO VIEW VIEWS FIELD
    FIELDS ENABLED DISABLED REQUIRED OPTIONAL ALLOWED BYTES COUNT SIZE LIMIT SERIALIZER SERIALIZERS
    ROTATE ROTATION REFRESH USERNAME CHAR CHARS CHARACTERS METHOD METHODS DAYS HOURS MINUTES SECONDS
    VERSION ERROR ERRORS FORMAT COOKIE TEMPLATE TEMPLATES REGEX PATTERN PROVIDER PROVIDERS CACHE
    USER USERS STORAGE MANAGER ARN ENGINE POLICY POLICIES RULES RULE COMPLEXITY SIMILARITY ENTROPY
    HISTORY CHANGE CHANGED LOGIN LOGOUT FORM FORMS AUDIENCE SCOPE SCOPES ISSUER CLAIM CLAIMS DOMAIN
    DOMAINS HOST PORT REGION LOCATION ENVIRONMENT ENV COST WARNING WARNINGS MESSAGE HINT LABEL
    PLACEHOLDER PARAM PARAMETER PARAMS QUERY MIDDLEWARE AUTHENTICATION GENERATOR LOADER STRATEGY
    INTERVAL THROTTLE RATE RATES BUCKET ID IDS KEYWORD KEYWORDS SCHEME DESCRIPTION TITLE TEXT
    SUBJECT HELP METADATA DATE DATES AT TIME TIMESTAMP GC VALIDATION CACHING PERIOD OVERFETCH
    ACCEPTED HOSTNAME CFG ITERATIONS PRICE PRICES PRICING REUSE CHARSET ALPHABET PUBLIC CHECK CHECKS
    MASK
""")
# Before PASSWORD: the name refers to a page, an action or a rule.
PASSWORD_ACTIONS = word_set("FORGOT FORGOTTEN RESET CHANGE SET PREVENT")
# Before PASSWORDS: the value is a list of forbidden passwords.
FORBIDDEN_PASSWORDS = word_set("COMMON WEAK BREACHED FORBIDDEN BANNED")
# Variables that contain the path of a file.
PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS", "AWS_SHARED_CREDENTIALS_FILE"})
# Before AUTH at the end: the value is "user:password". Other names, such as SOCIAL_AUTH, are not
# secrets.
AUTH_SERVICES = word_set("""
    HTTP BASIC INBOUND REMOTE SMS REDIS REGISTRY WEBHOOK ELASTIC ELASTICSEARCH NEO OPENSEARCH MQTT
    RABBITMQ DOCKER
""")
# JSON documents that contain credentials:
# https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
# https://docs.allauth.org/en/latest/socialaccount/provider_configuration.html
CREDENTIAL_DOCUMENTS = frozenset({("VCAP", "SERVICES"), ("SOCIALACCOUNT", "PROVIDERS")})
# Several words at the end of a name that mean a secret together. Numbers at the end are removed
# first, so SERVICE_ACCOUNT_B64 ends with B.
SECRET_PHRASES = (
    ("API", "HASH"),
    ("SEED", "PHRASE"),
    ("SERVICE", "ACCOUNT", "JSON"),
    ("SERVICE", "ACCOUNT", "INFO"),
    ("SERVICE", "ACCOUNT", "BASE"),
    ("SERVICE", "ACCOUNT", "B"),
)
# Before WEBHOOK or HOOK at the end: anyone who knows the URL can post.
WEBHOOK_SERVICES = word_set(
    "SLACK DISCORD TEAMS MATTERMOST ROCKETCHAT DINGTALK FEISHU LARK WECOM INCOMING"
)
# Before PAT at the end: the value is a personal access token.
GIT_SERVICES = word_set("GITHUB GH GITLAB BITBUCKET DEVOPS ADO AZURE")
# After a secret word: no effect on the meaning.
NEUTRAL_ENDINGS = frozenset({"ID", "FALLBACKS", "FALLBACK"})
# At the start of a name: the value is a flag or a number.
SWITCHES = word_set("""
    USE USES ENABLE ALLOW ALLOWS REQUIRE REQUIRES DISABLE SHOW HAS IS FORCE SKIP VALIDATE NO NUM MAX
    MIN HIDE CHECK ROTATE LOG MASK
""")
# Anywhere in a name: the value is a flag.
SWITCHES_ANYWHERE = word_set("USE ALLOW ENABLE DISABLE REQUIRE ENABLED DISABLED REQUIRED")
LIMITS = word_set("RATE RATES RATELIMIT LIMIT LIMITS THROTTLE THROTTLES QUOTA")
# Before a secret word: the value is a number of tokens, or a token that is not a secret.
COUNTS = word_set("MAX MIN NUM TOTAL INPUT OUTPUT PROMPT COMPLETION CSRF STOP")

SERVICES = word_set("""
    DATABASE DATABASES DB POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB MONGO MONGODB MONGOLAB MONGOHQ
    REDIS REDISCLOUD REDISTOGO BROKER RABBITMQ AMQP CLOUDAMQP SQLALCHEMY CLOUDINARY DATABASEURL SQL
    MSSQL ORACLE NEO CASSANDRA CLICKHOUSE KAFKA MEMCACHED MEMCACHIER SUPABASE TIMESCALE COCKROACH
    VALKEY KEYDB
""")
# The URL must follow these words directly: EMAIL_URL, but not EMAIL_CONFIRMATION_URL.
DIRECT_SERVICES = word_set("""
    CACHE EMAIL MAIL SMTP SEARCH ELASTICSEARCH ELASTIC ES OPENSEARCH SOLR HAYSTACK LDAP FTP SFTP
    PROXY
""")
URL_ENDINGS = word_set("URL URLS URI URIS DSN LOCATION CONNECTION BROKER BACKEND CONN")
CONN_SERVICES = SERVICES | {"ALCHEMY", "SQLA"}  # before CONN at the end
STAGES = word_set(
    "TEST TESTING DEV DEVELOPMENT PROD PRODUCTION STAGING LOCAL LIVE BULK REPLICA READ WRITE"
)
CONNECTION_STRINGS = word_set("DATABASEURL REDISURL CACHEURL CONNSTR CONNSTRING")

DATABASE_WORDS = word_set("""
    DB DATABASE POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB SQL MSSQL ORACLE RDS SQLSERVER DBASE
    TIMESCALE COCKROACH PGSQL
""")
# Field of a database secret -> last words of its variable.
DATABASE_FIELDS = {
    "database": frozenset({"NAME", "DB", "DATABASE", "DBNAME"}),
    "username": frozenset({"USER", "USERNAME", "LOGIN"}),
    "password": frozenset({"PASSWORD", "PASS", "PASSWD", "PWD", "PW"}),
    "host": frozenset({"HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR", "SERVICE"}),
    "port": frozenset({"PORT"}),
}


@functools.lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Split a name into uppercase words."""
    return tuple(word.upper() for word in WORD.findall(name))


@functools.lru_cache(maxsize=8192)
def meaning(name: str) -> Meaning:
    """Classify a name by the table in the module's docstring."""
    parts = _strip_stages(words(name))
    if not parts or _is_path(name) or parts[:2] == ("NEXT", "PUBLIC"):
        return Meaning.HARMLESS
    if (parts[0] in SWITCHES and len(parts) > 1) or SWITCHES_ANYWHERE & set(parts):
        return Meaning.HARMLESS
    if parts[-1] in URL_ENDINGS:
        return _classify_url(parts)
    return _classify_credential(parts)


def _strip_stages(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Remove numbers and stages such as TEST from the end of a name."""
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in STAGES):
        parts = parts[:-1]
    return parts


def _is_path(name: str) -> bool:
    return name.strip("_").upper() in PATHS


def _classify_url(parts: tuple[str, ...]) -> Meaning:
    head = parts[:-1]
    ending = parts[-1]
    if ending == "LOCATION" and {"CA", "CERT", "CERTIFICATE", "SSL", "TLS", "FILE"} & set(head):
        return Meaning.HARMLESS
    if {"WEBHOOK", "WEBHOOKS"} & set(head):
        # WEBHOOK_HOST_URL and WEBHOOK_BASE_URL are the app's own address
        is_target = ending in {"URL", "URLS", "URI"} and head[-1] not in {"HOST", "BASE"}
        return Meaning.SECRET if is_target else Meaning.HARMLESS
    if ending in {"BROKER", "BACKEND", "CONN"}:
        has_credentials = _is_service_connection(head, ending)
    else:
        has_credentials = _is_service_url(head)
    if has_credentials:
        return Meaning.URL
    return Meaning.DSN if ending == "DSN" else Meaning.HARMLESS


def _is_service_connection(head: tuple[str, ...], ending: str) -> bool:
    service = head[-1] if head else ""
    if ending == "BROKER":
        return service in {"", "CELERY"}
    if ending == "BACKEND":
        return service in {"RESULT", "REDIS"}
    return service in CONN_SERVICES


def _is_service_url(head: tuple[str, ...]) -> bool:
    if SERVICES & set(head) or head[-2:] == ("RESULT", "BACKEND"):
        return True
    return bool(head) and head[-1] in DIRECT_SERVICES


def _classify_credential(parts: tuple[str, ...]) -> Meaning:
    if parts[-1] in {"KEY", "KEYS"} or parts[-2:] == ("KEY", "ID"):
        return _classify_key(parts)
    if _is_connection_string(parts):
        return Meaning.URL
    if parts in CREDENTIAL_DOCUMENTS or _ends_with_secret_phrase(parts):
        return Meaning.SECRET
    return Meaning.SECRET if _holds_secret(parts) else Meaning.HARMLESS


def _holds_secret(parts: tuple[str, ...]) -> bool:
    indexes = [i for i in range(len(parts)) if _is_secret_word(parts, i)]
    if indexes:
        return not LIMITS & set(parts) and not _is_property(parts, indexes[-1])
    return _has_key_inside(parts) or _ends_with_auth(parts)


def _is_connection_string(parts: tuple[str, ...]) -> bool:
    if parts[-1] in CONNECTION_STRINGS:
        return True
    return parts[-1] in {"STRING", "STR"} and parts[-2:-1] in {("CONNECTION",), ("CONN",)}


def _ends_with_secret_phrase(parts: tuple[str, ...]) -> bool:
    before = set(parts[-2:-1])
    if parts[-1] in {"WEBHOOK", "WEBHOOKS", "HOOK"}:
        return bool(WEBHOOK_SERVICES & before)
    if parts[-1] == "PAT" and GIT_SERVICES & before:
        return True
    return any(parts[-len(phrase) :] == phrase for phrase in SECRET_PHRASES)


def _is_secret_word(parts: tuple[str, ...], index: int) -> bool:
    word = parts[index]
    before = parts[index - 1] if index else ""
    if word == "PASS" and parts[index + 1 : index + 2] == ("THROUGH",):
        return False
    if word == "PASSWORD" and before in PASSWORD_ACTIONS:
        return False
    if word == "PASSWORDS" and before in FORBIDDEN_PASSWORDS:
        return False
    return word in SECRET_WORDS or (len(word) > len("TOKEN") and word.endswith(SECRET_ENDINGS))


def _is_property(parts: tuple[str, ...], index: int) -> bool:
    """Return True if other words describe the secret word at `index`: PASSWORD_HASHERS."""
    tail = set(parts[index + 1 :]) - NEUTRAL_ENDINGS
    return bool(tail & PROPERTIES) or (index > 0 and parts[index - 1] in COUNTS)


def _has_key_inside(parts: tuple[str, ...]) -> bool:
    """Return True if a name has API_KEY or PRIVATE_KEY before its end: API_KEY_SENDGRID."""
    for phrase in (("API", "KEY"), ("PRIVATE", "KEY")):
        tail = _words_after(parts, phrase)
        if tail:
            return not set(tail) & PROPERTIES
    return False


def _ends_with_auth(parts: tuple[str, ...]) -> bool:
    """Return True if the value is "user:password", as for ES_HTTP_AUTH."""
    return parts[-1] == "AUTH" and bool(AUTH_SERVICES & set(parts))


def _words_after(parts: tuple[str, ...], phrase: tuple[str, ...]) -> tuple[str, ...]:
    for start in range(len(parts) - len(phrase) + 1):
        end = start + len(phrase)
        if parts[start:end] == phrase:
            return parts[end:]
    return ()


def _classify_key(parts: tuple[str, ...]) -> Meaning:
    if _is_access_key(parts):
        return Meaning.IDENTIFIER
    if parts[-1] == "ID":
        # CELLAR_KEY_ID and CELLAR_KEY_SECRET are a credential, but a KMS key's ID is not
        is_address = {"KMS", "SIGNING", "KEYCLOAK", "TEAM"} & set(parts)
        return Meaning.HARMLESS if is_address else Meaning.IDENTIFIER
    before = parts[-2] if len(parts) > 1 else ""
    if not before or before in NON_SECRET_KEYS or (before == "TOKEN" and "COOKIE" in parts):
        return Meaning.HARMLESS
    return Meaning.SECRET


def _is_access_key(parts: tuple[str, ...]) -> bool:
    if "ACCESS" not in parts or "SECRET" in parts:
        return False
    return parts[-1] == "ID" or parts[-2] == "ACCESS"


def is_secret(name: str) -> bool:
    """Return True if the value of a name belongs in Secrets Manager."""
    return meaning(name) is not Meaning.HARMLESS


def harmless_word(name: str) -> str:
    """Return the word that makes a secret-like name harmless; empty for other names."""
    parts = words(name)
    indexes = [i for i in range(len(parts)) if _sounds_secret(parts, i)]
    if not indexes:
        return parts[-1] if parts and parts[-1].endswith("SSLKEY") else ""
    if is_secret(name) or _is_path(name):
        return ""
    return next(_harmless_words(parts, indexes[-1]), "")


def _harmless_words(parts: tuple[str, ...], index: int) -> Iterator[str]:
    before = parts[:index]
    after = parts[index + 1 :]
    yield from filter(PROPERTIES.__contains__, reversed(after))
    yield from filter(SWITCHES.__contains__, before[:1])
    yield from filter((SWITCHES_ANYWHERE | LIMITS | COUNTS).__contains__, parts)
    yield from filter(NON_SECRET_KEYS.__contains__, before[-1:])


def _sounds_secret(parts: tuple[str, ...], index: int) -> bool:
    return _is_secret_word(parts, index) or (index > 0 and parts[index] in {"KEY", "KEYS"})


def secret_name(variable: str) -> str:
    """Return the default name of a variable's secret: `email-host-password`.

    Names that would end like an ARN suffix (`-secret` has six characters) keep their underscores.
    """
    snake = "_".join(re.findall(r"[a-z0-9]+", variable.lower())) or "secret"
    kebab = snake.replace("_", "-")
    return snake if ARN_SUFFIX.search(kebab) else kebab


def env_var_name(secret: str) -> str:
    """Return the default environment variable of a secret, as the runtime derives it."""
    return re.sub(r"[^A-Z0-9]", "_", secret.upper())


def guess_kind(variable: str) -> Kind:
    """Guess the kind of a secret from its variable."""
    last = set(words(variable)[-2:])
    if meaning(variable) in {Meaning.URL, Meaning.DSN} or last & {"URL", "URI"}:
        return Kind.URL
    if last & {"PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE"}:
        return Kind.PASSWORD
    if variable.upper().endswith(("PASSWORD", "PASS")):
        return Kind.PASSWORD
    if last & {"KEY", "KEYS", "TOKEN", "TOKENS", "APIKEY"} and "DJANGO" not in words(variable):
        return Kind.API_KEY
    return Kind.GENERIC


def database_field(variable: str) -> tuple[str, str] | None:
    """Split a database variable into prefix and field: `DB_USER` gives `("DB", "username")`."""
    *prefix, ending = words(variable) or ("",)
    if DATABASE_WORDS & set(prefix):
        for field, endings in DATABASE_FIELDS.items():
            if ending in endings:
                return "_".join(prefix), field
    if not prefix:
        return _joined_database_field(ending)
    return None


def _joined_database_field(word: str) -> tuple[str, str] | None:
    """Split a variable without underscore: `PGPASSWORD` gives `("PG", "password")`."""
    for field, endings in DATABASE_FIELDS.items():
        for prefix in ("DB", "PG", "DATABASE"):
            if word.startswith(prefix) and word[len(prefix) :] in endings:
                return prefix, field
    return None
