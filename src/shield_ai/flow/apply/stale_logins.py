"""Refuse to replace the working login of a database in AWS with one that does not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.apply.run import resolve_value
from shield_ai.flow.rotate.rotation_logins import LoginKind, classify_login
from shield_ai.flow.verify.db_login import LoginResult, try_login
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.plan import Action
from shield_ai.model.resource import SECRET_KIND
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.rotator.document import parse_secret_value
from shield_ai.rotator.errors import RotationError
from shield_ai.rotator.secret import PENDING

if TYPE_CHECKING:
    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Change, Plan
    from shield_ai.project.values import Values

HINT = "write the values of AWS to a file with shield pull --env-file FILE, and apply that file"


def require_working_logins(
    plan: Plan, manifest: Manifest, values: Values, aws: Account | None
) -> None:
    """Check the logins that a plan would store in place of others.

    Args:
        plan: The plan.
        manifest: shield.toml, with the settings of the environment.
        values: The sources of the new values.
        aws: The account; None if the plan does not change AWS.

    Raises:
        UnsafePlanError: The database rejects the new login of a secret, but not the one in AWS. Or
            it can't be reached, and the password in AWS comes from a rotation.
        AwsError: AWS does not respond.
    """
    secrets = {manifest.app.prefix + secret.name: secret for secret in manifest.secret}
    for change in plan.changes:
        secret = secrets.get(change.name)
        if aws and secret and _replaces_value(change):
            value = resolve_value(change.origins, values)
            if secret.kind is Kind.DATABASE or classify_login(value) is LoginKind.DATABASE:
                _require_working_login(change.name, secret, value, aws)


def _replaces_value(change: Change) -> bool:
    """Return whether a change replaces a value in AWS."""
    is_update = change.resource == SECRET_KIND and change.action is Action.UPDATE
    return is_update and bool(change.origins and change.version)


def _require_working_login(name: str, secret: Secret, value: Hidden, aws: Account) -> None:
    settings = rotation_settings(secret)
    login = try_login(value, settings).result
    if login is LoginResult.OK:
        return
    current = aws.secrets.read(name)
    if login is LoginResult.REFUSED:
        if try_login(current, settings).result is not LoginResult.REFUSED:
            raise UnsafePlanError(
                f"{name}: the database rejects the new login, but not the one in AWS", HINT
            )
    elif _differs(value, current) and _is_from_rotation(name, aws):
        raise UnsafePlanError(
            f"{name}: a rotation set the password in AWS, and the new login could not be tested",
            f"run shield on a host that can reach the database, or {HINT}",
        )


def _differs(value: Hidden, current: Hidden) -> bool:
    """Return whether two secrets have different passwords, in documents or in URLs."""
    try:
        return parse_secret_value(value.reveal()).get("password") != parse_secret_value(
            current.reveal()
        ).get("password")
    except RotationError:
        return True


def _is_from_rotation(name: str, aws: Account) -> bool:
    """Return whether a rotation created the current version; it keeps the label AWSPENDING.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
    """
    state = aws.secrets.state(name)
    return state is not None and PENDING in state.versions.get(state.current, ())
