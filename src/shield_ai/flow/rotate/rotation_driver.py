"""Run a rotation on this machine, with the code of the rotation function."""

from __future__ import annotations

import contextlib
import os
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.flow.interruption import (
    InterruptedAfterRotationError,
    InterruptedRotationError,
    collected_signals,
)
from shield_ai.flow.rotate.rotation_logins import TLS_HINT, pending_hint, resume_command
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.rotator.document import parse_secret_value
from shield_ai.rotator.errors import (
    AwsCallError,
    MissingFieldError,
    RotationError,
    TlsError,
    UnreachableError,
)
from shield_ai.rotator.handler import STEPS, run_step
from shield_ai.rotator.secret import CURRENT, PENDING, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


CREATE_STEP = STEPS[0]
# From setSecret until the rotation ends, the database may reject the current password.
UNINTERRUPTED_STEPS = STEPS[1:]
_NO_HOST_HINT = (
    "nothing was changed; run shield pull, so that the env file has the current values, add host "
    "and port to the fields in shield.toml, then run shield apply --conflict replace with the file"
)


class Progress(NamedTuple):
    """The callbacks of a rotation."""

    on_step: Callable[[str], None] = lambda _step: None  # before each step
    on_deferred: Callable[[], None] = lambda: None  # when the first signal is deferred
    on_reused: Callable[[], None] = lambda: None  # when createSecret keeps the pending value

    def without_errors(self) -> Progress:
        """Return the callbacks with their errors suppressed.

        A closed terminal or a full disk must not end a rotation before the app can log in again.
        """
        return Progress(
            _suppress_errors(self.on_step),
            _suppress_errors(self.on_deferred),
            _suppress_errors(self.on_reused),
        )


def _suppress_errors(callback: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: str) -> None:
        with contextlib.suppress(Exception):
            callback(*arguments)

    return call


SILENT = Progress()


def run_rotation(
    client: Any,
    secret_id: str,
    token: str | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress = SILENT,
    steps: Sequence[str] = STEPS,
) -> str:
    """Rotate a secret, or resume its rotation.

    Signals between setSecret and finishSecret are deferred: they take effect after finishSecret.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: The name or ARN of the secret.
        token: The pending version to resume; None to start a rotation, which fails if one is
            pending.
        environ: The settings of the rotation function, such as ROTATION_STRATEGY; None: the
            environment variables of this process.
        progress: Receives the progress.
        steps: The steps to run.

    Returns:
        The token, which is the id of the new version.

    Raises:
        AwsError: An AWS call failed.
        ShieldError: A step failed.
        InterruptedRotationError: The rotation was interrupted before setSecret.
        InterruptedAfterRotationError: The rotation is finished, and a signal was deferred.
    """
    resumed = token
    token = token or str(uuid.uuid4())
    settings = os.environ if environ is None else environ
    store = Store(client, secret_id)

    def run(step: str, progress: Progress) -> None:
        progress.on_step(step)
        with _step_errors(step, store, secret_id):
            _report_reuse(store, step, resumed, progress)
            run_step(store, step, token, settings, is_manual=True)

    try:
        for step in steps:
            if step not in UNINTERRUPTED_STEPS:
                run(step, progress)
    except KeyboardInterrupt:
        raise InterruptedRotationError(
            f"interrupted; the current value of {secret_id} is unchanged",
            f"run shield rotate --status {secret_id} to see whether the rotation is pending",
        ) from None
    tolerant = progress.without_errors()
    with collected_signals(tolerant.on_deferred) as signals:
        for step in steps:
            if step in UNINTERRUPTED_STEPS:
                run(step, tolerant)
    if signals:
        raise InterruptedAfterRotationError(
            f"interrupted by {signals[0]} after the rotation of {secret_id} was finished",
            "the new value is AWSCURRENT; no step is left to do",
        )
    return token


@contextlib.contextmanager
def _step_errors(step: str, store: Store, secret_id: str) -> Iterator[None]:
    """Convert the errors of a step to errors of shield, which say how to finish the rotation."""
    try:
        yield
    except AwsCallError as error:
        raise AwsError(f"{step}: {error}", _hint(step, secret_id)) from None
    except RotationError as error:
        hint = "; then ".join(filter(None, (_cause(error, store), _hint(step, secret_id))))
        is_missing = isinstance(error, MissingFieldError) and error.field == "host"
        if step == CREATE_STEP and is_missing:
            hint = _NO_HOST_HINT
        raise ShieldError(f"{step}: {error}", hint) from None
    except Exception as error:
        error.add_note(f"to finish the rotation, run {resume_command(secret_id)}")
        raise


def _report_reuse(store: Store, step: str, resumed: str | None, progress: Progress) -> None:
    """Report that createSecret will keep the value of a resumed rotation, if there is one."""
    if step != CREATE_STEP or resumed is None:
        return
    if store.get_value(version=resumed, stage=PENDING) is not None:
        progress.on_reused()


def pending_version(client: Any, secret_id: str) -> str | None:
    """Return the version of an unfinished rotation; None if there is none.

    Args:
        client: boto3's client of Secrets Manager.
        secret_id: The name or ARN of the secret.
    """
    state = Store(client, secret_id).describe()
    version = state.version_with(PENDING)
    if version and CURRENT not in state.stages[version]:
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


def _cause(error: RotationError, store: Store) -> str:
    """Return what to change so that a connection succeeds; empty if the error says what."""
    if isinstance(error, TlsError):
        return TLS_HINT
    if not isinstance(error, UnreachableError):
        return ""
    try:
        has_port = "port" in parse_secret_value(store.get_value(stage=CURRENT) or "")
    except RotationError:
        return ""
    if has_port:
        return "check host and port in the secret, and run shield where they can be reached"
    return (
        "the secret has no port, so the default port was used: add port to its fields in "
        "shield.toml, and to the value in AWS"
    )


def _hint(step: str, secret_id: str) -> str:
    if step == CREATE_STEP:
        return (
            "nothing was changed; check rotate in shield.toml: "
            "strategy, engine, admin, hook, sslmode and ca"
        )
    if step == STEPS[1]:
        return pending_hint(secret_id)
    # With a single user, the database already rejects the current password.
    return f"resume with {resume_command(secret_id)}"
