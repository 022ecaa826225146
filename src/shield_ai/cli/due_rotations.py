"""Rotate all secrets that are due, for `shield rotate --due`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.cli.console import echo, note
from shield_ai.cli.prompts import confirm, print_before_question
from shield_ai.cli.rotation_steps import run_steps
from shield_ai.flow.interruption import InterruptedAfterRotationError, InterruptedRotationError
from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.plurals import count
from shield_ai.model.rotation_status import RotatedBy, RotationPhase
from shield_ai.reports.documents import RotationResult
from shield_ai.reports.rotation_preview import preview_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.rotate.run import SecretRotator
    from shield_ai.model.manifest import Secret


class _DueSecrets(NamedTuple):
    """The secrets that --due has to handle."""

    automatic: list[Secret]
    manual: list[str]  # need manual steps: a key of a provider, or restarts of the app
    pending: list[str]  # interrupted rotations
    errors: list[ShieldError]  # of secrets with a rotation status that can't be read


def _find_due(
    rotator: SecretRotator, secrets: Sequence[Secret], results: list[RotationResult]
) -> _DueSecrets:
    found = _DueSecrets([], [], [], [])
    for secret in secrets:
        if not secret.rotate:
            continue
        try:
            status = rotator.status(secret)
        except ShieldError as error:
            found.errors.append(error)
            echo(f"{secret.name}: {error.message}", err=True)
            results.append(_failed_result(secret, error))
            continue
        if status.phase is RotationPhase.PENDING and status.by is RotatedBy.SHIELD:
            found.pending.append(secret.name)
            results.append(RotationResult(name=secret.name, result="pending"))
        elif status.phase is not RotationPhase.DUE:
            continue
        elif status.by is RotatedBy.MANUAL or rotator.rotates_in_two_steps(secret):
            found.manual.append(secret.name)
            results.append(RotationResult(name=secret.name, result="manual"))
        elif status.by is RotatedBy.SHIELD:
            found.automatic.append(secret)
    return found


def rotate_due(
    rotator: SecretRotator, secrets: Sequence[Secret], results: list[RotationResult], *, yes: bool
) -> int:
    """Rotate the due secrets that need no manual step; return 1 if other due secrets remain.

    Args:
        rotator: Rotates the app's secrets.
        secrets: All secrets.
        results: The list to which the result of each due secret is appended, also before an error.
        yes: Whether --yes was given.

    Raises:
        ShieldError: The first error, after all secrets were tried; or the confirmation failed.
    """
    due = _find_due(rotator, secrets, results)
    failed = _rotate_all(rotator, due.automatic, results, yes=yes)
    for name in due.manual:
        echo(f"{name} is due for manual rotation: run shield rotate {name}", err=True)
    for name in due.pending:
        echo(f"{name} has a pending rotation: run shield rotate --resume {name}", err=True)
    total = len(due.automatic) + len(due.manual) + len(due.pending)
    if total:
        rotated = len(due.automatic) - len(failed)
        note(f"{rotated} of {count(total, 'due secret')} rotated")
    elif not due.errors:
        note("no secrets are due")
    errors = due.errors + failed
    if errors:
        raise errors[0]
    return FINDINGS if due.manual or due.pending else DONE


@contextlib.contextmanager
def rotated_if_interrupted(secret: Secret, results: list[RotationResult]) -> Iterator[None]:
    """Append the result of a rotation that finished before an interrupt, and raise the error.

    Args:
        secret: The secret.
        results: The list to which the result is appended.
    """
    try:
        yield
    except InterruptedAfterRotationError:
        results.append(RotationResult(name=secret.name, result="rotated"))
        raise


def _failed_result(secret: Secret, error: ShieldError) -> RotationResult:
    return RotationResult(name=secret.name, result="failed", error=error.message)


def _rotate_all(
    rotator: SecretRotator, secrets: Sequence[Secret], results: list[RotationResult], *, yes: bool
) -> list[ShieldError]:
    """Rotate secrets, and return the errors of those that could not be rotated."""
    errors: list[ShieldError] = []
    for secret in secrets:
        print_before_question(preview_text(rotator.preview(secret)), yes=yes)
    if secrets:
        confirm(f"Rotate {', '.join(secret.name for secret in secrets)}?", yes=yes)
    for secret in secrets:
        try:
            with rotated_if_interrupted(secret, results):
                run_steps(rotator, secret)
            results.append(RotationResult(name=secret.name, result="rotated"))
        except InterruptedRotationError:
            raise  # Ctrl-C stops the command, not only this rotation
        except ShieldError as error:
            errors.append(error)
            echo(f"  ! {error.message}", err=True)
            results.append(_failed_result(secret, error))
    return errors
