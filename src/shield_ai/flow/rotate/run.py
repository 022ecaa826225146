"""Rotate the secrets of one app: with their rotation function, or else on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.live.secretsmanager import SecretsManager
from shield_ai.flow.interruption import InterruptedRotationError
from shield_ai.flow.rotate import rotation_driver
from shield_ai.flow.rotate.manual_values import (
    require_not_shorter,
    require_plausible,
    short_fields,
)
from shield_ai.flow.rotate.rotation_hook import import_hook
from shield_ai.flow.rotate.rotation_logins import (
    LoginKind,
    classify_login,
    describe_database,
    describe_strategy,
    explain_live,
    pending_hint,
)
from shield_ai.flow.rotate.rotation_reader import RotationReader
from shield_ai.flow.rotate.secret_selection import select_secrets
from shield_ai.flow.rotate.shared_logins import (
    SharedLogin,
    find_shared_login,
    shared_login_error,
)
from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import can_rotate, changes_database, rotation_strategy
from shield_ai.model.rotation_status import LivePassword
from shield_ai.rotator.handler import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shield_ai.model.manifest import Secret

_DJANGO_KEY_STRATEGY = "django-secret-key"


class RotationPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a rotation will do."""

    secret_id: str
    strategy: str
    function: str = ""  # the name of the Lambda function; empty: this machine
    database: str = ""  # user, host and port
    uses_backend: bool = False  # the app's settings use a database backend of the runtime
    is_resumed: bool = False


class SecretRotator(RotationReader):
    """Rotates the secrets of one app.

    Args:
        manifest: shield.toml, with the settings of the environment.
        root: The app's folder, for hooks and certificates.
        session: The connection to AWS.
    """

    def select(self, names: Sequence[str]) -> list[Secret]:
        """Return the secrets with these names, or all secrets if there are no names.

        Args:
            names: With or without the prefix.

        Raises:
            ShieldError: A name is not in shield.toml.
        """
        return select_secrets(self.manifest, names)

    def rotatable(self) -> list[Secret]:
        """Return the secrets that are meant to be rotated."""
        return [secret for secret in self.manifest.secret if can_rotate(secret)]

    def preview(self, secret: Secret, *, resume: bool = False) -> RotationPreview:
        """Return what a rotation will do.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        state = self.require_state(secret)
        strategy = rotation_strategy(secret)
        database = ""
        if changes_database(secret):
            settings = self.login_settings(secret)
            text = self.aws.current_text(self.secret_id(secret))
            strategy = describe_strategy(text, settings) or strategy
            database = describe_database(text, settings)
        return RotationPreview(
            secret_id=self.secret_id(secret),
            strategy=strategy,
            function=state.function.rpartition(":")[2],
            database=database,
            is_resumed=resume,
        )

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
            ShieldError: A step failed, or the state of the rotation does not allow this; or another
                secret contains the same login.
        """
        state = self.require_state(secret)
        if resume and not state.pending:
            raise ShieldError(
                f"no rotation of {secret.name} is pending",
                f"start one with shield rotate {secret.name}",
            )
        if not state.pending:
            self.require_own_login(secret)
        if state.function:
            self._rotate_in_aws(secret, state.function, progress.on_step)
            return
        if state.pending and not resume:
            raise self._pending_error(secret)
        steps: Sequence[str] = STEPS
        if self.rotates_in_two_steps(secret) and not resume:
            steps = STEPS[:1]  # the others run after the restart, with --resume
        rotation_driver.run_rotation(
            self.aws.client,
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
            pending_hint(secret.name),
        )

    def _rotate_in_aws(self, secret: Secret, function: str, on_step: Callable[[str], None]) -> None:
        name = self.secret_id(secret)
        on_step("RotateSecret")
        try:
            token = self.aws.start(name)
            on_step(function.rpartition(":")[2])
            while not self.aws.wait(name, token):
                token = self.aws.start(name)
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
        return bool(rotation_strategy(secret) or self.require_state(secret).function)

    def require_own_login(self, secret: Secret) -> None:
        """Refuse a rotation that changes a login which other secrets contain, too.

        Secrets that can't be read are not compared.

        Raises:
            ShieldError: Another secret, or that of another environment, contains the same login.
        """
        shared = self.shared_login(secret) if changes_database(secret) else None
        if shared:
            raise shared_login_error(shared)

    def shared_login(self, secret: Secret) -> SharedLogin | None:
        """Return the other secrets that contain a secret's login; None without any."""
        secrets = self.manifest.secret
        compared = {self.secret_id(other): other for other in secrets} | {**self.elsewhere}
        found = SecretsManager(self.session).read_many(compared)
        values = {
            compared[name].name: value for name, value in found.items() if isinstance(value, Hidden)
        }
        return find_shared_login(secret, secrets, values, self.elsewhere.values())

    def is_login(self, secret: Secret) -> bool:
        """Return whether the current value is a login for a database.

        Raises:
            AwsError: The value can't be read.
        """
        return classify_login(self.aws.current_text(self.secret_id(secret))) is LoginKind.DATABASE

    def rotates_in_two_steps(self, secret: Secret) -> bool:
        """Return whether the app must restart before the new value becomes current.

        Raises:
            ShieldError: The secret is not in AWS.
        """
        is_django_key = rotation_strategy(secret) == _DJANGO_KEY_STRATEGY
        return is_django_key and not self.require_state(secret).function

    def cancel(self, secret: Secret, *, may_be_live: bool = False) -> str | None:
        """Cancel an unfinished rotation, and return its version; None if there is none.

        Args:
            secret: The secret.
            may_be_live: Also cancel if it is unknown which password the database accepts.

        Raises:
            ShieldError: The secret is not in AWS, or its current password does not work, so that
                the app would be locked out.
        """
        self.require_state(secret)
        live = self.live_password(secret)
        reason, advice = explain_live(live, secret.name)
        is_accepted = live is LivePassword.NONE or (live is LivePassword.UNKNOWN and may_be_live)
        if reason and not is_accepted:
            raise ShieldError(f"the rotation of {secret.name} can't be canceled: {reason}", advice)
        return rotation_driver.cancel(self.aws.client, self.secret_id(secret))

    def store_manual_values(self, secret: Secret, values: Mapping[str, Hidden]) -> None:
        """Store the values that the user entered, and make them current.

        Args:
            secret: The secret.
            values: The value of each field.

        Raises:
            ShieldError: The secret is not in AWS, or a value is obviously wrong.
        """
        require_plausible(secret, values)
        self.require_state(secret)
        short = short_fields(values)
        if short:
            stored = SecretsManager(self.session).read(self.secret_id(secret))
            require_not_shorter(secret, short, stored)
        self.aws.put_fields(self.secret_id(secret), values)

    def _settings(self, secret: Secret) -> dict[str, str]:
        """Return the settings of the rotation function, with local paths; import the hook."""
        if isinstance(secret.rotate, Rotation) and secret.rotate.hook:
            import_hook(self.root / secret.rotate.hook)
        return self.login_settings(secret)
