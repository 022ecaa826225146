"""What `shield rotate` does to the secrets of one app: by AWS where a function is deployed, else from here."""

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

DJANGO = "django-secret-key"


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
    """Return the time."""
    return datetime.now(UTC)


def overdue(statuses: Sequence[RotationStatus]) -> float:
    """Return by how many days the latest rotation is late; 0 where none is."""
    return max(
        [0.0, *((now() - one.next).total_seconds() / 86_400 for one in statuses if one.next)]
    )


class SecretRotator:
    """The rotations of one app.

    Args:
        manifest: What is moved.
        root: The app's folder, for hooks and certificates.
        session: The account.
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
        """Return the secrets with these names, with or without the prefix; all of them where no name is given.

        Raises:
            ShieldError: One of them is not in shield.toml.
        """
        known = {
            key: secret
            for secret in self._manifest.secret
            for key in (secret.name, self.secret_id(secret))
        }
        for name in names:
            if name not in known:
                raise ShieldError(
                    f"shield.toml has no secret {name}",
                    f"it has {', '.join(_names(self._manifest))}",
                )
        return (
            [known[name] for name in dict.fromkeys(names)] if names else list(self._manifest.secret)
        )

    def status(self, secret: Secret) -> RotationStatus:
        """Say how a secret stands."""
        state = self._aws.state(self.secret_id(secret))
        self._states[secret.name] = state
        if state is None:
            return RotationStatus(
                name=secret.name, by="hand", strategy=rotation_strategy(secret), state="not in AWS"
            )
        by = (
            "AWS"
            if state.function
            else "shield"
            if rotation_strategy(secret) and secret.rotate != "manual"
            else "hand"
        )
        planned = state.next or (next_rotation(secret, state.last) if state.last else None)
        late = planned is not None and planned <= now()
        what = "pending" if state.pending else "due" if late else "ok" if planned else "no schedule"
        return RotationStatus(
            name=secret.name,
            by=by,
            strategy=rotation_strategy(secret),
            last=state.last,
            next=planned,
            state=what,
            pending=state.pending,
            since=state.since,
        )

    def rotate(self, secret: Secret, tell: Callable[[str], None], *, resume: bool = False) -> None:
        """Rotate a secret, or go on with a rotation that stopped; `tell` hears each step before it begins.

        Raises:
            ShieldError: It can't be done; the current value is in force still.
        """
        state = self._known(secret)
        name = self.secret_id(secret)
        if resume and not state.pending:
            raise ShieldError(
                f"no rotation of {secret.name} is pending",
                f"shield rotate {secret.name} begins one",
            )
        if state.function:
            tell("RotateSecret")
            token = self._aws.begin(name)
            tell(state.function.rpartition(":")[2])
            while not self._aws.wait(name, token):
                token = self._aws.begin(name)
            return
        if state.pending and not resume:
            raise ShieldError(
                f"a rotation of {secret.name} is pending already",
                f"shield rotate --resume {secret.name} goes on with it, --cancel gives it up",
            )
        pending = state.pending if resume else None
        steps = STEPS[:1] if self.needs_restart(secret) and not resume else STEPS
        rotation_driver.drive(
            self._aws.client, name, pending, self._environment(secret), tell, steps
        )

    def is_automated(self, secret: Secret) -> bool:
        """Whether a program can rotate it, here or in AWS."""
        return bool(rotation_strategy(secret) or self._known(secret).function)

    def needs_restart(self, secret: Secret) -> bool:
        """Whether the processes have to restart between making the new value and making it current."""
        return rotation_strategy(secret) == DJANGO and not self._known(secret).function

    def cancel(self, secret: Secret) -> str | None:
        """Give up a rotation that stopped half-way; return the version that was pending."""
        self._known(secret)
        return rotation_driver.cancel(self._aws.client, self.secret_id(secret))

    def store_manual_values(self, secret: Secret, values: Mapping[str, Hidden]) -> None:
        """Make the values that a person brought, by field, the current ones."""
        self._known(secret)
        self._aws.upsert(self.secret_id(secret), values)

    def _known(self, secret: Secret) -> RotationState:
        if secret.name not in self._states:
            self._states[secret.name] = self._aws.state(self.secret_id(secret))
        state = self._states[secret.name]
        if state is None:
            raise ShieldError(f"{self.secret_id(secret)} is not in AWS", "shield apply creates it")
        return state

    def _environment(self, secret: Secret) -> dict[str, str]:
        """Return the function's settings, with its files as they lie here."""
        settings = rotation_settings(secret)
        if isinstance(secret.rotate, Rotation) and secret.rotate.hook:
            _load(self._root / secret.rotate.hook)
        if "ROTATION_CA_FILE" in settings:
            settings["ROTATION_CA_FILE"] = str(self._root / settings["ROTATION_CA_FILE"])
        return settings


def _names(manifest: Manifest) -> list[str]:
    return [secret.name for secret in manifest.secret]


def _load(path: Path) -> None:
    """Import a hook under its own name, as it has it in the function's zip."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ShieldError(
            f"the hook {path.name} is not in the app's folder", "see hook in shield.toml"
        )
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  # the user's code may raise what it likes
        raise ShieldError(
            f"the hook {path.name} can't be imported: {type(error).__name__}", "mend it"
        ) from None
    sys.modules[path.stem] = module
