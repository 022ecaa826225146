"""Select the reads of non-secret variables that belong to the same secret as another finding."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.credential_pairs import find_pairs
from shield_ai.model.database_fields import database_field
from shield_ai.model.finding import Finding, Severity
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import READ_SHAPES, FoundSite, Shape, Site

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def select_related_reads(
    sites: list[FoundSite],
    manifest_variables: Collection[str] = (),
    computed: Collection[str] = (),
    ignored: Collection[str] = (),
    development: Collection[str] = (),
    messages: Mapping[str, str] = MappingProxyType({}),
) -> list[FoundSite]:
    """Drop reads of non-secret variables, unless they belong to the same secret as another finding.

    Reads of variables that other files treat as secrets are kept, too.

    Args:
        sites: All sites of the app.
        manifest_variables: Variables named in shield.toml; all are kept.
        computed: Variables that may be read under a computed name.
        ignored: Variables that shield.toml ignores; nothing is related to them.
        development: Settings files for development and tests; reads that are skipped there do not
            keep a variable in the environment of production.
        messages: Variables that another file treats or shows as secrets, and how it does so.
    """
    reads = _select_reads(sites, ignored)
    database_fields = _database_fields(reads)
    paired_secrets = _paired_secrets(reads, manifest_variables, computed, development)
    fields = database_fields.keys() | paired_secrets.keys() | set(ignored)
    selected = []
    for finding, site in sites:
        variable = site.variable
        if not _is_harmless(finding, site):
            selected.append((finding, site))
        elif variable in messages and variable not in fields and site.shape in READ_SHAPES:
            message = messages[variable]
            found = msgspec.structs.replace(finding, severity=Severity.MEDIUM, message=message)
            selected.append((found, site))
        elif variable in manifest_variables:
            relation = "belongs to a secret in shield.toml"
            selected.append(_related(finding, site, relation, site.field))
        elif variable in database_fields:
            relation = "belongs to the same secret as its database password"
            field = site.field or database_fields[variable]
            selected.append(_related(finding, site, relation, field))
        elif variable in paired_secrets:
            relation = f"belongs to the same secret as {paired_secrets[variable]}"
            selected.append(_related(finding, site, relation, site.field))
    return selected


def _select_reads(sites: list[FoundSite], ignored: Collection[str]) -> list[FoundSite]:
    """Return the sites that use a variable that shield.toml does not ignore."""
    return [
        (finding, site)
        for finding, site in sites
        if _is_read(site) and site.variable not in ignored
    ]


def _is_read(site: Site) -> bool:
    """Return whether a site reads, or tests for, a variable."""
    return site.shape in READ_SHAPES or site.shape is Shape.PRESENCE


def _is_harmless(finding: Finding, site: Site) -> bool:
    """Return whether a finding reads, or tests for, a variable that is not a secret."""
    if site.shape is Shape.PRESENCE:
        return not site.possible_variables and not is_secret(site.variable)
    return site.shape in READ_SHAPES and finding.severity is Severity.LOW


def _related(finding: Finding, site: Site, relation: str, field: str) -> FoundSite:
    message = f"{finding.env} {relation}"
    shown = msgspec.structs.replace(finding, severity=Severity.LOW, message=message)
    return shown, msgspec.structs.replace(site, field=field)


def _database_fields(sites: list[FoundSite]) -> dict[str, str]:
    """Map the variables of databases with a password to their fields."""
    reads = _migratable_reads(sites)
    databases = {(finding.path, site.group) for finding, site in reads if site.field == "password"}
    prefixes = _prefixes_with_password(reads)
    fields: dict[str, str] = {}
    for finding, site in reads:
        prefix, field = database_field(site.variable) or ("", "")
        if site.field and (finding.path, site.group) in databases:
            fields[site.variable] = site.field
        elif field and prefix in prefixes:
            fields.setdefault(site.variable, field)
    return fields


def _migratable_reads(sites: list[FoundSite]) -> list[FoundSite]:
    return [(f, site) for f, site in sites if site.shape in READ_SHAPES and not site.reason]


def _prefixes_with_password(reads: list[FoundSite]) -> set[str]:
    """Return the prefixes of database passwords, such as DB for DB_PASSWORD."""
    prefixes = set()
    for _, site in reads:
        prefix, field = database_field(site.variable) or ("", "")
        if field == "password":
            prefixes.add(prefix)
    return prefixes


def _paired_secrets(
    sites: list[FoundSite],
    manifest_variables: Collection[str],
    computed: Collection[str],
    development: Collection[str],
) -> dict[str, str]:
    """Map each identifier to the secret variable that forms a credential with it.

    Identifiers that must stay in the environment are left out, unless the secret must stay there
    for the same files. The identifiers of secrets in shield.toml are left out, too.
    """
    unpaired = {*computed, *_unpaired_variables(sites)}
    remaining = _remaining_reads(sites, development)
    reads = []
    for finding, site in sites:
        if site.shape in READ_SHAPES and not site.reason:
            reads.append((finding.path, site.variable))
    secrets = {}
    for pair in find_pairs(reads):
        identifier, secret, *_ = pair.fields.values()
        stays = not remaining.get(identifier, set()) <= remaining.get(secret, set())
        if stays or secret in manifest_variables:
            continue
        if identifier not in unpaired and secret not in unpaired:
            secrets[identifier] = secret
    return secrets


def _remaining_reads(sites: list[FoundSite], development: Collection[str]) -> dict[str, set[str]]:
    """Map the variables that must stay in the environment of production to the files for them."""
    files: dict[str, set[str]] = {}
    for finding, site in sites:
        if site.reason and finding.path not in development:
            for variable in (*site.variables, *site.other_variables):
                files.setdefault(variable, set()).add(finding.path)
    return files


def _unpaired_variables(sites: list[FoundSite]) -> set[str]:
    """Return the variables that are never part of a pair."""
    variables: set[str] = set()
    for finding, site in sites:
        if site.possible_variables:
            variables.update(site.possible_variables, site.other_variables)
        if finding.name == "SECRET_KEY":
            variables.add(site.variable)
    return variables
