"""Read the status of the rotations of one app's secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

import msgspec

from shield_ai.aws.live.rotation import RotationClient, RotationState
from shield_ai.flow.rotate.environment_secrets import secrets_of_environments
from shield_ai.flow.rotate.rotation_logins import (
    LoginKind,
    check_logins,
    classify_login,
    engine_problem,
    explain_live,
)
from shield_ai.model.errors import ShieldError
from shield_ai.model.rotation_policy import (
    changes_database,
    next_rotation,
    rotation_settings,
    rotation_strategy,
)
from shield_ai.model.rotation_status import LivePassword, RotatedBy, RotationPhase, RotationStatus

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from shield_ai.aws.live.session import Session
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest, Secret

_SECONDS_PER_DAY = 86_400
STRATEGY = "ROTATION_STRATEGY"


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


def days_overdue(statuses: Sequence[RotationStatus]) -> float:
    """Return by how many days the most overdue rotation is late; 0 if none is late.

    Args:
        statuses: The state of each rotation.
    """
    days = 0.0
    for status in statuses:
        if status.next:
            days = max(days, (now() - status.next).total_seconds() / _SECONDS_PER_DAY)
    return days


class RotationReader:
    """Reads the state of the rotations of one app's secrets.

    Args:
        manifest: shield.toml, with the settings of the environment.
        root: The app's folder, for certificates.
        session: The connection to AWS.
        elsewhere: The secrets of other environments, by the name in AWS.
    """

    def __init__(
        self,
        manifest: Manifest,
        root: Path,
        session: Session,
        elsewhere: Mapping[str, Secret] | None = None,
    ) -> None:
        self.manifest = manifest
        self.root = root
        self.session = session
        self.aws = RotationClient(session)
        self.elsewhere = elsewhere or {}
        self._states: dict[str, RotationState | None] = {}

    @classmethod
    def of_app(cls, app: AppContext) -> Self:
        """Return the reader of an app's secrets in the selected environment."""
        elsewhere = secrets_of_environments(app.manifest, app.environment)
        return cls(app.target_manifest, app.tree.root, app.aws_session, elsewhere)

    def secret_id(self, secret: Secret) -> str:
        """Return a secret's name in AWS."""
        return self.manifest.app.prefix + secret.name

    def status(self, secret: Secret) -> RotationStatus:
        """Return the status of a secret's rotation.

        Raises:
            AwsError: An AWS call failed.
        """
        strategy = rotation_strategy(secret)
        state = self.aws.state(self.secret_id(secret))
        self._states[secret.name] = state
        if state is None:
            return RotationStatus(
                name=secret.name,
                by=RotatedBy.MANUAL,
                strategy=strategy,
                phase=RotationPhase.NOT_IN_AWS,
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
            phase=_phase(state, planned),
            pending=state.pending,
            since=state.since,
        )

    def status_with_login(self, secret: Secret) -> RotationStatus:
        """Return the status of a secret's rotation, and what the secret's values tell about it.

        These are the password that works if a rotation is pending, and whether it can start.

        Raises:
            AwsError: An AWS call failed.
        """
        status = self.status(secret)
        problem = ""
        if status.by is not RotatedBy.MANUAL:
            value = self.aws.current_text(self.secret_id(secret))
            problem = ": ".join(filter(None, engine_problem(secret, value)))
        return msgspec.structs.replace(status, live=self.live_password(secret), problem=problem)

    def live_password(self, secret: Secret) -> LivePassword:
        """Return which version's password the database accepts, if a rotation is pending.

        Raises:
            AwsError: An AWS call failed.
        """
        state = self._state(secret)
        if state is None or not state.pending:
            return LivePassword.NOT_CHECKED
        settings = self.login_settings(secret)
        return self._live_version(
            self.secret_id(secret), settings, is_known_database=changes_database(secret)
        )

    def _live_version(
        self, secret_id: str, settings: Mapping[str, str], *, is_known_database: bool
    ) -> LivePassword:
        """Return which version's password works.

        If shield.toml does not say that the secret is a login, its value is classified: shield.toml
        may have changed since the rotation started.
        """
        if not is_known_database:
            kind = classify_login(self.aws.current_text(secret_id))
            if kind is LoginKind.NONE or (kind is LoginKind.UNKNOWN and settings.get(STRATEGY)):
                return LivePassword.NOT_CHECKED
            if kind is LoginKind.UNKNOWN:
                return LivePassword.UNKNOWN
            settings = {**settings, STRATEGY: ""}
        return check_logins(self.aws.client, secret_id, settings).live

    def rollback_problem(self, name: str) -> str:
        """Return why a secret's pending rotation prevents a rollback; empty if it does not.

        Args:
            name: The secret's name in AWS.
        """
        for secret in self.manifest.secret:
            if self.secret_id(secret) == name:
                return _explain_problem(self.live_password(secret), secret.name)
        state = self.aws.state(name)
        if state is None or not state.pending:
            return ""
        live = self._live_version(name, {}, is_known_database=False)
        problem = _explain_problem(live, name)
        return f"{problem}, after you add it to shield.toml again" if problem else ""

    def _state(self, secret: Secret) -> RotationState | None:
        if secret.name not in self._states:
            self._states[secret.name] = self.aws.state(self.secret_id(secret))
        return self._states[secret.name]

    def require_state(self, secret: Secret) -> RotationState:
        """Return the state of a secret's rotation in AWS.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        state = self._state(secret)
        if state is None:
            raise ShieldError(
                f"{self.secret_id(secret)} is not in AWS",
                "shield apply creates it, or restores it if it is scheduled for deletion",
            )
        return state

    def login_settings(self, secret: Secret) -> dict[str, str]:
        """Return the settings of the rotation function, with the paths on this machine."""
        settings = rotation_settings(secret)
        if "ROTATION_CA_FILE" in settings:
            settings["ROTATION_CA_FILE"] = str(self.root / settings["ROTATION_CA_FILE"])
        return settings


def _explain_problem(live: LivePassword, name: str) -> str:
    """Return why a pending rotation prevents a rollback; empty if it does not."""
    reason, advice = explain_live(live, name)
    if not reason or live is LivePassword.NONE:
        return ""
    return f"its rotation is pending, and {reason}: {advice}"


def _rotated_by(secret: Secret, state: RotationState) -> RotatedBy:
    if state.function:
        return RotatedBy.AWS
    if rotation_strategy(secret) and secret.rotate != "manual":
        return RotatedBy.SHIELD
    return RotatedBy.MANUAL


def _phase(state: RotationState, planned: datetime | None) -> RotationPhase:
    if state.pending:
        return RotationPhase.PENDING
    if planned is None:
        return RotationPhase.UNSCHEDULED
    return RotationPhase.DUE if planned <= now() else RotationPhase.OK
