"""The patterns that indicate whether a service is for development or for production."""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping


class TextKind(enum.Enum):
    """What a text in a deployment file is."""

    COMMAND = enum.auto()
    VARIABLE = enum.auto()  # NAME=value
    PROJECT = enum.auto()  # the name of the Compose project, or a namespace
    NAME = enum.auto()  # of a service or container
    PROFILE = enum.auto()
    TARGET = enum.auto()  # a stage of a Dockerfile
    DOCKERFILE = enum.auto()
    ENV_FILE = enum.auto()
    PORT = enum.auto()
    IMAGE = enum.auto()
    KEY = enum.auto()  # a key and a value of the service


class Confidence(enum.IntEnum):
    """The confidence of a rule."""

    NONE = 0
    LOW = 1  # two matches from different sources count as MEDIUM
    MEDIUM = 2  # the service runs in a way that is typical of the environment
    HIGH = 3  # the author names the environment


class Scope(enum.Enum):
    """The services that a rule applies to."""

    OWN = enum.auto()  # the service that matches
    APP = enum.auto()  # the service that matches, and services that no rule classifies
    FILE = enum.auto()  # each service of the file


class Environment(enum.Enum):
    """The environment that a rule indicates."""

    DEVELOPMENT = enum.auto()
    PRODUCTION = enum.auto()


class Rule(NamedTuple):
    """A pattern that indicates an environment."""

    kind: TextKind
    environment: Environment
    confidence: Confidence
    scope: Scope
    pattern: re.Pattern[str]


def _rule(
    kind: TextKind, environment: Environment, confidence: Confidence, pattern: str, scope: Scope
) -> Rule:
    return Rule(kind, environment, confidence, scope, regex(pattern, re.IGNORECASE))


DEV, PROD = Environment.DEVELOPMENT, Environment.PRODUCTION
LOW, MEDIUM, HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH
OWN, APP, FILE = Scope.OWN, Scope.APP, Scope.FILE
DEV_WORDS = r"dev|devel|develop|development|local|localdev|tests?|testing|unittests?|e2e"
PROD_WORDS = r"prod|prd|production|live|staging|stage|stg|preprod|uat"
PATH_START = r"(?:^|[/._-])"
PATH_END = r"(?:[/._-]|\d|$)"
STAGE_NAME = r"^(?:\w+_)?(?:ENV|ENVIRONMENT|ENV_NAME|ENV_FOR_DYNACONF|STAGE)="
SETTINGS_NAME = (
    r"^(?:DJANGO_SETTINGS_MODULE|DJANGO_CONFIGURATION|APP_SETTINGS|APP_CONFIG|FLASK_CONFIG"
    r"|FLASK_SETTINGS|CONFIG_CLASS)="
)
SETTINGS_END = r"(?:config|settings)?(?:$|[._:])"
HOSTS = r"ALLOWED_HOSTS?|DOMAIN|TRUSTED_ORIGINS|VIRTUAL_HOST|LETSENCRYPT_HOST"  # of the app itself
HOSTS_NAME = rf"^(?:\w+_)?(?:{HOSTS})="
URL_NAME = rf"^(?:\w+_)?(?:{HOSTS}|SITE_URL|BASE_URL)="  # can also be the URL of another site
RULES = (
    # Django, Flask and the others document that these servers are not for production.
    _rule(TextKind.COMMAND, DEV, MEDIUM, r"\brunserver(?:_plus)?\b", APP),
    _rule(
        TextKind.COMMAND, DEV, MEDIUM, r"\bflask\b[^;&|]{0,200}\s--debug\b|\bfastapi\s+dev\b", APP
    ),
    # Reloading edited code, and debuggers, are features for development.
    _rule(TextKind.COMMAND, DEV, MEDIUM, r"(?:^|\s)--(?:auto-?)?reload(?:\s|$)", APP),
    _rule(
        TextKind.COMMAND, DEV, MEDIUM, r"\b(?:watchmedo|watchfiles|nodemon|debugpy|ptvsd)\b", APP
    ),
    _rule(
        TextKind.COMMAND, DEV, MEDIUM, r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?(?:start:)?dev\b", APP
    ),
    # A service that runs tests does not classify the other services.
    _rule(TextKind.COMMAND, DEV, MEDIUM, r"\b(?:pytest|tox|nox)\b|\bmanage\.py\s+test\b", OWN),
    # Flask documents this server for development; small sites use it in production.
    _rule(TextKind.COMMAND, DEV, LOW, r"\bflask\b[^;&|]{0,200}\srun\b", APP),
    # A container that only waits is for `docker exec`; production has some, too.
    _rule(TextKind.COMMAND, DEV, LOW, r"\bsleep\s+inf(?:inity)?\b|\btail\s+-f\s+/dev/null", OWN),
    # Django: never deploy a site into production with DEBUG turned on. Others do so by mistake.
    _rule(
        TextKind.VARIABLE,
        DEV,
        MEDIUM,
        r"^(?:(?:DJANGO|FLASK|FASTAPI|QUART|APP)_)?DEBUG=(?:1|true|yes|on)$",
        APP,
    ),
    # A switch of the app itself, which may only control its log.
    _rule(TextKind.VARIABLE, DEV, LOW, r"^[a-z0-9]+_DEBUG=(?:1|true|yes|on)$", APP),
    # The name of an environment. It is not HIGH: files that are copied from development keep it.
    _rule(TextKind.VARIABLE, DEV, MEDIUM, STAGE_NAME + rf"(?:{DEV_WORDS}|ci)$", APP),
    _rule(
        TextKind.VARIABLE,
        DEV,
        MEDIUM,
        SETTINGS_NAME + rf"(?:.*[._:])?(?:{DEV_WORDS}){SETTINGS_END}",
        APP,
    ),
    # An app that only localhost can reach is rarely in production.
    _rule(
        TextKind.VARIABLE,
        DEV,
        LOW,
        URL_NAME + r"(?:[\s,\"'\[\]]|https?://|localhost|127\.0\.0\.1|0\.0\.0\.0|:\d{1,5})+$",
        APP,
    ),
    # Authors name projects, namespaces, profiles, build stages and files by their purpose.
    _rule(TextKind.PROJECT, DEV, HIGH, rf"(?:^|[-_.])(?:{DEV_WORDS})$|^dev[-_.]", FILE),
    _rule(TextKind.PROFILE, DEV, HIGH, rf"^(?:{DEV_WORDS}|debug)$", OWN),
    _rule(TextKind.TARGET, DEV, HIGH, rf"(?:^|[-_.])(?:{DEV_WORDS}|debug)$", APP),
    _rule(TextKind.DOCKERFILE, DEV, HIGH, rf"{PATH_START}(?:{DEV_WORDS}){PATH_END}", APP),
    _rule(
        TextKind.ENV_FILE,
        DEV,
        HIGH,
        rf"{PATH_START}(?:dev|devel|develop|development|tests?|testing|e2e){PATH_END}|/\.?local/",
        APP,
    ),
    # Servers use .env.local for overrides, too.
    _rule(TextKind.ENV_FILE, DEV, LOW, r"[._-]local(?:\.|$)", APP),
    # Not HIGH: "test" can be part of the name of a product, such as speed-test.
    _rule(TextKind.NAME, DEV, MEDIUM, rf"(?:^|[-_.])(?:{DEV_WORDS}|pytest)\d*$", OWN),
    # Compose Watch copies edited files into the container.
    _rule(TextKind.KEY, DEV, HIGH, r"^develop=", APP),
    # The source code is mounted, or the container has a terminal; some servers do so, too.
    _rule(TextKind.KEY, DEV, LOW, r"^source=", APP),
    _rule(TextKind.KEY, DEV, LOW, r"^stdin_open=true$", OWN),
    # These servers show mail instead of sending it.
    _rule(
        TextKind.IMAGE,
        DEV,
        LOW,
        r"(?:^|[/-])(?:mailhog|mailpit|mailcatcher|maildev|greenmail|mailtrap|smtp4dev|inbucket)",
        FILE,
    ),
    # Servers for production; with --reload, a rule for development matches, too.
    _rule(
        TextKind.COMMAND,
        PROD,
        MEDIUM,
        r"\b(?:gunicorn|uwsgi|daphne|hypercorn|waitress-serve|mod_wsgi-express|granian)\b"
        r"(?!(?s:.*)\s--reload)|\buvicorn\b[^;&|]{0,500}\s--workers\b|\bfastapi\s+run\b",
        APP,
    ),
    _rule(
        TextKind.VARIABLE,
        PROD,
        MEDIUM,
        r"^(?:(?:DJANGO|FLASK|FASTAPI|QUART|APP)_)?DEBUG=(?:0|false|no|off)$",
        APP,
    ),
    _rule(TextKind.VARIABLE, PROD, HIGH, STAGE_NAME + rf"(?:{PROD_WORDS})$", APP),
    _rule(
        TextKind.VARIABLE,
        PROD,
        HIGH,
        SETTINGS_NAME + rf"(?:.*[._:])?(?:{PROD_WORDS}){SETTINGS_END}",
        APP,
    ),
    # A public host name indicates production.
    _rule(
        TextKind.VARIABLE,
        PROD,
        MEDIUM,
        HOSTS_NAME
        + r".*?\b[a-z0-9-]{1,63}\.(?!(?:local|test|localhost|internal|invalid|example)\b)[a-z]{2,}",
        APP,
    ),
    _rule(TextKind.PROJECT, PROD, HIGH, rf"(?:^|[-_.])(?:{PROD_WORDS})(?:$|[-_.])", FILE),
    _rule(TextKind.PROFILE, PROD, HIGH, rf"^(?:{PROD_WORDS})$", OWN),
    _rule(TextKind.TARGET, PROD, HIGH, rf"(?:^|[-_.])(?:{PROD_WORDS}|release)$", APP),
    _rule(
        TextKind.NAME, PROD, MEDIUM, r"(?:^|[-_.])(?:prod|prd|production|staging|preprod)\d*$", APP
    ),
    _rule(TextKind.DOCKERFILE, PROD, HIGH, rf"{PATH_START}(?:{PROD_WORDS}){PATH_END}", APP),
    _rule(TextKind.ENV_FILE, PROD, HIGH, rf"{PATH_START}(?:{PROD_WORDS}){PATH_END}", APP),
    # Port 80 indicates a public service; a proxy for development can have it, too.
    _rule(TextKind.PORT, PROD, MEDIUM, r"^(?:\d{1,3}(?:\.\d{1,3}){3}:)?80:", OWN),
    # HTTPS and ACME certificates indicate a public host.
    _rule(TextKind.PORT, PROD, MEDIUM, r"^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\$\{\w+):-?)?443:", FILE),
    _rule(TextKind.IMAGE, PROD, MEDIUM, r"certbot|letsencrypt|acme", FILE),
    _rule(
        TextKind.COMMAND,
        PROD,
        MEDIUM,
        r"certbot|letsencrypt|certificatesresolvers|certresolver",
        FILE,
    ),
    # Replicas and placement indicate a cluster.
    _rule(TextKind.KEY, PROD, MEDIUM, r"^(?:replicas=(?!1$)|placement=|update_config=)", APP),
    # Text that is too long is not matched, and taken as production.
    _rule(TextKind.KEY, PROD, HIGH, r"^too_large=", FILE),
)
BY_KIND: Mapping[TextKind, tuple[int, ...]] = {
    kind: tuple(index for index, rule in enumerate(RULES) if rule.kind is kind) for kind in TextKind
}
