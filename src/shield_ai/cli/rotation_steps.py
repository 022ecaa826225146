"""Rotate one secret, and print each step with its result and what to do next."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from shield_ai.aws.live.rotation import TIMEOUT
from shield_ai.cli.console import note
from shield_ai.cli.progress import can_show_progress
from shield_ai.flow.interruption import InterruptedAfterRotationError
from shield_ai.flow.pull import pull_command
from shield_ai.flow.rotate.rotation_driver import CREATE_STEP, Progress
from shield_ai.flow.rotate.run import SecretRotator
from shield_ai.model.emulated import is_emulated
from shield_ai.model.rotation_policy import changes_database
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Secret

# The result of each step of a rotation, by the name of the step.
_STEP_RESULTS = {
    "createSecret": "new value created as AWSPENDING",
    "setSecret": "new value set",
    "testSecret": "new value tested",
    "finishSecret": "new value is AWSCURRENT",
    "RotateSecret": "rotation started",
}
_DEFERRED = b"(interrupt received: shield exits after finishSecret) "
_LAMBDA_RESULT = "rotated"  # the result of the wait for the rotation function in Lambda


def rotate_now(app: AppContext, names: Sequence[str]) -> None:
    """Rotate secrets after their rotation functions were deployed.

    Args:
        app: The app, with an AWS account.
        names: The secrets' names in AWS.
    """
    if not names:
        return
    rotator = SecretRotator.of_app(app)
    for secret in rotator.select(names):
        run_steps(rotator, secret)


def run_steps(rotator: SecretRotator, secret: Secret, *, resume: bool = False) -> None:
    """Rotate a secret and print each step with its result."""
    note(rotator.secret_id(secret))
    current_step: str | None = None
    results = dict(_STEP_RESULTS)

    def start_step(step: str) -> None:
        nonlocal current_step
        finish_step()
        note(f"  {step:<14} ", nl=False)
        if step not in _STEP_RESULTS and can_show_progress():
            wait = f"waits up to {TIMEOUT / 60:.0f} min; after Ctrl-C, AWS continues the rotation"
            note(f"({wait}) ", nl=False)
        current_step = step

    def on_reuse() -> None:
        results[CREATE_STEP] = "existing pending value used"

    def finish_step() -> None:
        if current_step:
            note(results.get(current_step, _LAMBDA_RESULT))

    def on_deferral() -> None:
        # Not echo(): the signal can interrupt a write to stderr, and a nested write would fail.
        with contextlib.suppress(OSError):
            os.write(sys.stderr.fileno(), _DEFERRED)

    try:
        rotator.rotate(secret, Progress(start_step, on_deferral, on_reuse), resume=resume)
    except InterruptedAfterRotationError:
        finish_step()
        raise
    except BaseException:
        if current_step:
            note("failed")
        raise
    finish_step()


def note_emulated(rotated: Sequence[Secret], environment: str) -> None:
    """Warn after a rotation that the AWS emulator has the only copy of a database password.

    Args:
        rotated: The secrets that were rotated.
        environment: The environment of the secrets; empty: none.
    """
    names = [secret.name for secret in rotated if changes_database(secret)]
    if names and is_emulated(os.environ):
        command = pull_command(environment, "FILE")
        text = (
            f"the AWS emulator discards the new password of {', '.join(names)} when it stops: save"
            f" it before with {command}"
        )
        note("\n".join(wrap(text)))
