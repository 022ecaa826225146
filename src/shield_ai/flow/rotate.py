"""Rotate the secrets of one app: with their rotation function, or else on this machine."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.live.rotation import RotationClient, RotationState
from shield_ai.flow import rotation_driver
from shield_ai.flow.interruption import InterruptedRotationError
from shield_ai.flow.rotation_logins import (
    LoginKind,
    check_logins,
    classify_login,
    describe_database,
    describe_strategy,
    explain_live,
)
from shield_ai.flow.secret_selection import select_secrets
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import next_rotation, rotation_settings, rotation_strategy
from shield_ai.model.rotation_status import LivePassword, RotatedBy, RotationPhase, RotationStatus
from shield_ai.rotator.handler import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from shield_ai.aws.live.session import Session
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret

_DJANGO_KEY_STRATEGY = "django-secret-key"
_SECONDS_PER_DAY = 86_400
STRATEGY = "ROTATION_STRATEGY"


class RotationPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation will do."""

    secret_id: str
    strategy: str
    function: str = ""  # the name of the Lambda function; empty: this machine
    database: str = ""  # user, host and port
    is_resumed: bool = False


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def overdue(statuses: Sequence[RotationStatus]) -> float:
    """Return by how many days the most overdue rotation is late; 0 if none is late.

    Args:
        statuses: The state of each rotation.
    """
    days = 0.0
    for status in statuses:
        if status.next:
            days = max(days, (now() - status.next).total_seconds() / _SECONDS_PER_DAY)
    return days


class SecretRotator:
    """Rotates the secrets of one app.

    Args:
        manifest: shield.toml, with the settings of the environment.
        root: The app's folder, for hooks and certificates.
        session: The connection to AWS.
    """

    def __init__(self, manifest: Manifest, root: Path, session: Session) -> None:
        self._manifest = manifest
        self._root = root
        self._aws = RotationClient(session)
        self._states: dict[str, RotationState | None] = {}

    def secret_id(self, secret: Secret) -> str:
        """Return a secret's name in AWS."""
        return self._manifest.app.prefix + secret.name

    def select(self, names: Sequence[str]) -> list[Secret]:
        """Return the secrets with these names, or all secrets if there are no names.

        Args:
            names: With or without the prefix.

        Raises:
            ShieldError: A name is not in shield.toml.
        """
        return select_secrets(self._manifest, names)

    def status(self, secret: Secret) -> RotationStatus:
        """Return the state of a secret's rotation.

        Raises:
            AwsError: An AWS call failed.
        """
        strategy = rotation_strategy(secret)
        state = self._aws.state(self.secret_id(secret))
        self._states[secret.name] = state
        if state is None:
            return RotationStatus(
                name=secret.name,
                by=RotatedBy.HAND,
                strategy=strategy,
                state=RotationPhase.NOT_IN_AWS,
            )
        planned = state.next
        if not planned and state.last:
            planned = next_rotation(secret, state.last)
        return RotationStatus(
            name=secret.name,
            by=_rotated_by(secret, state),
            strategy=strategy,
            last=state.last,
            next=planned,
            state=_describe_state(state, planned),
            pending=state.pending,
            since=state.since,
        )

    def status_with_login(self, secret: Secret) -> RotationStatus:
        """Return the state of a secret's rotation, and which password works if it is pending.

        Raises:
            AwsError: An AWS call failed.
        """
        return msgspec.structs.replace(self.status(secret), live=self.live_password(secret))

    def live_password(self, secret: Secret) -> LivePassword:
        """Return which version's password the database accepts, if a rotation is pending.

        Raises:
            AwsError: An AWS call failed.
        """
        state = self._state(secret)
        if state is None or not state.pending:
            return LivePassword.NOT_CHECKED
        settings = self._login_settings(secret)
        return self._live_version(
            self.secret_id(secret), settings, is_known_database=is_database(secret)
        )

    def _live_version(
        self, secret_id: str, settings: Mapping[str, str], *, is_known_database: bool
    ) -> LivePassword:
        """Return which version's password works.

        Whether the secret is a login follows from its value, too: shield.toml may have changed
        since the rotation started.
        """
        if not is_known_database:
            kind = classify_login(self._aws.current_text(secret_id))
            if kind is LoginKind.NONE or (kind is LoginKind.UNKNOWN and settings.get(STRATEGY)):
                return LivePassword.NOT_CHECKED
            if kind is LoginKind.UNKNOWN:
                return LivePassword.UNKNOWN
            settings = {**settings, STRATEGY: ""}
        return check_logins(self._aws.client, secret_id, settings).live

    def preview(self, secret: Secret, *, resume: bool = False) -> RotationPreview:
        """Return what a rotation will do.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        state = self._require_state(secret)
        strategy = rotation_strategy(secret)
        database = ""
        if is_database(secret):
            settings = self._login_settings(secret)
            text = self._aws.current_text(self.secret_id(secret))
            strategy = describe_strategy(text, settings) or strategy
            database = describe_database(text, settings)
        return RotationPreview(
            secret_id=self.secret_id(secret),
            strategy=strategy,
            function=state.function.rpartition(":")[2],
            database=database,
            is_resumed=resume,
        )

    def rollback_problem(self, name: str) -> str:
        """Return why a secret must not be rolled back while its rotation is pending.

        Args:
            name: The secret's name in AWS.
        """
        for secret in self._manifest.secret:
            if self.secret_id(secret) == name:
                return _explain_problem(self.live_password(secret), secret.name)
        state = self._aws.state(name)
        if state is None or not state.pending:
            return ""
        live = self._live_version(name, {}, is_known_database=False)
        problem = _explain_problem(live, name)
        return f"{problem}, after you add it to shield.toml again" if problem else ""

    def rotate(
        self,
        secret: Secret,
        progress: rotation_driver.Progress = rotation_driver.SILENT,
        *,
        resume: bool = False,
    ) -> None:
        """Rotate a secret, or resume its rotation.

        Args:
            secret: The secret.
            progress: Receives the progress.
            resume: Resume an unfinished rotation.

        Raises:
            ShieldError: A step failed, or the state of the rotation does not allow this.
        """
        state = self._require_state(secret)
        if resume and not state.pending:
            raise ShieldError(
                f"no rotation of {secret.name} is pending",
                f"start one with shield rotate {secret.name}",
            )
        if state.function:
            self._rotate_in_aws(secret, state.function, progress.on_step)
            return
        if state.pending and not resume:
            raise self._pending_error(secret)
        steps: Sequence[str] = STEPS
        if self.needs_restart(secret) and not resume:
            steps = STEPS[:1]  # the others run after the restart, with --resume
        rotation_driver.run_rotation(
            self._aws.client,
            self.secret_id(secret),
            state.pending if resume else None,
            self._settings(secret),
            progress,
            steps,
        )

    def _pending_error(self, secret: Secret) -> ShieldError:
        reason, advice = explain_live(self.live_password(secret), secret.name)
        if reason:
            return ShieldError(
                f"a rotation of {secret.name} is pending already, and {reason}", advice
            )
        return ShieldError(
            f"a rotation of {secret.name} is pending already",
            f"resume it with shield rotate --resume {secret.name}, "
            f"or cancel it with shield rotate --cancel {secret.name}",
        )

    def _rotate_in_aws(self, secret: Secret, function: str, on_step: Callable[[str], None]) -> None:
        name = self.secret_id(secret)
        on_step("RotateSecret")
        try:
            token = self._aws.start(name)
            on_step(function.rpartition(":")[2])
            while not self._aws.wait(name, token):
                token = self._aws.start(name)
        except KeyboardInterrupt:
            raise InterruptedRotationError(
                f"interrupted; the function in AWS continues the rotation of {name}",
                f"run shield rotate --status {secret.name}",
            ) from None

    def is_automated(self, secret: Secret) -> bool:
        """Return whether the secret can be rotated automatically, on this machine or in AWS.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        return bool(rotation_strategy(secret) or self._require_state(secret).function)

    def needs_restart(self, secret: Secret) -> bool:
        """Return whether the app must restart before the new value becomes current.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        is_django_key = rotation_strategy(secret) == _DJANGO_KEY_STRATEGY
        return is_django_key and not self._require_state(secret).function

    def cancel(self, secret: Secret, *, may_be_live: bool = False) -> str | None:
        """Cancel an unfinished rotation, and return its version; None if there is none.

        Args:
            secret: The secret.
            may_be_live: Also cancel if it is unknown which password the database accepts.

        Raises:
            ShieldError: The secret is not in AWS, or its current password does not work, so that
                the app would be locked out.
        """
        self._require_state(secret)
        live = self.live_password(secret)
        reason, advice = explain_live(live, secret.name)
        is_accepted = live is LivePassword.NONE or (live is LivePassword.UNKNOWN and may_be_live)
        if reason and not is_accepted:
            raise ShieldError(f"the rotation of {secret.name} can't be canceled: {reason}", advice)
        return rotation_driver.cancel(self._aws.client, self.secret_id(secret))

    def store_manual_values(self, secret: Secret, values: Mapping[str, Hidden]) -> None:
        """Store the values that the user entered, and make them current.

        Args:
            secret: The secret.
            values: The value of each field.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        self._require_state(secret)
        self._aws.put_fields(self.secret_id(secret), values)

    def _state(self, secret: Secret) -> RotationState | None:
        if secret.name not in self._states:
            self._states[secret.name] = self._aws.state(self.secret_id(secret))
        return self._states[secret.name]

    def _require_state(self, secret: Secret) -> RotationState:
        state = self._state(secret)
        if state is None:
            raise ShieldError(f"{self.secret_id(secret)} is not in AWS", "shield apply creates it")
        return state

    def _settings(self, secret: Secret) -> dict[str, str]:
        """Return the settings of the rotation function, with local paths; import the hook."""
        if isinstance(secret.rotate, Rotation) and secret.rotate.hook:
            _import_hook(self._root / secret.rotate.hook)
        return self._login_settings(secret)

    def _login_settings(self, secret: Secret) -> dict[str, str]:
        settings = rotation_settings(secret)
        if "ROTATION_CA_FILE" in settings:
            settings["ROTATION_CA_FILE"] = str(self._root / settings["ROTATION_CA_FILE"])
        return settings


def _explain_problem(live: LivePassword, name: str) -> str:
    reason, advice = explain_live(live, name)
    if not reason or live is LivePassword.NONE:
        return ""
    return f"its rotation is pending, and {reason}: {advice}"


def is_database(secret: Secret) -> bool:
    """Return whether a rotation of the secret changes a password in a database."""
    return rotation_strategy(secret).endswith(("single-user", "alternating-users"))


def _rotated_by(secret: Secret, state: RotationState) -> RotatedBy:
    if state.function:
        return RotatedBy.AWS
    if rotation_strategy(secret) and secret.rotate != "manual":
        return RotatedBy.SHIELD
    return RotatedBy.HAND


def _describe_state(state: RotationState, planned: datetime | None) -> RotationPhase:
    if state.pending:
        return RotationPhase.PENDING
    if planned is None:
        return RotationPhase.UNSCHEDULED
    return RotationPhase.DUE if planned <= now() else RotationPhase.OK


def _import_hook(path: Path) -> None:
    """Import a hook by its own name, as in the zip of the rotation function."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ShieldError(
            f"the hook {path.name} is not in the app's folder", "check rotate.hook in shield.toml"
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  # a hook may raise anything
        raise ShieldError(
            f"the hook {path.name} can't be imported: {type(error).__name__}", "fix the hook"
        ) from None
    sys.modules[path.stem] = module
