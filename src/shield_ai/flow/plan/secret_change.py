"""Plan the changes of secrets in AWS. Does no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import app_tags
from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.flow.plan.ownership import find_owner
from shield_ai.flow.plan.secret_permissions import (
    READ_PERMISSIONS,
    creation_permissions,
    update_permissions,
)
from shield_ai.model.errors import AwsError
from shield_ai.model.locator import Generated
from shield_ai.model.plan import Action, Change, ValueState
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from shield_ai.flow.plan.aws_plan import AwsInputs
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Origin
    from shield_ai.model.resource import SecretState, Settings


def secret_change(
    secret: Secret, manifest: Manifest, origins: tuple[Origin, ...], inputs: AwsInputs
) -> Change | None:
    """Plan the change of one secret.

    Args:
        secret: The secret.
        manifest: shield.toml, with the settings of the environment.
        origins: The sources of its value; empty: there are none.
        inputs: What the plan depends on.

    Returns:
        The change; None if the secret does not exist and has no value. A secret that is scheduled
        for deletion keeps its value in AWS if there is no other.

    Raises:
        AwsError: The secret is scheduled for deletion and was not created by shield.
        UnsafePlanError: The secret belongs to another app or environment.
    """
    name = manifest.app.prefix + secret.name
    state = inputs.live.secrets.get(name)
    owner = ""
    if state:
        owner = find_owner(f"secret {name}", state.tags, app_tags(manifest.app))
    if state and not state.deleted:
        if owner:
            return _existing_secret_change(secret, manifest, state, origins, inputs)
        return Change(
            action=Action.KEEP, resource=SECRET_KIND, name=name, permissions=READ_PERMISSIONS
        )
    if state and not owner:
        raise AwsError(
            f"secret {name} is scheduled for deletion, "
            f"and was not created by shield for {manifest.app.name}",
            "restore it with aws secretsmanager restore-secret, "
            "or set another prefix in shield.toml",
        )
    if not origins and not (state and state.current):
        return None
    return _new_secret_change(secret, manifest, state, origins)


def _new_secret_change(
    secret: Secret, manifest: Manifest, state: SecretState | None, origins: tuple[Origin, ...]
) -> Change:
    """Create a secret, or restore one that is scheduled for deletion."""
    settings = secret_settings(secret, manifest)
    if state:
        permissions = (
            "secretsmanager:RestoreSecret",
            *READ_PERMISSIONS,
            *update_permissions(state.settings, settings, manifest, stores_value=bool(origins)),
        )
    else:
        permissions = creation_permissions(settings, manifest)
    return Change(
        action=Action.RESTORE if state else Action.CREATE,
        resource=SECRET_KIND,
        name=manifest.app.prefix + secret.name,
        permissions=permissions,
        origins=origins,
        version=state.current if state else "",
        settings=settings,
        before=state.settings if state else None,
    )


def _existing_secret_change(
    secret: Secret,
    manifest: Manifest,
    state: SecretState,
    origins: tuple[Origin, ...],
    inputs: AwsInputs,
) -> Change:
    """Update the settings of a secret, and its value if it has none or may be overwritten.

    Secrets that were created from the output of `shield export` have no value.
    """
    name = manifest.app.prefix + secret.name
    wanted = secret_settings(secret, manifest)
    # Keep the tags that were added outside of shield.
    wanted["tags"] = {**state.tags, **wanted["tags"]}
    has_drifted = _has_drifted(name, state, wanted, inputs)

    comparison = _compare_value(name, state, origins, inputs)
    if comparison:
        differs = comparison is not ValueState.UNCHANGED
        stores_value = differs and inputs.may_overwrite(SECRET_KIND, name)
    else:
        stores_value = bool(origins) and not state.current
    updates_settings = state.settings != wanted
    if updates_settings and has_drifted:
        updates_settings = inputs.may_overwrite(SECRET_KIND, name)

    action = Action.DRIFT if has_drifted else Action.KEEP
    settings = wanted
    permissions = READ_PERMISSIONS
    if stores_value or updates_settings:
        action = Action.UPDATE
        settings = wanted if updates_settings else state.settings
        permissions += update_permissions(
            state.settings, settings, manifest, stores_value=stores_value
        )
    return Change(
        action=action,
        resource=SECRET_KIND,
        name=name,
        permissions=permissions,
        origins=origins if stores_value else (),
        version=state.current,
        value=comparison,
        settings=settings,
        before=state.settings,
    )


def _has_drifted(name: str, state: SecretState, wanted: Settings, inputs: AwsInputs) -> bool:
    """Return whether the settings of a secret were changed manually since the last apply."""
    applied = inputs.last_applied.get((SECRET_KIND, name)) or state.settings
    return state.settings not in (wanted, applied)


def _compare_value(
    name: str, state: SecretState, origins: tuple[Origin, ...], inputs: AwsInputs
) -> ValueState:
    """Compare a value with the current version; NOT_COMPARED if one of them is missing."""
    has_source = any(not isinstance(origin.source, Generated) for origin in origins)
    if not has_source or not state.current:
        return ValueState.NOT_COMPARED
    return inputs.compare_value(name, state.current, origins)
