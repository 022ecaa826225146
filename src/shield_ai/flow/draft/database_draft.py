"""Group the variables of each database into one secret."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Literal

from shield_ai.model.database_fields import backend_engine, database_field, named_engine
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation, Secret
from shield_ai.model.site import READ_SHAPES, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.model.site import FoundSite

DATABASE_SECRET = "database-credentials"
_FIELDS = ("database", "username", "password", "host", "port")
# Prefixes that are not part of the secret's name.
_GENERIC_PREFIXES = frozenset({"db", "database", "postgres", "postgresql", "mysql", "pg", "sql"})


@dataclasses.dataclass
class _Database:
    """The variables of one database."""

    alias: str  # the alias in DATABASES, or the prefix of the variables
    shares_alias: bool  # another database has the same alias, for example one for tests
    fields: dict[str, str]  # field -> variable


def database_secrets(sites: Sequence[FoundSite], known: set[str]) -> Iterator[Secret]:
    """Yield a secret for each database with a password that is read from a variable.

    Args:
        sites: The sites that can be moved.
        known: The variables in shield.toml.
    """
    for database in _databases(sites, known):
        fields = database.fields
        if "password" not in fields or len(fields) == 1:
            continue
        yield Secret(
            name=_secret_name(database),
            kind=Kind.DATABASE,
            fields={field: fields[field] for field in _FIELDS if field in fields},
            rotate=_rotation(fields, sites),
        )


def _rotation(
    fields: Mapping[str, str], sites: Sequence[FoundSite]
) -> Literal["manual"] | Rotation:
    """Return a schedule with the engine in the settings.

    Unsupported engines are "manual", and so are pydantic settings, which are read only once, and
    logins without a host, which a rotation needs to change the password.
    """
    passwords = [site for _, site in sites if site.variable == fields["password"]]
    if "host" not in fields or any(site.shape is Shape.FIELD for site in passwords):
        return "manual"
    backends = {site.engine for site in passwords} - {""}
    if not backends:  # the settings read the password into a name first
        backends = {site.engine for _, site in sites if site.variable in fields.values()} - {""}
    engines = {backend_engine(backend) for backend in backends}
    if engines == {""}:
        return "manual"
    engines.discard("")  # for example SQLite in development
    engine = engines.pop() if len(engines) == 1 else ""
    is_named = engine == named_engine(fields.values())
    return Rotation(every="30 days", engine="" if is_named else engine)


def database_prefix(variable: str) -> str:
    """Return the prefix that the variables of one database share: `DB_USER` gives `DB`."""
    parts = database_field(variable)
    return parts[0] if parts else ""


def _secret_name(database: _Database) -> str:
    password = database.fields["password"]
    prefix = database_prefix(password)
    if not prefix:
        prefix = password.rpartition("_")[0] if database.shares_alias else database.alias
    prefix = "-".join(re.findall(r"[a-z0-9]+", prefix.lower()))
    if database.alias == "default" and not database.shares_alias:
        return DATABASE_SECRET
    if not prefix or prefix in _GENERIC_PREFIXES:
        return DATABASE_SECRET
    stem = prefix.removesuffix("-db").removesuffix("-database")
    if {"database", "db"}.intersection(stem.split("-")):
        return f"{stem}-credentials"
    return f"{stem}-{DATABASE_SECRET}"


def _databases(sites: Sequence[FoundSite], known: set[str]) -> list[_Database]:
    """Group the variables by database, each variable only once."""
    claimed = set(known)
    databases: list[_Database] = []
    by_prefix = _by_prefix(sites)
    by_alias = [_with_shared_password(candidate, by_prefix) for candidate in _by_alias(sites)]
    for candidate in [*by_alias, *by_prefix.values()]:
        free = {field: name for field, name in candidate.fields.items() if name not in claimed}
        password = candidate.fields.get("password", "")
        if password in claimed:
            # The candidate may have other fields of a database that is already known.
            owner = _with_password(databases, password)
            if owner is None:
                continue
            free = {field: name for field, name in free.items() if field not in owner.fields}
            owner.fields |= free
        elif free:
            candidate.fields = free
            databases.append(candidate)
        claimed.update(free.values())
    return databases


def _with_password(databases: Sequence[_Database], password: str) -> _Database | None:
    for database in databases:
        if database.fields.get("password") == password:
            return database
    return None


def _by_alias(sites: Sequence[FoundSite]) -> Iterator[_Database]:
    """Group the variables by the dictionary that they are in, such as DATABASES["default"]."""
    parts_by_alias: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for finding, site in sites:
        if site.shape is Shape.READ and site.group and site.field:
            parts = parts_by_alias.setdefault((finding.path, site.group), [])
            parts.append((site.field, site.variable))
    for (_, alias), parts in parts_by_alias.items():
        yield from _split_by_password(alias, parts)


def _split_by_password(alias: str, parts: Sequence[tuple[str, str]]) -> Iterator[_Database]:
    """Split the variables of one alias if they have several passwords with different prefixes.

    Settings may define an alias once for the tests and once for development. A variable belongs to
    the password with the same prefix, or else to the first password.

    Args:
        alias: The alias.
        parts: Fields with their variables.
    """
    passwords = list(dict.fromkeys(variable for field, variable in parts if field == "password"))
    prefixes = [database_prefix(password) for password in passwords]
    if len(passwords) < 2 or len(set(prefixes)) < len(passwords):  # one database, or unclear
        yield _Database(alias, shares_alias=False, fields=_first_of_each_field(parts))
        return
    for prefix in prefixes:
        own = []
        for field, variable in parts:
            variable_prefix = database_prefix(variable)
            if variable_prefix not in prefixes:
                variable_prefix = prefixes[0]
            if variable_prefix == prefix:
                own.append((field, variable))
        yield _Database(alias, shares_alias=True, fields=_first_of_each_field(own))


def _first_of_each_field(parts: Sequence[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field, variable in parts:
        fields.setdefault(field, variable)
    return fields


def _with_shared_password(candidate: _Database, by_prefix: Mapping[str, _Database]) -> _Database:
    """Add the password of the same prefix to a database without one.

    The settings may read the password into a name first: `"PASSWORD": DB_PASSWORD`.
    """
    prefixes = {database_prefix(variable) for variable in candidate.fields.values()}
    if "password" in candidate.fields or len(prefixes) != 1:
        return candidate
    related = by_prefix.get(prefixes.pop())
    password = related.fields.get("password", "") if related else ""
    if not password or password in candidate.fields.values():
        return candidate
    return dataclasses.replace(candidate, fields={**candidate.fields, "password": password})


def _by_prefix(sites: Sequence[FoundSite]) -> dict[str, _Database]:
    """Group the variables by their prefix, such as DB_USER and DB_PASSWORD."""
    databases: dict[str, _Database] = {}
    for _, site in sites:
        if site.shape not in {*READ_SHAPES, Shape.PRESENCE}:
            continue
        parts = database_field(site.variable)
        if parts:
            prefix, field = parts
            database = databases.setdefault(
                prefix, _Database(prefix, shares_alias=False, fields={})
            )
            database.fields.setdefault(field, site.variable)
    return databases
