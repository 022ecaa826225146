"""Find the secrets in AWS that apply created under names that shield.toml no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import MANAGED_BY
from shield_ai.model.environments import ENVIRONMENT_TAG
from shield_ai.model.locator import FormerSecret, Locator
from shield_ai.model.resource import SECRET_KIND
from shield_ai.project.secret_map import SecretMap, read_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.manifest import App, Manifest
    from shield_ai.model.resource import Live, SecretState

DELETE_HINT = (
    "once no deployed version reads it, delete it with "
    "aws secretsmanager delete-secret --secret-id {name}"
)


def applied_secrets(app: AppContext, account: str, journal: Journal) -> set[str]:
    """Return the names in AWS of the secrets that apply created or changed.

    Args:
        app: The app.
        account: The AWS account.
        journal: The loaded journal.
    """
    region = app.target_manifest.app.region
    applied = journal.applied_settings(account, region, app.environment)
    return {name for kind, name in applied if kind == SECRET_KIND}


def former_names(app: AppContext, applied: set[str]) -> set[str]:
    """Return the names in AWS of secrets in the map file or the journal, but not in shield.toml.

    Args:
        app: The app.
        applied: From `applied_secrets`.
    """
    content = read_map(app.tree.read, app.manifest.app.runtime) or SecretMap()
    prefix = _former_prefix(app, content, applied)
    names = applied | {prefix + name for name in content.secrets}
    return names - _listed_names(app.target_manifest)


def renamed_sources(app: AppContext, applied: set[str], live: Live) -> dict[str, Locator]:
    """Map the variables of new secrets to the secrets in AWS that the code reads them from.

    A renamed secret gets the current value, which a rotation may have set after the env file was
    written. So do all secrets if their prefix changes.

    Args:
        app: The app.
        applied: From `applied_secrets`.
        live: The state of the secrets, including those of `former_names`.
    """
    target = app.target_manifest
    content = read_map(app.tree.read, target.app.runtime) or SecretMap()
    prefix = _former_prefix(app, content, applied)
    sources: dict[str, Locator] = {}
    for name, entry in content.secrets.items():
        state = live.secrets.get(prefix + name)
        # The map file must not make apply copy the secret of another app.
        if not _has_value(state) or not _is_of_app(prefix + name, state, applied, target.app):
            continue
        for variable, field in _by_variable(entry).items():
            sources[variable] = FormerSecret(prefix + name, field)
    for secret in target.secret:
        if _has_value(live.secrets.get(target.app.prefix + secret.name)):
            for variable in secret.variables():
                sources.pop(variable, None)
    return sources


def _former_prefix(app: AppContext, content: SecretMap, applied: set[str]) -> str:
    """Return the prefix with which the code reads its secrets before this plan.

    Args:
        app: The app.
        content: The content of the map file.
        applied: From `applied_secrets`.
    """
    if content.prefix:
        return content.prefix
    # The map file of an app with environments has no prefix. It follows from the names in the
    # journal if exactly one prefix explains all of them.
    first = min(applied, default="")
    possible = {first.removesuffix(name) for name in content.secrets if first.endswith(name)}
    found = [prefix for prefix in possible if _explains(prefix, content, applied)]
    return found[0] if len(found) == 1 else app.target_manifest.app.prefix


def _explains(prefix: str, content: SecretMap, applied: set[str]) -> bool:
    """Return whether each name in AWS is the prefix and a name of the map file."""
    return all(
        name.startswith(prefix) and name.removeprefix(prefix) in content.secrets for name in applied
    )


def leftover_secrets(target: Manifest, live: Live) -> list[str]:
    """Return the secrets of an app that shield.toml does not have, sorted.

    Args:
        target: shield.toml, with the settings of the environment.
        live: The state of the secrets, including those of `former_names`.
    """
    names = live.secrets.keys() - _listed_names(target)
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
        f"AWS still has {name}, which is not in shield.toml: {DELETE_HINT.format(name=name)};"
        f" {policy}"
        for name in names
    ]


def _by_variable(entry: str | Mapping[str, str]) -> dict[str, str]:
    """Map the variables of an entry of the map file to fields; "" is the entire value."""
    if isinstance(entry, str):
        return {entry: ""}
    return {variable: field for field, variable in entry.items()}


def _is_of_app(name: str, state: SecretState | None, applied: set[str], app: App) -> bool:
    return name in applied or (state is not None and _is_own(state, app))


def _listed_names(target: Manifest) -> set[str]:
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
