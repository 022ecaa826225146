"""Classify services, containers and images as for development or for production.

Each rule matches a text that is typical of one environment and rare in the other. An explicit name
counts more than an option of a server, because some production services run a development server.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.evidence_rules import (
    APP,
    BY_KIND,
    DEV,
    FILE,
    LOW,
    MEDIUM,
    OWN,
    PROD,
    RULES,
    Confidence,
    Environment,
    Scope,
    TextKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_TEXT = 2000  # characters of a text that is matched; commands are shorter


# Kinds that mark a variant of another service in the same file.
VARIANT_KINDS = frozenset({TextKind.NAME, TextKind.PROFILE})
VARIABLE_NAME = regex(r"(?:\w*_)?(?:DEBUG|ENV|ENVIRONMENT|STAGE|ENV_\w+|HOSTS?|URL|DOMAIN|ORIGINS)"
    r"|DJANGO_\w+|APP_\w+|FLASK_\w+|CONFIG_CLASS", re.IGNORECASE)  # fmt: skip
EXPANSION = regex(r"\$\{\w{1,200}:?-(?P<default>[^}$]{0,200})\}")
SETTINGS_OPTION = regex(r"\s--settings[= ]([\w.]{1,200})")


class Match(NamedTuple):
    """A rule that matched."""

    rule: int  # index in RULES
    confidence: Confidence


Matches = frozenset[Match]
NO_MATCHES: Matches = frozenset()


def find_matches(kind: TextKind, text: str, *, is_default: bool = False) -> Matches:
    """Return the rules that match a text; a text that is too long is taken as production.

    Args:
        kind: What the text is.
        text: The text.
        is_default: Whether the text is a default that can be overridden; rules for development
            then have a low confidence.
    """
    if len(text) > MAX_TEXT:
        return find_matches(TextKind.KEY, "too_large=")  # see the rule for production in RULES
    found = set()
    for index in BY_KIND[kind]:
        rule = RULES[index]
        if rule.pattern.search(text):
            is_low = is_default and rule.environment is DEV
            found.add(Match(index, LOW if is_low else rule.confidence))
    return frozenset(found)


def command_matches(text: str, *, is_default: bool = False) -> Matches:
    """Return the rules that match a command.

    Args:
        text: The words of the command.
        is_default: Whether something else can replace the command.
    """
    matches = find_matches(TextKind.COMMAND, text, is_default=is_default)
    if len(text) <= MAX_TEXT and (option := SETTINGS_OPTION.search(text)):
        matches |= variable_matches("DJANGO_SETTINGS_MODULE", option[1], is_default=is_default)
    return matches


def variable_matches(name: str, value: str, *, is_default: bool = False) -> Matches:
    """Return the rules that match a variable; of `${NAME:-default}`, the default is matched.

    Args:
        name: The variable.
        value: Its value, unexpanded.
        is_default: Whether something else can replace the value.
    """
    if len(name) > MAX_TEXT or not VARIABLE_NAME.fullmatch(name):
        return NO_MATCHES
    if match := EXPANSION.fullmatch(value):
        value, is_default = match["default"], True
    return find_matches(TextKind.VARIABLE, f"{name}={value}", is_default=is_default)


def _source(match: Match) -> TextKind | int:
    """Return the source of a match.

    Matches from the same source count once, because they are often copied together.
    """
    kind = RULES[match.rule].kind
    return match.rule if kind is TextKind.KEY else kind


class Evidence:
    """Classifies a service by the matches of the service and of its file.

    Args:
        matches: The rules that matched.
    """

    def __init__(self, matches: Iterable[Match]) -> None:
        self.matches = frozenset(matches)
        self.development = self._confidence(DEV)
        self.production = self._confidence(PROD)

    def _confidence(
        self, environment: Environment, scopes: Iterable[Scope] = tuple(Scope)
    ) -> Confidence:
        strongest = Confidence.NONE
        sources = set()
        for match in self.matches:
            rule = RULES[match.rule]
            if rule.environment is environment and rule.scope in scopes:
                strongest = max(strongest, match.confidence)
                sources.add(_source(match))
        # Two independent sources of low confidence count as medium.
        return MEDIUM if strongest is LOW and len(sources) > 1 else strongest

    @property
    def is_development(self) -> bool:
        """Whether the service is for development."""
        return self.development >= MEDIUM and self.development > self.production

    @property
    def is_tool(self) -> bool:
        """Whether the service is for development because of what it runs, such as tests."""
        return self.is_development and self._confidence(DEV, (OWN,)) >= MEDIUM

    @property
    def implies_development(self) -> bool:
        """Whether unclassified services of the file are for development, too."""
        is_variant = any(RULES[match.rule].kind in VARIANT_KINDS for match in self.matches)
        is_app = self._confidence(DEV, (APP, FILE)) >= MEDIUM
        return self.is_development and is_app and not is_variant

    @property
    def implies_production(self) -> bool:
        """Whether unclassified services of the file may be for production."""
        return not self.is_development and self._confidence(PROD, (APP, FILE)) >= MEDIUM

    @property
    def is_unclassified(self) -> bool:
        """Whether there is too little evidence, so that the other services of the file decide."""
        return not self.is_development and self.production < MEDIUM


def file_matches(matches: Iterable[Match]) -> Matches:
    """Return the matches that apply to each service of the file.

    Args:
        matches: The matches of all services.
    """
    return frozenset(match for match in matches if RULES[match.rule].scope is FILE)


def development_units(evidence: Mapping[str, Evidence]) -> frozenset[str]:
    """Return the development services.

    If one service implies development and none implies production, unclassified services are
    development services as well.

    Args:
        evidence: The matches of each service, with those of the file.
    """
    units = {name for name, found in evidence.items() if found.is_development}
    implies_development = any(found.implies_development for found in evidence.values())
    implies_production = any(found.implies_production for found in evidence.values())
    if implies_development and not implies_production:
        units |= {name for name, found in evidence.items() if found.is_unclassified}
    return frozenset(units)
