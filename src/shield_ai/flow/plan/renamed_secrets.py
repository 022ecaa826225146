"""Find the secrets in AWS that apply created under names that shield.toml no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.desired.iam import MANAGED_BY
from shield_ai.model.environments import ENVIRONMENT_TAG
from shield_ai.model.locator import FormerSecret, Locator
from shield_ai.model.resource import SECRET_KIND
from shield_ai.project.secret_map import SecretMap, read_map

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.manifest import App, Manifest
    from shield_ai.model.resource import Live, SecretState

EXISTING_NOTE = (
    "AWS already has {existing}: apply does not copy the current value of {former}, which the code"
    " reads now; to copy it, delete {existing} first"
)
CLONE_NOTE = (
    "this folder has no record of an apply, so a former prefix of {environment} is not known: if"
    " AWS has the secrets under one, set it again, run shield pull --environment {environment}"
    " --env-file FILE, and change it then"
)
DELETE_HINT = (
    "once no deployed version reads it, delete it with "
    "aws secretsmanager delete-secret --region {region} --secret-id {name}"
)


def applied_secrets(app: AppContext, account: str, journal: Journal) -> list[str]:
    """Return the names in AWS of the secrets that apply created or changed, oldest first.

    Args:
        app: The app.
        account: The AWS account.
        journal: The loaded journal.
    """
    region = app.target_manifest.app.region
    applied = journal.applied_settings(account, region, app.environment)
    return [name for kind, name in applied if kind == SECRET_KIND]


def former_names(app: AppContext, applied: Sequence[str]) -> set[str]:
    """Return the names in AWS of secrets in the map file or the journal, but not in shield.toml.

    Args:
        app: The app.
        applied: From `applied_secrets`.
    """
    content = _read_content(app)
    prefix = _former_prefix(app, content, applied)
    names = {*applied, *(prefix + name for name in content.secrets)}
    return names - listed_names(app.target_manifest)


class RenamedSources(NamedTuple):
    """The secrets in AWS that the code reads under former names."""

    locators: dict[str, Locator]  # by the variables of new secrets
    notes: list[str]  # why a secret does not get the value of its former name


def renamed_sources(
    app: AppContext, applied: Sequence[str], live: Live, *, has_records: bool
) -> RenamedSources:
    """Find the secrets in AWS that the code reads the variables of new secrets from.

    A renamed secret gets the current value, which a rotation may have set after the env file was
    written. So do all secrets if their prefix changes.

    Args:
        app: The app.
        applied: From `applied_secrets`.
        live: The state of the secrets, including those of `former_names`.
        has_records: Whether the journal has records.
    """
    target = app.target_manifest
    content = _read_content(app)
    own = sorted(name for name, state in live.secrets.items() if _is_own(state, target.app))
    prefix = _former_prefix(app, content, [*own, *applied])
    sources: dict[str, FormerSecret] = {}
    for name, entry in content.secrets.items():
        state = live.secrets.get(prefix + name)
        # The map file must not make apply copy the secret of another app.
        if not _has_value(state) or not _is_of_app(prefix + name, state, applied, target.app):
            continue
        for variable, field in _by_variable(entry).items():
            sources[variable] = FormerSecret(prefix + name, field)
    notes = _take_existing(sources, target, live)
    is_code_migrated = content.prefix == "" and bool(content.secrets)
    if app.environment and is_code_migrated and not (has_records or own):
        notes.append(CLONE_NOTE.format(environment=app.environment))
    return RenamedSources({**sources}, notes)


def _take_existing(sources: dict[str, FormerSecret], target: Manifest, live: Live) -> list[str]:
    """Remove the sources of secrets that have a value, and return a note about them.

    Args:
        sources: By variable; changed in place.
        target: shield.toml, with the settings of the environment.
        live: The state of the secrets.
    """
    existing: list[str] = []
    former: list[str] = []
    for secret in target.secret:
        name = target.app.prefix + secret.name
        if not _has_value(live.secrets.get(name)):
            continue
        found = [sources.pop(variable, None) for variable in secret.variables()]
        others = {source.name for source in found if source} - {name}
        if others:
            existing.append(name)
            former += sorted(others)
    if not existing:
        return []
    names = ", ".join(existing)
    return [EXISTING_NOTE.format(existing=names, former=", ".join(former))]


def _read_content(app: AppContext) -> SecretMap:
    """Return the content of the map file; without one, what apply would write to it."""
    content = read_map(app.tree.read, app.manifest.app.runtime)
    if content:
        return content
    secrets = {secret.name: secret.env or secret.fields or {} for secret in app.manifest.secret}
    return SecretMap(secrets, prefix=None)


def _former_prefix(app: AppContext, content: SecretMap, known: Sequence[str]) -> str:
    """Return the prefix with which the code reads its secrets before this plan.

    Args:
        app: The app.
        content: The content of the map file.
        known: The names in AWS of the app's secrets, the newest last.
    """
    if content.prefix or (content.prefix is not None and not app.manifest.environments):
        return content.prefix
    # The map file of an app with environments has no prefix. It is the newest of those with which
    # most names of the map file were applied.
    names = frozenset(known)
    best, most = app.target_manifest.app.prefix, 0 if content.prefix == "" else 1
    for applied in reversed(known):
        for name in content.secrets:
            if not applied.endswith(name):
                continue
            prefix = applied.removesuffix(name)
            found = sum(prefix + other in names for other in content.secrets)
            if found > most:
                best, most = prefix, found
    return best


def leftover_secrets(target: Manifest, live: Live) -> list[str]:
    """Return the secrets of an app that shield.toml does not have, sorted.

    Args:
        target: shield.toml, with the settings of the environment.
        live: The state of the secrets, including those of `former_names`.
    """
    names = live.secrets.keys() - listed_names(target)
    return sorted(name for name in names if _is_own(live.secrets[name], target.app))


def leftover_steps(names: Iterable[str], app: App) -> list[str]:
    """Return what to do about each of the secrets of `leftover_secrets`.

    Args:
        names: The names in AWS.
        app: The `[app]` table of shield.toml.
    """
    policy = "until it is deleted, keep it in the policy of the app's role"
    if app.role:
        policy = (
            "until it is deleted, the policy of the role keeps the permission to read it; then run"
            " shield apply again"
        )
    return [
        f"AWS still has {name}, which is not in shield.toml: "
        f"{DELETE_HINT.format(region=app.region, name=name)}; {policy}"
        for name in names
    ]


def _by_variable(entry: str | Mapping[str, str]) -> dict[str, str]:
    """Map the variables of an entry of the map file to fields; "" is the entire value."""
    if isinstance(entry, str):
        return {entry: ""}
    return {variable: field for field, variable in entry.items()}


def _is_of_app(name: str, state: SecretState | None, applied: Collection[str], app: App) -> bool:
    return name in applied or (state is not None and _is_own(state, app))


def listed_names(target: Manifest) -> set[str]:
    """Return the names in AWS of the secrets in shield.toml."""
    return {target.app.prefix + secret.name for secret in target.secret}


def _has_value(state: SecretState | None) -> bool:
    return state is not None and not state.deleted and bool(state.current)


def _is_own(state: SecretState, app: App) -> bool:
    """Return whether apply created a secret for this app and environment."""
    expected = {
        "managed-by": MANAGED_BY,
        "app": app.name,
        ENVIRONMENT_TAG: app.tags.get(ENVIRONMENT_TAG),
    }
    tags = state.tags
    return not state.deleted and all(tags.get(key) == value for key, value in expected.items())
