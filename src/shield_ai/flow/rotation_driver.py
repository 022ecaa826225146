"""Run a rotation on this machine, with the code of the rotation function."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.rotator.errors import AwsCallError, RotationError
from shield_ai.rotator.handler import STEPS, run_step
from shield_ai.rotator.secret import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def run_rotation(
    client: Any,
    secret_id: str,
    token: str | None = None,
    environ: Mapping[str, str] | None = None,
    on_step: Callable[[str], None] = lambda _step: None,
    steps: Sequence[str] = STEPS,
) -> str:
    """Rotate a secret, or resume its rotation.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: The name or ARN of the secret.
        token: The pending version to resume; None to start a rotation, which fails if one is
            pending.
        environ: The settings of the rotation function, such as ROTATION_STRATEGY; None: the
            environment variables of this process.
        on_step: Called with each step before it begins.
        steps: The steps to run.

    Returns:
        The token, which is the id of the new version.

    Raises:
        AwsError: AWS refused.
        ShieldError: A step failed.
    """
    token = token or str(uuid.uuid4())
    settings = os.environ if environ is None else environ
    store = Store(client, secret_id)
    for step in steps:
        on_step(step)
        try:
            run_step(store, step, token, settings, is_manual=True)
        except AwsCallError as error:
            raise AwsError(f"{step}: {error}", _hint(step, secret_id)) from None
        except RotationError as error:
            raise ShieldError(f"{step}: {error}", _hint(step, secret_id)) from None
    return token


def pending_version(client: Any, secret_id: str) -> str | None:
    """Return the version of an unfinished rotation; None if there is none.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: The name or ARN of the secret.
    """
    state = Store(client, secret_id).describe()
    version = state.version_with("AWSPENDING")
    if version and "AWSCURRENT" not in state.stages[version]:
        return version
    return None


def cancel(client: Any, secret_id: str) -> str | None:
    """Cancel an unfinished rotation, and return its version; None if there is none.

    The database may already have the new password. The next rotation finds it among the versions
    without a stage.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: The name or ARN of the secret.
    """
    version = pending_version(client, secret_id)
    if version:
        Store(client, secret_id).remove_pending_label(version)
    return version


def _hint(step: str, secret_id: str) -> str:
    if step == STEPS[0]:
        return (
            "nothing was changed; check rotate in shield.toml: "
            "strategy, admin, hook, sslmode and ca"
        )
    return (
        f"resume with shield rotate --resume {secret_id}, "
        f"or cancel with shield rotate --cancel {secret_id}"
    )
