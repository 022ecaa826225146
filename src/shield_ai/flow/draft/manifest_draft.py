"""Draft shield.toml from findings: name the secrets, and group variables that belong together."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.flow.draft.database_draft import DATABASE_SECRET, database_prefix, database_secrets
from shield_ai.flow.draft.main_database import is_secondary_database
from shield_ai.flow.draft.settings_files import choose_settings_files
from shield_ai.model.credential_pairs import find_pairs
from shield_ai.model.finding import Kind, Severity
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.naming import guess_kind, is_generic, secret_name
from shield_ai.model.rotation_policy import (
    DATA_KEY_WORDS,
    SESSION_KEYS,
    is_own_key,
)
from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.project.layout import is_example
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.project.layout import AppFacts

SETTING = regex(r"[A-Za-z_]\w{0,60}(?:\.[A-Za-z_]\w{0,60}){0,4}")
# In the name of a dictionary of settings: they say nothing about its values.
COLLECTION_WORDS = word_set("CONFIG CONF CREDENTIALS DEFAULT KEYS OPTIONS SECRETS SETTINGS TOKENS")
DJANGO_KEY = "DJANGO_SECRET_KEY"
DJANGO_KEYS = frozenset({"SECRET_KEY", DJANGO_KEY})
OWN_KEYS = DJANGO_KEYS | SESSION_KEYS


def draft_manifest_from_sites(
    sites: Sequence[FoundSite], manifest: Manifest | None, facts: AppFacts
) -> Manifest:
    """Return the manifest with all secrets that can be moved to AWS.

    Args:
        sites: All sites of the app.
        manifest: shield.toml; None if it does not exist.
        facts: What the same scan found out about the app, such as its name and its settings files.
    """
    movable = [(finding, site) for finding, site in sites if not site.reason and site.variables]
    if manifest is None:
        settings = choose_settings_files(movable, facts)
        app = App(name=facts.name, settings=settings, runtime=facts.runtime)
        if facts.region:
            app = msgspec.structs.replace(app, region=facts.region)
        manifest = Manifest(app=app)
    added = _new_secrets(movable, manifest, facts)
    position = _positions(movable)
    added.sort(key=lambda secret: min(position[variable] for variable in secret.variables()))
    return msgspec.structs.replace(manifest, secret=(*manifest.secret, *added))


def _new_secrets(sites: Sequence[FoundSite], manifest: Manifest, facts: AppFacts) -> list[Secret]:
    names = {secret.name for secret in manifest.secret}
    known = set(manifest.variables())
    candidates = [
        *database_secrets(sites, known),
        *_pair_secrets(sites),
        *_single_secrets(sites, facts),
    ]
    sites_by_variable = _sites_by_variable(sites)
    added: list[Secret] = []
    for secret in candidates:
        if not known.isdisjoint(secret.variables()):
            continue
        named = msgspec.structs.replace(
            secret,
            name=_unused_name(secret, names),
            optional=_is_optional(secret, sites_by_variable) or None,
        )
        names.add(named.name)
        known.update(named.variables())
        added.append(named)
    return added


def _positions(sites: Sequence[FoundSite]) -> dict[str, int]:
    """Return the index of the last site of each variable."""
    position: dict[str, int] = {}
    for index, (_, site) in enumerate(sites):
        for variable in site.variables:
            position[variable] = index
    return position


def _unused_name(secret: Secret, names: set[str]) -> str:
    """Return an unused name: the secret's own, one from its variable, or a numbered one."""
    candidates = [secret.name]
    if secret.kind is Kind.DATABASE and secret.fields:
        password = secret.fields.get("password", "")
        prefix = database_prefix(password) or password.rpartition("_")[0]
        if prefix:
            candidates.append(f"{secret_name(prefix)}-{DATABASE_SECRET}")
    elif secret.fields:
        candidates += _pair_names(secret)
    if secret.env:
        candidates.append(secret_name(secret.env))
    numbered = (f"{secret.name}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain(candidates, numbered) if name not in names)


def _pair_names(secret: Secret) -> Iterator[str]:
    """Yield other names for a pair: from the words that its variables share, then its kind."""
    fields = secret.fields or {}
    shared = []
    for parts in zip(*(variable.split("_") for variable in fields.values()), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    if shared:
        yield "-".join([*filter(None, shared), "credentials"]).lower()
    base = secret.name.removesuffix("-credentials")
    if "username" in fields:
        yield f"{base}-login"
    if "client_id" in fields:
        yield f"{base}-client-credentials"


def _pair_secrets(sites: Sequence[FoundSite]) -> Iterator[Secret]:
    """Yield a secret for each pair of variables that form a credential: a user and a password."""
    excluded: set[str] = set()
    for finding, site in sites:
        excluded.update(site.possible_variables)
        if finding.name == "SECRET_KEY":  # the app's own key
            excluded.add(site.variable)
    reads = [
        (finding.path, site.variable)
        for finding, site in sites
        if site.shape in READ_SHAPES and site.variable not in excluded
    ]
    for pair in find_pairs(reads):
        *_, secret_variable = pair.fields.values()
        kind = guess_kind(secret_variable)
        rotation = _rotation(kind, secret_variable)
        yield Secret(name=pair.name, kind=kind, fields=pair.fields, rotate=rotation)


def _single_secrets(sites: Sequence[FoundSite], facts: AppFacts) -> Iterator[Secret]:
    """Yield a secret for each variable."""
    first_finding: dict[str, Finding] = {}
    for finding, site in sites:
        # Findings of low severity are public fields, such as a host, or not part of a secret.
        if finding.severity is not Severity.LOW:
            for variable in site.variables:
                # A test of the variable can come before the setting.
                if variable not in first_finding or finding.name == "SECRET_KEY":
                    first_finding[variable] = finding
    has_usual_name = DJANGO_KEY in first_finding
    for variable, finding in first_finding.items():
        kind = _kind(variable, finding, facts)
        name = _specific_name(variable, finding.name)
        if kind is Kind.DJANGO_SECRET_KEY and (variable == DJANGO_KEY or not has_usual_name):
            name = "django-secret-key"
        yield Secret(name=name, kind=kind, env=variable, rotate=_rotation(kind, variable))


def _specific_name(variable: str, setting: str) -> str:
    """Return the name of a secret: from its variable, or from the setting of a generic variable.

    The setting `STRIPE_KEYS.secret_key` of the variable `SECRET_KEY` gives `stripe-secret-key`, and
    the setting `SECRET_KEY` of the variable `SHOP_SECRET` gives `shop-secret-key`.
    """
    if setting == "SECRET_KEY" and variable.endswith("_SECRET"):
        return secret_name(f"{variable}_KEY")
    if is_generic(variable) and SETTING.fullmatch(setting):
        return secret_name(_words_of_setting(setting) or variable)
    return secret_name(variable)


def _words_of_setting(setting: str) -> str:
    """Return the words with which a setting identifies its secret; "" if they do not."""
    *outer, last = setting.split(".")
    parts = [part for text in outer for part in words(text) if part not in COLLECTION_WORDS]
    if parts or (not outer and last.isupper() and not is_generic(last)):
        return "_".join([*parts, last])
    return ""


def _rotation(kind: Kind, variable: str) -> Literal["manual"] | None:
    """Return "manual" for API keys, lists of encryption keys and Django's key; None for others.

    At a provider, only a person can create a key, unless there is a rotation hook. Django's key is
    rotated with `shield rotate` until shield.toml has a schedule.
    """
    if DATA_KEY_WORDS.intersection(words(variable)):
        # A single new key can't decrypt the old data; before the old keys in a list, it can.
        return "manual" if words(variable)[-1] == "KEYS" else None
    return "manual" if kind in {Kind.DJANGO_SECRET_KEY, Kind.API_KEY} else None


def _kind(variable: str, finding: Finding, facts: AppFacts) -> Kind:
    is_setting = finding.name == "SECRET_KEY" and finding.path in facts.settings
    if facts.django and (is_setting or variable in DJANGO_KEYS):
        return Kind.DJANGO_SECRET_KEY
    return guess_kind(variable)


def _sites_by_variable(sites: Iterable[FoundSite]) -> dict[str, list[Site]]:
    """Map each variable to its sites; sites in example settings count if there are no others."""
    by_variable: dict[str, list[Site]] = {}
    in_templates: dict[str, list[Site]] = {}
    for finding, site in sites:
        found = in_templates if is_example(finding.path) else by_variable
        for variable in set(site.variables):
            found.setdefault(variable, []).append(site)
    return {**in_templates, **by_variable}


def _is_optional(secret: Secret, sites: Mapping[str, Sequence[Site]]) -> bool:
    """Return whether the app runs in production without the secret.

    A database's fields other than the password don't count. Django refuses an empty SECRET_KEY, so
    a key that is read by its name is not optional, unless the app generates another one. The main
    database is optional only if every site of its password is guarded, or may read another
    variable, or if the fields of its login are empty. Another default is not enough: when Secrets
    Manager can't be reached, the app would log in to another server, or as another user. An OAuth
    client that works without its secret logs in with something else, such as a certificate: its
    public id does not count. Nor does the default of a user whose password may be empty.
    """
    variables = _secret_variables(secret, sites)
    if secret.kind is Kind.DJANGO_SECRET_KEY and not _is_generated(variables, sites):
        return False
    if secret.kind is Kind.DATABASE and secret.fields and secret.name == DATABASE_SECRET:
        if not _has_empty_login(secret.fields, sites):
            return all(
                site.is_guarded or site.possible_variables for site in sites.get(variables[0], ())
            )
    return all(_is_optional_variable(sites.get(variable, ())) for variable in variables)


def _secret_variables(secret: Secret, sites: Mapping[str, Sequence[Site]]) -> list[str]:
    """Return the variables of a secret without which the other ones are useless."""
    fields = secret.fields or {}
    users = sites.get(fields.get("username", ""), ())
    may_lack_user = all(site.optional and not site.is_demanded for site in users)
    if "password" in fields and (secret.kind is Kind.DATABASE or may_lack_user):
        return [fields["password"]]
    if "client_secret" in fields:
        return [fields["client_secret"]]
    return list(secret.variables())


def _is_generated(variables: Iterable[str], sites: Mapping[str, Sequence[Site]]) -> bool:
    """Return whether the app generates a key at each site that reads it by its name."""
    read = [site for variable in variables for site in sites.get(variable, ())]
    by_name = [site for site in read if site.shape is Shape.READ and not site.possible_variables]
    return all(site.is_generated for site in by_name)


def _has_empty_login(fields: Mapping[str, str], sites: Mapping[str, Sequence[Site]]) -> bool:
    """Return whether user and password are settings fields that are empty unless they are set."""
    user, password = (sites.get(fields.get(name, ""), ()) for name in ("username", "password"))
    if not user or not password:
        return False
    return all(
        site.shape is Shape.FIELD and site.optional and not site.has_nonempty_default
        for site in (*user, *password)
    )


def _is_optional_variable(sites: Sequence[Site]) -> bool:
    """Return whether production works without one variable, at each of its sites.

    Reads in a class for development are ignored, and so are reads in functions if the app also
    reads the variable when it starts. The app does not work if one of its sites demands a value. A
    site with a computed name, which can be that of another secret, works. See `_works_without` for
    the rest.
    """
    sites = [site for site in sites if not _is_development(site)]
    if any(site.is_demanded for site in sites):
        return False
    at_start = [site for site in sites if site.shape in READ_SHAPES and not site.in_function]
    sites = at_start or sites
    # Where the code computes the name, the app may read another variable instead.
    return all(site.is_computed_secret or _works_without(site) for site in sites)


def _is_development(site: Site) -> bool:
    return site.reason is not None and site.reason.id is SkipId.DEVELOPMENT_CLASS


def _works_without(site: Site) -> bool:
    """Return whether the code at a site works in production without the variable.

    A hardcoded value works, but is unsafe for one of the app's own keys. A read works if another
    branch reads other secrets, if it runs only with the variable (see `_is_needed`), or if it has a
    default. A constant default counts only if it also works in production: others are development
    values.
    """
    if site.shape is Shape.LITERAL:
        return not _is_own_key(site.variable)
    if site.shape not in READ_SHAPES:
        return True
    if site.has_alternative_branch:
        return True
    if site.is_guarded and (site.is_additional or not _is_needed(site.variable)):
        return True
    return site.optional and (site.default_ok_in_production or not site.has_nonempty_default)


def _is_own_key(variable: str) -> bool:
    """Return whether the app itself signs or encrypts with a key."""
    if variable in OWN_KEYS:
        return True
    return is_own_key(Secret(name="key", env=variable))


def _is_needed(variable: str) -> bool:
    """Return whether production needs a variable that the code reads only if it is set.

    Code that reads one of OWN_KEYS or a URL under this condition overwrites a development
    value. An additional database has no such value.
    """
    if is_secondary_database(variable):
        return False
    return variable in OWN_KEYS or meaning(variable) is Meaning.URL
