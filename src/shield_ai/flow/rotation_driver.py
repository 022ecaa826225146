"""A rotation run from here, by the very code that Lambda runs."""

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


def drive(
    client: Any,
    secret_id: str,
    token: str | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Callable[[str], None] | None = None,
    steps: Sequence[str] = STEPS,
) -> str:
    """Rotate a secret from here, or resume its rotation; return the token, the id of the version that is current now.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: Name or ARN.
        token: The pending version to resume. None: a new rotation, refused while another one is pending.
        environ: The function's settings (ROTATION_STRATEGY, ROTATION_ADMIN, …). None: this process's.
        progress: Is told each step before it begins.
        steps: Which steps; the rest may follow later.
    """
    token = token or str(uuid.uuid4())
    store = Store(client, secret_id)
    for step in steps:
        if progress:
            progress(step)
        try:
            run_step(store, step, token, os.environ if environ is None else environ, by_hand=True)
        except AwsCallError as error:
            raise AwsError(f"{step}: {error}", hint=_hint(step, secret_id)) from None
        except RotationError as error:
            raise ShieldError(f"{step}: {error}", hint=_hint(step, secret_id)) from None
    return token


def pending(client: Any, secret_id: str) -> str | None:
    """Return the token of a rotation that has begun and not ended, to resume or to cancel it."""
    state = Store(client, secret_id).describe()
    token = state.holder("AWSPENDING")
    return token if token and "AWSCURRENT" not in state.stages[token] else None


def cancel(client: Any, secret_id: str) -> str | None:
    """Give up a rotation that has begun and not ended; return its token.

    Its password may be in force in the database already: the next rotation finds it among the versions without a label.
    """
    token = pending(client, secret_id)
    if token:
        Store(client, secret_id).drop_pending(token)
    return token


def _hint(step: str, secret_id: str) -> str:
    if step == STEPS[0]:
        return "nothing was changed; rotate in shield.toml says how: strategy, admin, hook, sslmode, ca"
    return f"nothing is lost: shield rotate --resume {secret_id} goes on, --cancel gives it up"
