"""What a name means: the one place that decides what is a secret.

A name is cut into words (`DB_PASSWORD`, `dbPassword` and `db-password` alike) and judged by this table, top to bottom:

===============  ==========================================================  =====================================
meaning          when                                                        examples
===============  ==========================================================  =====================================
harmless         a switch or a number in front                               USE_API_KEY, OPENAI_MAX_TOKENS
harmless         a property of the secret comes after it                     PASSWORD_HASHERS, TOKEN_URL, KEY_PREFIX
secret           a webhook's URL: whoever has it may post                    SLACK_WEBHOOK_URL, SLACK_WEBHOOK
credential URL   a service, then URL, URI, DSN, LOCATION …                   DATABASE_URL, REDIS_TLS_URL, CELERY_BROKER
DSN              the word DSN at its end                                     SENTRY_DSN
identifier       the public half of a key pair                               AWS_ACCESS_KEY_ID, S3_ACCESS_KEY
secret           a strong word: PASSWORD, SECRET, TOKEN, CREDENTIALS, SALT   DBPASSWORD, GITHUB_TOKENS
secret           KEY at its end, without a word that makes it public         STRIPE_KEY; not PUBLIC_KEY, SORT_KEY
harmless         everything else                                             DEBUG, EMAIL_HOST, GOOGLE_CLIENT_ID
===============  ==========================================================  =====================================
"""

from __future__ import annotations

import enum
import functools
import re

from shield_ai.model.finding import Kind

MANIFEST = "shield.toml"
# Secrets Manager appends such a suffix to ARNs and interprets a name that ends with one as a
# partial ARN.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#API_CreateSecret_RequestParameters
ARN_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


class Meaning(enum.StrEnum):
    """What a name says about its value."""

    SECRET = "secret"
    URL = "credential-url"
    DSN = "dsn"
    IDENTIFIER = "identifier"
    HARMLESS = "harmless"


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

STRONG = _set(
    """SECRET SECRETS PASSWORD PASSWORDS PASSWD PASSPHRASE PASS PWD PW TOKEN TOKENS SALT PEPPER CREDENTIAL CREDENTIALS
    CREDS APIKEY APIKEYS FERNET HMAC DBPASS PASSCODE MNEMONIC"""
)
STRONG_ENDS = (
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "APIKEY",
    "SECRETKEY",
    "PASSPHRASE",
    "DBPASS",
    "PRIVATEKEY",
)
# What comes before KEY and makes it a name of something, or public.
NO_SECRET_KEY = _set(
    """PUBLIC PUBLISHABLE PUB SITE PRIMARY FOREIGN SORT CACHE LOOKUP UNIQUE PARTITION ROUTING INDEX PK REGISTRY SLUG
    GROUP HEADER COOKIE SESSION CONTEXT EVENT ANNOTATION METRIC FEATURE SETTINGS SETTING TRANSLATION SORTING STATE
    LANGUAGE LABEL STORAGE OBJECT QUOTA MARKER JSON DATA HASH ID SAVE SEARCH OPTION FORM HOT SHORTCUT DICT MAP ORDER
    ORDERING NAME USER USERNAME EMAIL SURROGATE ACCEPTED BY JS JAVASCRIPT CLUSTER LOCK LIMIT RATELIMIT MUTEX THROTTLE
    EXCLUDE EXCLUDED REDACT REDACTED IGNORE IGNORED IDENTIFYING SENSITIVE META CURRENCY"""
)
# What comes after the word and speaks about the secret instead of holding it.
PROPERTIES = _set(
    """HASHER HASHERS VALIDATOR VALIDATORS RESET RESETS EXPIRE EXPIRES EXPIRED EXPIRY EXPIRATION EXP LIFETIME TTL AGE
    TIMEOUT LENGTH LEN MIN MAX MINIMUM MAXIMUM URL URLS URI ENDPOINT PATH PATHS FILE FILES FILENAME DIR DIRECTORY
    FOLDER ROOT PREFIX SUFFIX HEADER HEADERS NAME NAMES TYPE TYPES CLASS CLASSES MODEL MODELS FUNCTION BACKEND BACKENDS
    ALGORITHM ALGORITHMS ALGO VIEW VIEWS FIELD FIELDS ENABLED DISABLED REQUIRED OPTIONAL ALLOWED BYTES COUNT SIZE LIMIT
    SERIALIZER SERIALIZERS ROTATE ROTATION REFRESH USERNAME CHAR CHARS CHARACTERS METHOD METHODS DAYS HOURS MINUTES
    SECONDS VERSION ERROR ERRORS FORMAT COOKIE TEMPLATE TEMPLATES REGEX PATTERN PROVIDER PROVIDERS CACHE USER USERS
    STORAGE MANAGER ARN ENGINE POLICY POLICIES RULES RULE COMPLEXITY SIMILARITY ENTROPY HISTORY CHANGE CHANGED LOGIN
    LOGOUT FORM FORMS AUDIENCE SCOPE SCOPES ISSUER CLAIM CLAIMS DOMAIN DOMAINS HOST PORT REGION LOCATION ENVIRONMENT
    ENV COST WARNING WARNINGS MESSAGE HINT LABEL PLACEHOLDER PARAM PARAMETER PARAMS QUERY MIDDLEWARE AUTHENTICATION
    GENERATOR LOADER STRATEGY INTERVAL THROTTLE RATE RATES BUCKET ID IDS KEYWORD KEYWORDS SCHEME DESCRIPTION TITLE TEXT
    SUBJECT HELP METADATA DATE DATES AT TIME TIMESTAMP GC VALIDATION CACHING PERIOD OVERFETCH ACCEPTED TIME
    HOSTNAME CFG ITERATIONS PRICE PRICES PRICING REUSE CHARSET ALPHABET PUBLIC CHECK CHECKS MASK"""
)
# Before PASSWORD, these make it a page, an action or a rule; before PASSWORDS, a list of those that nobody may have.
NO_PASSWORD = _set("FORGOT FORGOTTEN RESET CHANGE SET PREVENT")
NO_PASSWORDS = _set("COMMON WEAK BREACHED FORBIDDEN BANNED")
# Hold the path of a file, by a convention that everybody knows.
PATHS = frozenset({"GOOGLE_APPLICATION_CREDENTIALS", "AWS_SHARED_CREDENTIALS_FILE"})
# Before AUTH at the end, these make it credentials ("user:password"); SOCIAL_AUTH and the like are settings.
AUTHORITIES = _set(
    "HTTP BASIC INBOUND REMOTE SMS REDIS REGISTRY WEBHOOK ELASTIC ELASTICSEARCH NEO OPENSEARCH MQTT RABBITMQ DOCKER"
)
# Whole documents in which credentials stand: https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
# and https://docs.allauth.org/en/latest/socialaccount/provider_configuration.html
DOCUMENTS = frozenset({("VCAP", "SERVICES"), ("SOCIALACCOUNT", "PROVIDERS")})
# Secrets that no single word tells, at the end of a name (numbers there are cut off): of Telegram, a wallet, Google.
RUNS = (
    ("API", "HASH"),
    ("SEED", "PHRASE"),
    ("SERVICE", "ACCOUNT", "JSON"),
    ("SERVICE", "ACCOUNT", "INFO"),
    ("SERVICE", "ACCOUNT", "BASE"),
    ("SERVICE", "ACCOUNT", "B"),
)
# Before WEBHOOK or HOOK at the end: whoever has the address may post. Before PAT: a personal access token.
CHATS = _set("SLACK DISCORD TEAMS MATTERMOST ROCKETCHAT DINGTALK FEISHU LARK WECOM INCOMING")
FORGES = _set("GITHUB GH GITLAB BITBUCKET DEVOPS ADO AZURE")
# These may follow and change nothing.
SAME = frozenset({"ID", "FALLBACKS", "FALLBACK"})
SWITCHES = _set(
    """USE USES ENABLE ALLOW ALLOWS REQUIRE REQUIRES DISABLE SHOW HAS IS FORCE SKIP VALIDATE NO NUM MAX MIN HIDE
    CHECK ROTATE LOG MASK"""
)
ANYWHERE = frozenset(
    {"USE", "ALLOW", "ENABLE", "DISABLE", "REQUIRE", "ENABLED", "DISABLED", "REQUIRED"}
)
LIMITS = frozenset(
    {"RATE", "RATES", "RATELIMIT", "LIMIT", "LIMITS", "THROTTLE", "THROTTLES", "QUOTA"}
)
COUNTED = frozenset(
    {"MAX", "MIN", "NUM", "TOTAL", "INPUT", "OUTPUT", "PROMPT", "COMPLETION", "CSRF", "STOP"}
)

SERVICES = _set(
    """DATABASE DATABASES DB POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB MONGO MONGODB MONGOLAB MONGOHQ REDIS REDISCLOUD
    REDISTOGO BROKER RABBITMQ AMQP CLOUDAMQP SQLALCHEMY CLOUDINARY DATABASEURL SQL MSSQL ORACLE NEO CASSANDRA
    CLICKHOUSE KAFKA MEMCACHED MEMCACHIER SUPABASE TIMESCALE COCKROACH VALKEY KEYDB"""
)
# With these, the URL must follow at once: EMAIL_URL, but not EMAIL_CONFIRMATION_URL.
NARROW_SERVICES = _set(
    "CACHE EMAIL MAIL SMTP SEARCH ELASTICSEARCH ELASTIC ES OPENSEARCH SOLR HAYSTACK LDAP FTP SFTP PROXY"
)
ADDRESS = frozenset({"URL", "URLS", "URI", "URIS", "DSN", "LOCATION", "CONNECTION"})
CONNECTED = SERVICES | {"ALCHEMY", "SQLA"}  # before CONN at the end
STAGES = _set(
    "TEST TESTING DEV DEVELOPMENT PROD PRODUCTION STAGING LOCAL LIVE BULK REPLICA READ WRITE"
)

STRINGS = _set("DATABASEURL REDISURL CACHEURL CONNSTR CONNSTRING")

DATABASE_WORDS = _set(
    """DB DATABASE POSTGRES POSTGRESQL PG PSQL MYSQL MARIADB SQL MSSQL ORACLE RDS SQLSERVER DBASE TIMESCALE
    COCKROACH PGSQL"""
)
# Field of the JSON document -> how the variables of a database end. The fields are those of AWS's own rotation.
DATABASE_FIELDS = {
    "database": frozenset({"NAME", "DB", "DATABASE", "DBNAME"}),
    "username": frozenset({"USER", "USERNAME", "LOGIN"}),
    "password": frozenset({"PASSWORD", "PASS", "PASSWD", "PWD", "PW"}),
    "host": frozenset({"HOST", "HOSTNAME", "SERVER", "ADDRESS", "ADDR", "SERVICE"}),
    "port": frozenset({"PORT"}),
}


@functools.lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Cut a name into upper-case words."""
    return tuple(word.upper() for word in WORD.findall(name))


@functools.lru_cache(maxsize=8192)
def meaning(name: str) -> Meaning:
    """Say what the value behind a name is, by the table above."""
    parts = words(name)
    while len(parts) > 1 and (parts[-1].isdigit() or parts[-1] in STAGES):
        parts = parts[:-1]
    if not parts or name.strip("_").upper() in PATHS or parts[:2] == ("NEXT", "PUBLIC"):
        return Meaning.HARMLESS
    if (parts[0] in SWITCHES and len(parts) > 1) or ANYWHERE & set(parts):
        return Meaning.HARMLESS
    if parts[-1] in ADDRESS | {"BROKER", "BACKEND", "CONN"}:
        return _address(parts)
    return _secret(parts)


def _address(parts: tuple[str, ...]) -> Meaning:
    head, last = parts[:-1], parts[-1]
    if last == "LOCATION" and {"CA", "CERT", "CERTIFICATE", "SSL", "TLS", "FILE"} & set(head):
        return Meaning.HARMLESS
    if "WEBHOOK" in head or "WEBHOOKS" in head:
        # the app's own address
        own = last in {"URL", "URLS", "URI"} and head[-1] not in {"HOST", "BASE"}
        return Meaning.SECRET if own else Meaning.HARMLESS
    if last == "BROKER":
        return Meaning.URL if not head or head[-1] == "CELERY" else Meaning.HARMLESS
    if last == "BACKEND":
        return Meaning.URL if head[-1:] in {("RESULT",), ("REDIS",)} else Meaning.HARMLESS
    if last == "CONN":
        return Meaning.URL if CONNECTED & set(head[-1:]) else Meaning.HARMLESS
    if (
        SERVICES & set(head)
        or (head and head[-1] in NARROW_SERVICES)
        or head[-2:] == ("RESULT", "BACKEND")
    ):
        return Meaning.URL
    return Meaning.DSN if last == "DSN" else Meaning.HARMLESS


def _secret(parts: tuple[str, ...]) -> Meaning:
    at = max((i for i, word in enumerate(parts) if _strong(parts, i)), default=-1)
    if parts[-1] in {"KEY", "KEYS"} or parts[-2:] == ("KEY", "ID"):
        return _key(parts)
    if parts in DOCUMENTS:
        return Meaning.SECRET
    if parts[-1] in STRINGS or (
        parts[-1] in {"STRING", "STR"} and parts[-2:-1] in {("CONNECTION",), ("CONN",)}
    ):
        return Meaning.URL
    if _is_run(parts):
        return Meaning.SECRET
    if at < 0:
        # API_KEY_SENDGRID, ES_HTTP_AUTH
        after = (
            _after(parts, ("API", "KEY"))
            or _after(parts, ("PRIVATE", "KEY"))
            or _after(parts, ("KEY", "SECRET"))
        )
        found = after is not None and not set(after) & PROPERTIES
        found = found or (parts[-1] == "AUTH" and bool(AUTHORITIES & set(parts)))
        return Meaning.SECRET if found else Meaning.HARMLESS
    if LIMITS & set(parts):
        return Meaning.HARMLESS
    tail = set(parts[at + 1 :]) - SAME
    if tail & PROPERTIES or (at and parts[at - 1] in COUNTED):
        return Meaning.HARMLESS
    return Meaning.SECRET


def _strong(parts: tuple[str, ...], at: int) -> bool:
    word = parts[at]
    if word == "PASS" and at + 1 < len(parts) and parts[at + 1] == "THROUGH":
        return False
    before = parts[at - 1] if at else ""
    if (word == "PASSWORD" and before in NO_PASSWORD) or (
        word == "PASSWORDS" and before in NO_PASSWORDS
    ):
        return False
    return word in STRONG or (len(word) > len("TOKEN") and word.endswith(STRONG_ENDS))


def _is_run(parts: tuple[str, ...]) -> bool:
    """Tell a secret that the last words of a name say together."""
    before = set(parts[-2:-1])
    if parts[-1] in {"WEBHOOK", "WEBHOOKS", "HOOK"}:
        return bool(CHATS & before)
    return bool(parts[-1] == "PAT" and FORGES & before) or any(
        parts[-len(run) :] == run for run in RUNS
    )


def _after(parts: tuple[str, ...], run: tuple[str, ...]) -> tuple[str, ...] | None:
    for i in range(len(parts) - len(run) + 1):
        if parts[i : i + len(run)] == run:
            return parts[i + len(run) :]
    return None


def _key(parts: tuple[str, ...]) -> Meaning:
    if "SECRET" not in parts and "ACCESS" in parts and (parts[-1] == "ID" or parts[-2] == "ACCESS"):
        return Meaning.IDENTIFIER
    if parts[-1] == "ID":
        # CELLAR_KEY_ID stands beside CELLAR_KEY_SECRET; a KMS key's id is an address.
        return (
            Meaning.HARMLESS
            if {"KMS", "SIGNING", "KEYCLOAK", "TEAM"} & set(parts)
            else Meaning.IDENTIFIER
        )
    before = parts[-2] if len(parts) > 1 else ""
    if not before or before in NO_SECRET_KEY or (before == "TOKEN" and "COOKIE" in parts):
        return Meaning.HARMLESS
    return Meaning.SECRET


def is_secret(name: str) -> bool:
    """Whether the value behind the name is to be moved."""
    return meaning(name) is not Meaning.HARMLESS


def excuse(name: str) -> str:
    """Return the word that tells a name which only sounds like a secret; empty where it is one or sounds like none."""
    parts = words(name)
    strong = [
        i for i in range(len(parts)) if _strong(parts, i) or (i and parts[i] in {"KEY", "KEYS"})
    ]
    if not strong and parts and parts[-1].endswith("SSLKEY"):
        return parts[-1]
    if not strong or is_secret(name) or name.strip("_").upper() in PATHS:
        return ""
    before, after = parts[: strong[-1]], parts[strong[-1] + 1 :]
    told = [word for word in reversed(after) if word in PROPERTIES]
    told += [word for word in before[:1] if word in SWITCHES]
    told += [word for word in parts if word in ANYWHERE | LIMITS | COUNTED]
    told += [word for word in before[-1:] if word in NO_SECRET_KEY]
    return next(iter(told), "")


def secret_name(variable: str) -> str:
    """Name the secret of a variable: `EMAIL_HOST_PASSWORD` is `email-host-password`.

    A name that would end like an ARN's own suffix (`-secret` has six characters) keeps its underscores instead.
    """
    lower = "_".join(re.findall(r"[a-z0-9]+", variable.lower())) or "secret"
    kebab = lower.replace("_", "-")
    return lower if ARN_SUFFIX.search(kebab) else kebab


def variable_of(name: str) -> str:
    """Return the variable that the runtime derives from a secret's name."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def kind(variable: str) -> Kind:
    """Tell the kind of a secret from its variable."""
    what, last = meaning(variable), set(words(variable)[-2:])
    if what in {Meaning.URL, Meaning.DSN} or last & {"URL", "URI"}:
        return Kind.URL
    if last & {"PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE"} or variable.upper().endswith(
        ("PASSWORD", "PASS")
    ):
        return Kind.PASSWORD
    if last & {"KEY", "KEYS", "TOKEN", "TOKENS", "APIKEY"} and "DJANGO" not in words(variable):
        return Kind.API_KEY
    return Kind.GENERIC


def database_field(variable: str) -> tuple[str, str] | None:
    """Split a variable of a database into the family's prefix and the field: `DB_USER` is `("DB", "username")`."""
    parts = words(variable)
    for field, ends in DATABASE_FIELDS.items():
        if parts and parts[-1] in ends and (prefix := parts[:-1]) and DATABASE_WORDS & set(prefix):
            return "_".join(prefix), field
        if len(parts) == 1:
            for start in ("DB", "PG", "DATABASE"):
                if parts[0].startswith(start) and parts[0][len(start) :] in ends:
                    return start, field
    return None
