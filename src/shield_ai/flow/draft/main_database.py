"""Decide whether production needs the URL of a database although the code has a default for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.deployment import Use, ValueForm
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import word_set, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.deployment import Deployment
    from shield_ai.model.manifest import Secret

MAIN_DATABASE_WORDS = word_set("DATABASE DB SQLALCHEMY")
SECONDARY_DATABASE_WORDS = word_set(
    "SECONDARY REPLICA READONLY SLAVE FOLLOWER LEGACY WAREHOUSE ARCHIVE"
)
# Values that do not configure a database.
NOT_SET = frozenset({ValueForm.READ, ValueForm.EMPTY, ValueForm.PLACEHOLDER})


def is_secondary_database(variable: str) -> bool:
    """Return whether a variable belongs to a secondary database, such as a replica."""
    return not SECONDARY_DATABASE_WORDS.isdisjoint(words(variable))


def require_deployed_database(
    drafted: Sequence[Secret], deployment: Deployment
) -> Iterator[Secret]:
    """Make the URL of the main database required if a production deployment file sets it.

    Otherwise, the app would start with the default in the code, such as an SQLite file, while the
    secret does not exist.

    Args:
        drafted: The new secrets.
        deployment: The places that set their variables.
    """
    deployed = {
        place.variable
        for place in deployment.variables
        if place.use is Use.PRODUCTION and place.form not in NOT_SET and not place.is_own_login
    }
    for secret in drafted:
        is_needed = secret.env in deployed and is_main_database(secret)
        optional = None if is_needed else secret.optional
        yield msgspec.structs.replace(secret, optional=optional)


def is_main_database(secret: Secret) -> bool:
    """Return whether a secret is the URL of the app's main database."""
    variable = secret.env or ""
    is_url = meaning(variable) is Meaning.URL
    is_database = not MAIN_DATABASE_WORDS.isdisjoint(words(variable))
    return is_url and is_database and not is_secondary_database(variable)
