"""Decide whether production needs the URL of a database although the code has a default for it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.deployment import Use, ValueForm
from shield_ai.model.file_reader import read_optional
from shield_ai.model.finding import Kind
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.site import READ_SHAPES
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.copy_parts import REQUIREMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.deployment import Deployment, DeploymentVariable
    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite
    from shield_ai.project.tree import Tree

MAIN_DATABASE_WORDS = word_set("DATABASE DB SQLALCHEMY")
SECONDARY_DATABASE_WORDS = word_set(
    "SECONDARY REPLICA READONLY SLAVE FOLLOWER LEGACY WAREHOUSE ARCHIVE"
)
# In the requirements of an app.
DRIVER = regex(
    rb"(?im)(?:^|[\"'])[ \t]*(?:psycopg|asyncpg|aiopg|pg8000|mysqlclient|mysql-connector|pymysql"
    rb"|aiomysql|asyncmy|mariadb|oracledb|cx[-_]oracle|mssql-django|pyodbc"
    rb"|(?:pymongo|motor|mongoengine|beanie)\b)"
)
# Values that do not configure a database.
NOT_SET = frozenset({ValueForm.READ, ValueForm.EMPTY, ValueForm.PLACEHOLDER})


def is_secondary_database(variable: str) -> bool:
    """Return whether a variable belongs to a secondary database, such as a replica."""
    return not SECONDARY_DATABASE_WORDS.isdisjoint(words(variable))


def require_deployed_database(
    drafted: Sequence[Secret], deployment: Deployment, tree: Tree, sites: Sequence[FoundSite]
) -> Iterator[Secret]:
    """Make the URL of the main database required if production uses a database server.

    It does if a production deployment file sets the URL, or if the app requires the driver of a
    server, and neither has a secret with the login of a database instead nor replaces the setting.
    Otherwise, the app would start with the default in the code, such as an SQLite file, while AWS
    can't be asked.

    Args:
        drafted: The new secrets.
        deployment: The places that set their variables.
        tree: The app's folder.
        sites: All sites of the app.
    """
    deployed = {place.variable for place in deployment.variables if _configures(place)}
    is_required = _requires_driver(tree) and not any(map(_has_login, drafted))
    replaced = set(_replaced_variables(sites, tree)) if is_required else set()
    others = _additional_variables(sites) | {s.env for s in drafted if not is_main_database(s)}
    for secret in drafted:
        is_used = is_required and secret.env not in replaced
        is_needed = secret.env not in others and (is_used or secret.env in deployed)
        optional = None if is_needed else secret.optional
        yield msgspec.structs.replace(secret, optional=optional)


def _replaced_variables(sites: Sequence[FoundSite], tree: Tree) -> Iterator[str]:
    """Yield the variables whose setting a condition in the same file replaces, as on a platform.

    if "PLATFORM_RELATIONSHIPS" in os.environ:
        DATABASE_URL = ...
    """
    for finding, site in sites:
        if meaning(site.variable) is Meaning.URL and finding.name.isidentifier():
            raw = read_optional(tree.read, finding.path) or b""
            if re.search(rb"(?m)^[ \t]+%s[ \t]*=(?!=)" % os.fsencode(finding.name), raw):
                yield site.variable


def _additional_variables(sites: Sequence[FoundSite]) -> set[str]:
    """Return the variables that only databases with another alias than "default" have."""
    additional: set[str] = set()
    others: set[str] = set()
    for _, site in sites:
        if site.shape in READ_SHAPES:
            (additional if site.is_additional else others).update(site.variables)
    return additional - others


def _requires_driver(tree: Tree) -> bool:
    """Return whether the app requires the driver of a database server."""
    return any(DRIVER.search(read_optional(tree.read, path) or b"") for path in REQUIREMENTS)


def _has_login(secret: Secret) -> bool:
    """Return whether a secret contains the login of a database, in several variables."""
    return secret.kind is Kind.DATABASE and secret.fields is not None


def _configures(place: DeploymentVariable) -> bool:
    """Return whether a place sets a variable of production, not for a server that it starts."""
    is_set = place.form not in NOT_SET and not place.is_own_login
    return is_set and place.use is Use.PRODUCTION


def is_main_database(secret: Secret) -> bool:
    """Return whether a secret is the URL of the app's main database."""
    variable = secret.env or ""
    is_url = meaning(variable) is Meaning.URL
    is_database = not MAIN_DATABASE_WORDS.isdisjoint(words(variable))
    return is_url and is_database and not is_secondary_database(variable)
