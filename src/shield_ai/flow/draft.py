"""Findings → shield.toml: what each secret is called, and which values belong into one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.credential_pairs import find_pairs
from shield_ai.model.finding import Kind, Shape
from shield_ai.model.manifest import (
    App,
    Manifest,
    Rotation,
    Secret,
)
from shield_ai.model.naming import (
    database_field,
    env_var_name,
    guess_kind,
    secret_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.project.layout import Facts

FIELDS = ("database", "username", "password", "host", "port")
DATABASE = "database-credentials"
# say no more than that
PLAIN = frozenset({"db", "database", "postgres", "postgresql", "mysql", "pg", "sql"})
DATABASE_ROTATION = Rotation(every="30 days")
KEY_ROTATION = Rotation(every="90 days")


def draft(findings: Sequence[Finding], manifest: Manifest | None, facts: Facts) -> Manifest:
    """Name every secret that can be moved; what shield.toml has already stays as it is.

    Args:
        findings: Of a scan.
        manifest: What shield.toml holds now; None where there is none.
        facts: Of the same scan.
    """
    movable = [f for f in findings if f.site and not f.site.reason and f.site.variables]
    old = manifest or Manifest(
        app=App(name=facts.name, settings=_settings(movable, facts), runtime=facts.runtime)
    )
    taken = {secret.name for secret in old.secret}
    have = {variable for secret in old.secret for variable in secret.variables()}
    new: list[Secret] = []
    for secret in [*_databases(movable, have), *_pairs(movable), *_singles(movable, facts)]:
        if any(variable in have for variable in secret.variables()):
            continue
        named = msgspec.structs.replace(secret, name=_free(secret, taken))
        taken.add(named.name)
        have |= set(named.variables())
        new.append(named)
    order = {variable: i for i, f in enumerate(movable) if f.site for variable in f.site.variables}
    new.sort(
        key=lambda secret: min(order.get(variable, len(order)) for variable in secret.variables())
    )
    return msgspec.structs.replace(old, secret=(*old.secret, *new))


def _settings(findings: Sequence[Finding], facts: Facts) -> tuple[str, ...]:
    """Those of the settings files that have something to move, and can be loaded."""
    with_findings = {finding.path for finding in findings}
    loaded = [path for path in facts.settings if not path.removesuffix(".py").count(".")]
    return tuple(path for path in loaded if path in with_findings) or tuple(loaded[:1])


def _free(secret: Secret, taken: set[str]) -> str:
    """Return a name that nothing has yet: of a second key or database, after its variable or variables."""
    password = (secret.fields or {}).get("password", "") if secret.kind is Kind.DATABASE else ""
    begin = _begins(password) or password.rpartition("_")[0]
    longer = [f"{secret_name(begin)}-{DATABASE}"] if begin else []
    longer += [secret_name(secret.env)] if secret.env else []
    tries = itertools.chain(
        [secret.name, *longer], (f"{secret.name}-{i}" for i in itertools.count(2))
    )
    return next(name for name in tries if name not in taken)


def _databases(findings: Sequence[Finding], have: set[str]) -> Iterator[Secret]:
    """Join the parts of each database whose password is read from a variable."""
    claimed: set[str] = set(have)
    families: dict[str, dict[str, str]] = {}
    for group, fields in [*_by_dict(findings), *_by_family(findings)]:
        password = fields.get("password", "")
        if password in claimed:  # some of its parts may stand elsewhere
            owner = next(
                (one for one in families.values() if one.get("password") == password), fields
            )
            more = {
                field: v for field, v in fields.items() if field not in owner and v not in claimed
            }
            owner |= more
            claimed |= set(more.values())
            continue
        if free := {field: v for field, v in fields.items() if v not in claimed}:
            families[group] = free
            claimed |= set(free.values())
    for group, fields in families.items():
        if "password" not in fields or len(fields) == 1:
            continue
        yield Secret(
            name=_database_name(group, fields),
            kind=Kind.DATABASE,
            fields={field: fields[field] for field in FIELDS if field in fields},
            optional=_optional(fields["password"], findings),
            rotate=DATABASE_ROTATION,
        )


def _database_name(group: str, fields: dict[str, str]) -> str:
    _, alias, *several = group.split("\0")
    begin = _begins(fields["password"]) or (
        fields["password"].rpartition("_")[0] if several else alias
    )
    prefix = begin.lower().replace("_", "-")
    if (alias == "default" and not several) or prefix in PLAIN:
        return DATABASE
    return f"{prefix.removesuffix('-db').removesuffix('-database')}-{DATABASE}"


def _by_dict(findings: Sequence[Finding]) -> Iterator[tuple[str, dict[str, str]]]:
    """Parts by the dict of settings that they stand in: DATABASES["default"]."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for finding in findings:
        site = finding.site
        if site and site.shape is Shape.READ and site.group and site.field:
            groups.setdefault(f"{finding.path}\0{site.group}", []).append(
                (site.field, site.variable)
            )
    for group, parts in groups.items():
        yield from _by_password(group, parts)


def _by_password(group: str, parts: list[tuple[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Split what stands under one alias where several databases do: one of the tests, one of development.

    A variable goes with the password that begins as it does; one that begins like none, with the first.
    """
    passwords = list(dict.fromkeys(variable for field, variable in parts if field == "password"))
    begins = {variable: _begins(variable) for variable in passwords}
    several = len(set(begins.values())) == len(passwords) > 1
    for i, password in enumerate(passwords if several else [""]):
        fields: dict[str, str] = {}
        for field, variable in parts:
            begin = _begins(variable)
            own = begin == begins.get(password, "") or (not i and begin not in begins.values())
            if own or not several:
                fields.setdefault(field, variable)
        yield (f"{group}\0{password}" if several else group), fields


def _begins(variable: str) -> str:
    """Return what the variables of one database begin with."""
    family = database_field(variable)
    return family[0] if family else ""


def _by_family(findings: Sequence[Finding]) -> Iterator[tuple[str, dict[str, str]]]:
    """Parts by what their variables begin with: DB_USER, DB_PASSWORD."""
    groups: dict[str, dict[str, str]] = {}
    for finding in findings:
        site = finding.site
        family = (
            database_field(site.variable)
            if site and site.shape in {Shape.READ, Shape.PRESENCE}
            else None
        )
        if site and family:
            groups.setdefault(f"\0{family[0]}", {}).setdefault(family[1], site.variable)
    yield from groups.items()


def _pairs(findings: Sequence[Finding]) -> Iterator[Secret]:
    """Join the two halves of a credential that are both read from variables."""
    alone = {name for finding in findings if finding.site for name in finding.site.alternatives}
    # the app's own key
    alone |= {f.site.variable for f in findings if f.site and f.name == "SECRET_KEY"}
    reads = (
        (f.path, f.site.variable)
        for f in findings
        if f.site and f.site.shape in {Shape.READ, Shape.FIELD}
    )
    for pair in find_pairs((path, variable) for path, variable in reads if variable not in alone):
        *_, secret = pair.fields.values()
        what = guess_kind(secret)
        yield Secret(
            name=pair.name,
            kind=what,
            fields=pair.fields,
            optional=all(_optional(variable, findings) for variable in pair.fields.values()),
            rotate=KEY_ROTATION if what is Kind.API_KEY else None,
        )


def _singles(findings: Sequence[Finding], facts: Facts) -> Iterator[Secret]:
    """Every other variable is a secret of its own."""
    found: dict[str, Finding] = {}
    for finding in findings:
        for variable in finding.site.variables if finding.site else ():
            found.setdefault(variable, finding)
    sites = [finding.site for finding in findings if finding.site and not finding.site.others]
    chosen = {name for site in sites for name in site.alternatives if env_var_name(name) == name}
    for variable, finding in found.items():
        what = _kind(variable, finding, facts)
        named = "django-secret-key" if what is Kind.DJANGO_SECRET_KEY else secret_name(variable)
        yield Secret(
            # the code knows only how the variable is called
            name=variable if variable in chosen else named,
            kind=what,
            env=variable,
            optional=_optional(variable, findings),
            rotate="manual"
            if what is Kind.DJANGO_SECRET_KEY
            else KEY_ROTATION
            if what is Kind.API_KEY
            else None,
        )


def _kind(variable: str, finding: Finding, facts: Facts) -> Kind:
    if facts.django and finding.name == "SECRET_KEY" and finding.path in facts.settings:
        return Kind.DJANGO_SECRET_KEY
    if facts.django and variable in {"SECRET_KEY", "DJANGO_SECRET_KEY"}:
        return Kind.DJANGO_SECRET_KEY
    return guess_kind(variable)


def _optional(variable: str, findings: Iterable[Finding]) -> bool:
    """Whether the app runs without a variable in production: each read of it has a default that serves there.

    A secret's constant default is a development value, which the runtime never uses in production.
    """
    sites = [f.site for f in findings if f.site and variable in f.site.variables]
    if any(site.alternatives and not site.others for site in sites):
        return True  # the app reads another one
    return all(
        (site.optional and (site.default_ok_in_production or not site.default_literal))
        or site.shape not in {Shape.READ, Shape.FIELD}
        for site in sites
    )
