"""Rotate one secret, or resume or cancel its rotation."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.cli.console import echo, note
from shield_ai.cli.new_values import read_new_values
from shield_ai.cli.prompts import confirm, print_before_question
from shield_ai.cli.rotation_steps import note_emulated, run_steps
from shield_ai.flow.pull import env_file_with, pull_command
from shield_ai.model.errors import ShieldError
from shield_ai.model.rotation_policy import ManualKind, manual_kind, manually_rotated_fields
from shield_ai.model.rotation_status import LivePassword
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.reports.rotation import (
    django_key_first_restart_text,
    django_key_second_restart_text,
    django_key_text,
    manual_rotation_text,
    no_fallbacks_text,
)
from shield_ai.reports.rotation_preview import preview_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.rotate.run import SecretRotator
    from shield_ai.model.manifest import Secret
    from shield_ai.reports.documents import ResultName

_BACKEND = regex(rb"shield_runtime\.django\.(?:postgresql|mysql)\b")


def rotate_one(rotator: SecretRotator, secret: Secret, app: AppContext, *, yes: bool) -> ResultName:
    """Rotate a secret with its strategy, after confirmation.

    Args:
        rotator: Rotates the app's secrets.
        secret: The secret.
        app: The app.
        yes: Whether --yes was given.
    """
    rotates_in_two_steps = rotator.rotates_in_two_steps(secret)
    has_fallbacks = False
    if rotates_in_two_steps:
        has_fallbacks = _has_fallbacks(app)
        text = django_key_text(secret.name, has_fallbacks=has_fallbacks)
        echo(f"{text}\n", err=True)
    else:
        rotator.require_own_login(secret)
        _print_preview(rotator, secret, app, yes=yes)
    confirm(f"Rotate {secret.name}?", yes=yes)
    run_steps(rotator, secret)
    if rotates_in_two_steps:
        text = django_key_first_restart_text(secret.name, has_fallbacks=has_fallbacks)
        echo(f"\n{text}", err=True)
        return "restart"
    return "rotated"


def _print_preview(
    rotator: SecretRotator, secret: Secret, app: AppContext, *, yes: bool, resume: bool = False
) -> None:
    preview = rotator.preview(secret, resume=resume)
    preview = msgspec.structs.replace(preview, uses_backend=_uses_backend(app))
    print_before_question(preview_text(preview), yes=yes)


def resume_rotation(rotator: SecretRotator, secret: Secret, app: AppContext, *, yes: bool) -> None:
    """Resume a pending rotation, after confirmation.

    Args:
        rotator: Rotates the app's secrets.
        secret: The secret.
        app: The app.
        yes: Whether --yes was given.
    """
    rotates_in_two_steps = rotator.rotates_in_two_steps(secret)
    has_fallbacks = rotates_in_two_steps and _has_fallbacks(app)
    if not rotates_in_two_steps:
        _print_preview(rotator, secret, app, yes=yes, resume=True)
    elif not has_fallbacks:
        echo(f"{no_fallbacks_text(secret.name)}\n", err=True)
    confirm(f"Resume the rotation of {secret.name}?", yes=yes)
    run_steps(rotator, secret, resume=True)
    if rotates_in_two_steps:
        echo(f"\n{django_key_second_restart_text(has_fallbacks=has_fallbacks)}", err=True)


def cancel_rotation(rotator: SecretRotator, secret: Secret, *, yes: bool) -> ResultName:
    """Cancel a pending rotation, after confirmation if the app could be locked out.

    Args:
        rotator: Rotates the app's secrets.
        secret: The secret.
        yes: Whether --yes was given.
    """
    is_unknown = rotator.live_password(secret) is LivePassword.UNKNOWN
    if is_unknown:
        echo(
            "shield could not test which password works. If only the pending password works,\n"
            "canceling locks the app out.\n",
            err=True,
        )
        if yes:
            raise ShieldError(
                f"--yes does not cancel the rotation of {secret.name}: the app could be locked out",
                "run shield on a host that can reach the database, or confirm without --yes",
            )
        confirm(f"Cancel the rotation of {secret.name} anyway?", yes=False)
    version = rotator.cancel(secret, may_be_live=is_unknown)
    result = "no rotation is pending"
    if version:
        result = f"rotation canceled (version {version}); the current value is unchanged"
    echo(f"{rotator.secret_id(secret)}: {result}", err=True)
    return "canceled" if version else "unchanged"


def rotate_manually(rotator: SecretRotator, secret: Secret, *, yes: bool) -> None:
    """Store a value that only its provider can create, from a prompt or standard input.

    Args:
        rotator: Rotates the app's secrets.
        secret: The secret.
        yes: Whether --yes was given.
    """
    secret_id = rotator.secret_id(secret)
    kind = ManualKind.DATABASE_LOGIN if rotator.is_login(secret) else manual_kind(secret)
    echo(f"{manual_rotation_text(secret.name, secret_id, kind)}\n", err=True)
    if kind is ManualKind.DATABASE_LOGIN:
        _note_shared_login(rotator, secret)
    values = read_new_values(manually_rotated_fields(secret), yes=yes)
    rotator.store_manual_values(secret, values)
    note(f"{secret_id}: the new value is AWSCURRENT, the old one AWSPREVIOUS")


def _note_shared_login(rotator: SecretRotator, secret: Secret) -> None:
    shared = rotator.shared_login(secret)
    if shared:
        echo(
            f"The same login is in {', '.join(shared.names)}: store its new value there, too.\n",
            err=True,
        )


def note_env_files(app: AppContext, secrets: Sequence[Secret]) -> None:
    """Print how to update the app's env files that still have the old values of secrets.

    Args:
        app: The app.
        secrets: The secrets that were rotated.
    """
    outdated = [env_file_with(app, secret) for secret in secrets]
    for path, number in Counter(filter(None, outdated)).items():
        command = pull_command(app.environment, path)
        if number == 1:
            note(f"{path} still has the old value: {command} writes the current one")
        else:
            note(f"{path} still has {number} old values: {command} writes the current ones")
    note_emulated(secrets, app.environment)


def _uses_backend(app: AppContext) -> bool:
    """Check whether the settings use a database backend of the runtime, or of a copy of it."""
    texts = [app.tree.read(path) or b"" for path in app.manifest.app.settings]
    return any(_BACKEND.search(text) for text in texts)


def _has_fallbacks(app: AppContext) -> bool:
    """Check whether the settings accept the pending and the previous SECRET_KEY."""
    for path in app.manifest.app.settings:
        text = app.tree.read(path) or b""
        if b"SECRET_KEY_FALLBACKS" in text and b"AWSPENDING" in text:
            return True
    return False
