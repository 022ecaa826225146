"""Rotate the secrets of one app: with their rotation function, or else on this machine."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.live.rotation import RotationClient, RotationState
from shield_ai.flow import rotation_driver
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import next_rotation, rotation_settings, rotation_strategy
from shield_ai.rotator.handler import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from shield_ai.aws.live.session import Session
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret

_DJANGO_KEY_STRATEGY = "django-secret-key"
_SECONDS_PER_DAY = 86_400


class RotationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a secret's rotation. All times are in UTC."""

    name: str  # as in shield.toml
    by: str  # "AWS": a Lambda function; "shield": this command, from cron or CI; "hand": a person
    strategy: str = ""
    last: datetime | None = None  # when the current value was created
    next: datetime | None = None
    state: str = "ok"  # "ok", "due", "pending", "no schedule", "not in AWS"
    pending: str = ""  # the version of an unfinished rotation
    since: datetime | None = None  # when the unfinished rotation started


def now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


def overdue(statuses: Sequence[RotationStatus]) -> float:
    """Return how many days the most overdue rotation is late; 0 if none is.

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
        if not names:
            return list(self._manifest.secret)
        known: dict[str, Secret] = {}
        for secret in self._manifest.secret:
            known[secret.name] = secret
            known[self.secret_id(secret)] = secret
        for name in names:
            if name not in known:
                listed = ", ".join(secret.name for secret in self._manifest.secret)
                raise ShieldError(f"shield.toml has no secret {name}", f"it has {listed}")
        return [known[name] for name in dict.fromkeys(names)]

    def status(self, secret: Secret) -> RotationStatus:
        """Return the state of a secret's rotation.

        Raises:
            AwsError: AWS refused.
        """
        strategy = rotation_strategy(secret)
        state = self._aws.state(self.secret_id(secret))
        self._states[secret.name] = state
        if state is None:
            return RotationStatus(
                name=secret.name, by="hand", strategy=strategy, state="not in AWS"
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

    def rotate(
        self, secret: Secret, on_step: Callable[[str], None], *, resume: bool = False
    ) -> None:
        """Rotate a secret, or resume its rotation.

        Args:
            secret: The secret.
            on_step: Called with each step before it begins.
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
            self._rotate_in_aws(secret, state.function, on_step)
            return
        if state.pending and not resume:
            raise ShieldError(
                f"a rotation of {secret.name} is pending already",
                f"resume it with shield rotate --resume {secret.name}, "
                f"or cancel it with shield rotate --cancel {secret.name}",
            )
        steps: Sequence[str] = STEPS
        if self.needs_restart(secret) and not resume:
            steps = STEPS[:1]  # the others run after the restart, with --resume
        rotation_driver.run_rotation(
            self._aws.client,
            self.secret_id(secret),
            state.pending if resume else None,
            self._settings(secret),
            on_step,
            steps,
        )

    def _rotate_in_aws(self, secret: Secret, function: str, on_step: Callable[[str], None]) -> None:
        name = self.secret_id(secret)
        on_step("RotateSecret")
        token = self._aws.start(name)
        on_step(function.rpartition(":")[2])
        while not self._aws.wait(name, token):
            token = self._aws.start(name)

    def is_automated(self, secret: Secret) -> bool:
        """Return whether the secret can be rotated without a person, here or in AWS.

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

    def cancel(self, secret: Secret) -> str | None:
        """Cancel an unfinished rotation, and return its version; None if there is none.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        self._require_state(secret)
        return rotation_driver.cancel(self._aws.client, self.secret_id(secret))

    def store_manual_values(self, secret: Secret, values: Mapping[str, Hidden]) -> None:
        """Store the values that a person entered, and make them current.

        Args:
            secret: The secret.
            values: The value of each field.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        self._require_state(secret)
        self._aws.put_fields(self.secret_id(secret), values)

    def _require_state(self, secret: Secret) -> RotationState:
        if secret.name not in self._states:
            self._states[secret.name] = self._aws.state(self.secret_id(secret))
        state = self._states[secret.name]
        if state is None:
            raise ShieldError(f"{self.secret_id(secret)} is not in AWS", "shield apply creates it")
        return state

    def _settings(self, secret: Secret) -> dict[str, str]:
        """Return the settings of the rotation function, with local paths; import the hook."""
        settings = rotation_settings(secret)
        if isinstance(secret.rotate, Rotation) and secret.rotate.hook:
            _import_hook(self._root / secret.rotate.hook)
        if "ROTATION_CA_FILE" in settings:
            settings["ROTATION_CA_FILE"] = str(self._root / settings["ROTATION_CA_FILE"])
        return settings


def _rotated_by(secret: Secret, state: RotationState) -> str:
    if state.function:
        return "AWS"
    if rotation_strategy(secret) and secret.rotate != "manual":
        return "shield"
    return "hand"


def _describe_state(state: RotationState, planned: datetime | None) -> str:
    if state.pending:
        return "pending"
    if planned is None:
        return "no schedule"
    return "due" if planned <= now() else "ok"


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
