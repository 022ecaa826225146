"""Judge by its content whether a service, container or image is for development.

Each rule states a fact that is rare on the other side. A fact is strong if it names the purpose,
and weaker if it only shows how the service runs: sloppy production runs a development server, too.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_TEXT = 2000  # of a fact, in characters; commands are shorter


class Fact(enum.Enum):
    """What a text of a deployment file says."""

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


class Strength(enum.IntEnum):
    """How sure a fact is."""

    NONE = 0
    HINT = 1  # two different hints are as sure as what is shown
    SHOWN = 2  # how the service runs
    NAMED = 3  # the author names the purpose


class Scope(enum.Enum):
    """What a fact is about."""

    OWN = enum.auto()  # this service
    APP = enum.auto()  # this service; services without facts are for the same purpose
    FILE = enum.auto()  # each service of the file


class Side(enum.Enum):
    """What a fact speaks for."""

    DEVELOPMENT = enum.auto()
    PRODUCTION = enum.auto()


class Rule(NamedTuple):
    """A fact, and what it speaks for."""

    fact: Fact
    side: Side
    strength: Strength
    scope: Scope
    pattern: re.Pattern[str]


def _rule(fact: Fact, side: Side, strength: Strength, pattern: str, scope: Scope) -> Rule:
    return Rule(fact, side, strength, scope, regex(pattern, re.IGNORECASE))


DEV, PROD = Side.DEVELOPMENT, Side.PRODUCTION
HINT, SHOWN, NAMED = Strength.HINT, Strength.SHOWN, Strength.NAMED
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
HOSTS = r"ALLOWED_HOSTS?|DOMAIN|TRUSTED_ORIGINS|VIRTUAL_HOST|LETSENCRYPT_HOST"  # that it serves
HOSTS_NAME = rf"^(?:\w+_)?(?:{HOSTS})="
URL_NAME = rf"^(?:\w+_)?(?:{HOSTS}|SITE_URL|BASE_URL)="  # or the URL of another site
RULES = (
    # Django, Flask and the others document that these servers are not for production.
    _rule(Fact.COMMAND, DEV, SHOWN, r"\brunserver(?:_plus)?\b", APP),
    _rule(Fact.COMMAND, DEV, SHOWN, r"\bflask\b[^;&|]{0,200}\s--debug\b|\bfastapi\s+dev\b", APP),
    # A server reloads code, or waits for a debugger, where somebody edits the code.
    _rule(Fact.COMMAND, DEV, SHOWN, r"(?:^|\s)--(?:auto-?)?reload(?:\s|$)", APP),
    _rule(Fact.COMMAND, DEV, SHOWN, r"\b(?:watchmedo|watchfiles|nodemon|debugpy|ptvsd)\b", APP),
    _rule(Fact.COMMAND, DEV, SHOWN, r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?(?:start:)?dev\b", APP),
    # A service that runs tests says nothing of the services beside it.
    _rule(Fact.COMMAND, DEV, SHOWN, r"\b(?:pytest|tox|nox)\b|\bmanage\.py\s+test\b", OWN),
    # Flask documents this server for development; small sites use it in production.
    _rule(Fact.COMMAND, DEV, HINT, r"\bflask\b[^;&|]{0,200}\srun\b", APP),
    # A container that only waits is entered by a person, also beside an app in production.
    _rule(Fact.COMMAND, DEV, HINT, r"\bsleep\s+inf(?:inity)?\b|\btail\s+-f\s+/dev/null", OWN),
    # Django: never deploy a site into production with DEBUG turned on. Others do so by mistake.
    _rule(
        Fact.VARIABLE,
        DEV,
        SHOWN,
        r"^(?:(?:DJANGO|FLASK|FASTAPI|QUART|APP)_)?DEBUG=(?:1|true|yes|on)$",
        APP,
    ),
    # The app's own switch: it can be that of a log.
    _rule(Fact.VARIABLE, DEV, HINT, r"^[a-z0-9]+_DEBUG=(?:1|true|yes|on)$", APP),
    # Variables that select settings have the name of the stage. Copied files keep the name.
    _rule(Fact.VARIABLE, DEV, SHOWN, STAGE_NAME + rf"(?:{DEV_WORDS}|ci)$", APP),
    _rule(
        Fact.VARIABLE,
        DEV,
        SHOWN,
        SETTINGS_NAME + rf"(?:.*[._:])?(?:{DEV_WORDS}){SETTINGS_END}",
        APP,
    ),
    # An app that only this computer can reach has no users.
    _rule(
        Fact.VARIABLE,
        DEV,
        HINT,
        URL_NAME + r"(?:[\s,\"'\[\]]|https?://|localhost|127\.0\.0\.1|0\.0\.0\.0|:\d{1,5})+$",
        APP,
    ),
    # Authors name projects, namespaces, profiles, build stages and files by their purpose.
    _rule(Fact.PROJECT, DEV, NAMED, rf"(?:^|[-_.])(?:{DEV_WORDS})$|^dev[-_.]", FILE),
    _rule(Fact.PROFILE, DEV, NAMED, rf"^(?:{DEV_WORDS}|debug)$", OWN),
    _rule(Fact.TARGET, DEV, NAMED, rf"(?:^|[-_.])(?:{DEV_WORDS}|debug)$", APP),
    _rule(Fact.DOCKERFILE, DEV, NAMED, rf"{PATH_START}(?:{DEV_WORDS}){PATH_END}", APP),
    _rule(
        Fact.ENV_FILE,
        DEV,
        NAMED,
        rf"{PATH_START}(?:dev|devel|develop|development|tests?|testing|e2e){PATH_END}|/\.?local/",
        APP,
    ),
    # A server can have a file of local changes.
    _rule(Fact.ENV_FILE, DEV, HINT, r"[._-]local(?:\.|$)", APP),
    # A name can be that of a feature: speed-test.
    _rule(Fact.NAME, DEV, SHOWN, rf"(?:^|[-_.])(?:{DEV_WORDS}|pytest)\d*$", OWN),
    # Compose Watch copies edited files into the container.
    _rule(Fact.KEY, DEV, NAMED, r"^develop=", APP),
    # The container uses the files in the folder, or a terminal. Some servers do so, too.
    _rule(Fact.KEY, DEV, HINT, r"^source=", APP),
    _rule(Fact.KEY, DEV, HINT, r"^stdin_open=true$", OWN),
    # These servers show mail instead of sending it.
    _rule(
        Fact.IMAGE,
        DEV,
        HINT,
        r"(?:^|[/-])(?:mailhog|mailpit|mailcatcher|maildev|greenmail|mailtrap|smtp4dev|inbucket)",
        FILE,
    ),
    # Servers for production; with --reload, a rule for development matches, too.
    _rule(
        Fact.COMMAND,
        PROD,
        SHOWN,
        r"\b(?:gunicorn|uwsgi|daphne|hypercorn|waitress-serve|mod_wsgi-express|granian)\b"
        r"(?!(?s:.*)\s--reload)|\buvicorn\b[^;&|]{0,500}\s--workers\b|\bfastapi\s+run\b",
        APP,
    ),
    _rule(
        Fact.VARIABLE,
        PROD,
        SHOWN,
        r"^(?:(?:DJANGO|FLASK|FASTAPI|QUART|APP)_)?DEBUG=(?:0|false|no|off)$",
        APP,
    ),
    _rule(Fact.VARIABLE, PROD, NAMED, STAGE_NAME + rf"(?:{PROD_WORDS})$", APP),
    _rule(
        Fact.VARIABLE,
        PROD,
        NAMED,
        SETTINGS_NAME + rf"(?:.*[._:])?(?:{PROD_WORDS}){SETTINGS_END}",
        APP,
    ),
    # A public host name has users.
    _rule(
        Fact.VARIABLE,
        PROD,
        SHOWN,
        HOSTS_NAME
        + r".*?\b[a-z0-9-]{1,63}\.(?!(?:local|test|localhost|internal|invalid|example)\b)[a-z]{2,}",
        APP,
    ),
    _rule(Fact.PROJECT, PROD, NAMED, rf"(?:^|[-_.])(?:{PROD_WORDS})(?:$|[-_.])", FILE),
    _rule(Fact.PROFILE, PROD, NAMED, rf"^(?:{PROD_WORDS})$", OWN),
    _rule(Fact.TARGET, PROD, NAMED, rf"(?:^|[-_.])(?:{PROD_WORDS}|release)$", APP),
    _rule(Fact.NAME, PROD, SHOWN, r"(?:^|[-_.])(?:prod|prd|production|staging|preprod)\d*$", APP),
    _rule(Fact.DOCKERFILE, PROD, NAMED, rf"{PATH_START}(?:{PROD_WORDS}){PATH_END}", APP),
    _rule(Fact.ENV_FILE, PROD, NAMED, rf"{PATH_START}(?:{PROD_WORDS}){PATH_END}", APP),
    # The port of HTTP is for browsers; a proxy for development can have it, too.
    _rule(Fact.PORT, PROD, SHOWN, r"^(?:\d{1,3}(?:\.\d{1,3}){3}:)?80:", OWN),
    # A certificate is for a public host.
    _rule(Fact.PORT, PROD, SHOWN, r"^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\$\{\w+):-?)?443:", FILE),
    _rule(Fact.IMAGE, PROD, SHOWN, r"certbot|letsencrypt|acme", FILE),
    _rule(
        Fact.COMMAND, PROD, SHOWN, r"certbot|letsencrypt|certificatesresolvers|certresolver", FILE
    ),
    # Copies on several hosts.
    _rule(Fact.KEY, PROD, SHOWN, r"^(?:replicas=(?!1$)|placement=|update_config=)", APP),
    # A service that is too large to be judged.
    _rule(Fact.KEY, PROD, NAMED, r"^too_large=", FILE),
)
BY_FACT: Mapping[Fact, tuple[int, ...]] = {
    fact: tuple(index for index, rule in enumerate(RULES) if rule.fact is fact) for fact in Fact
}
# They distinguish a service from a similar one in the same file.
VARIANT_FACTS = frozenset({Fact.NAME, Fact.PROFILE})
VARIABLE_NAME = regex(r"(?:\w*_)?(?:DEBUG|ENV|ENVIRONMENT|STAGE|ENV_\w+|HOSTS?|URL|DOMAIN|ORIGINS)"
    r"|DJANGO_\w+|APP_\w+|FLASK_\w+|CONFIG_CLASS", re.IGNORECASE)  # fmt: skip
EXPANSION = regex(r"\$\{\w{1,200}:?-(?P<default>[^}$]{0,200})\}")
SETTINGS_OPTION = regex(r"\s--settings[= ]([\w.]{1,200})")


class Sign(NamedTuple):
    """A rule that matched."""

    rule: int  # its index
    strength: Strength


Signs = frozenset[Sign]
NO_SIGNS: Signs = frozenset()


def find_signs(fact: Fact, text: str, *, is_default: bool = False) -> Signs:
    """Return the rules that match a text.

    Args:
        fact: What the text says.
        text: The text.
        is_default: Whether something else can replace the text, which is then only a hint of
            development.
    """
    if len(text) > MAX_TEXT:
        return find_signs(Fact.KEY, "too_large=")
    found = set()
    for index in BY_FACT[fact]:
        rule = RULES[index]
        if rule.pattern.search(text):
            is_hint = is_default and rule.side is DEV
            found.add(Sign(index, HINT if is_hint else rule.strength))
    return frozenset(found)


def command_signs(text: str, *, is_default: bool = False) -> Signs:
    """Return the rules that match a command.

    Args:
        text: The words of the command.
        is_default: Whether something else can replace the command.
    """
    signs = find_signs(Fact.COMMAND, text, is_default=is_default)
    if len(text) <= MAX_TEXT and (option := SETTINGS_OPTION.search(text)):
        signs |= variable_signs("DJANGO_SETTINGS_MODULE", option[1], is_default=is_default)
    return signs


def variable_signs(name: str, value: str, *, is_default: bool = False) -> Signs:
    """Return the rules that match a variable; the default of `${NAME:-default}` is a hint.

    Args:
        name: The variable.
        value: Its value, unexpanded.
        is_default: Whether something else can replace the value.
    """
    if len(name) > MAX_TEXT or not VARIABLE_NAME.fullmatch(name):
        return NO_SIGNS
    if match := EXPANSION.fullmatch(value):
        value, is_default = match["default"], True
    return find_signs(Fact.VARIABLE, f"{name}={value}", is_default=is_default)


def _source(sign: Sign) -> Fact | int:
    """Return what a sign is from: two in the same command or environment are often copied."""
    fact = RULES[sign.rule].fact
    return sign.rule if fact is Fact.KEY else fact


class Evidence:
    """The signs of a service, and those of its file.

    Args:
        signs: The rules that matched.
    """

    def __init__(self, signs: Iterable[Sign]) -> None:
        self.signs = frozenset(signs)
        self.development = self._strength(DEV)
        self.production = self._strength(PROD)

    def _strength(self, side: Side, scopes: Iterable[Scope] = tuple(Scope)) -> Strength:
        of_side = [
            sign
            for sign in self.signs
            if RULES[sign.rule].side is side and RULES[sign.rule].scope in scopes
        ]
        strongest = max((sign.strength for sign in of_side), default=Strength.NONE)
        is_shown = strongest is Strength.HINT and len({_source(sign) for sign in of_side}) > 1
        return SHOWN if is_shown else strongest

    @property
    def is_development(self) -> bool:
        """Whether the service is for development."""
        return self.development >= SHOWN and self.development > self.production

    @property
    def votes_for_development(self) -> bool:
        """Whether services without signs are for development, too."""
        is_variant = any(RULES[sign.rule].fact in VARIANT_FACTS for sign in self.signs)
        is_app = self._strength(DEV, (APP, FILE)) >= SHOWN
        return self.is_development and is_app and not is_variant

    @property
    def votes_for_production(self) -> bool:
        """Whether services without signs may be for production."""
        return not self.is_development and self._strength(PROD, (APP, FILE)) >= SHOWN

    @property
    def is_neutral(self) -> bool:
        """Whether the services beside it decide."""
        return not self.is_development and self.production < SHOWN


def of_file(signs: Iterable[Sign]) -> Signs:
    """Return the signs that are about each service of the file.

    Args:
        signs: The signs of all services.
    """
    return frozenset(sign for sign in signs if RULES[sign.rule].scope is FILE)


def development_units(evidence: Mapping[str, Evidence]) -> frozenset[str]:
    """Return the services for development, by their own signs or those of the others.

    Args:
        evidence: The signs of each service, with those of the file.
    """
    units = {name for name, found in evidence.items() if found.is_development}
    votes = [found for found in evidence.values() if found.votes_for_development]
    is_disputed = any(found.votes_for_production for found in evidence.values())
    if votes and not is_disputed:
        units |= {name for name, found in evidence.items() if found.is_neutral}
    return frozenset(units)
