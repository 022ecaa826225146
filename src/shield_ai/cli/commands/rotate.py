"""`shield rotate`: rotate secrets, show their rotation status, resume or cancel a rotation."""

from __future__ import annotations

import contextlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.aws.desired.monitoring_context import OVERDUE_METRIC, metric_namespace
from shield_ai.aws.live import cloudwatch
from shield_ai.cli.console import echo, note, print_json
from shield_ai.cli.due_rotations import rotate_due, rotated_if_interrupted
from shield_ai.cli.options import APP_OPTION, ENVIRONMENT, JSON, YES, grouped_options
from shield_ai.cli.rotate_one import (
    cancel_rotation,
    note_env_files,
    resume_rotation,
    rotate_manually,
    rotate_one,
)
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.interruption import InterruptedRotationError
from shield_ai.flow.rotate.rotation_reader import days_overdue
from shield_ai.flow.rotate.run import SecretRotator
from shield_ai.model.errors import DONE, ShieldError
from shield_ai.reports.documents import RotateDocument, RotationResult, StatusDocument
from shield_ai.reports.rotation import statuses_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.manifest import Secret
    from shield_ai.reports.documents import ResultName

_COMMAND = "shield rotate"


class Mode(msgspec.Struct, frozen=True):
    """The mode options. Without any, shield rotate rotates the named secrets."""

    due: bool
    status: bool
    publish: bool
    resume: bool
    cancel: bool


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@APP_OPTION
@grouped_options(
    "mode",
    Mode,
    click.option(
        "--due", is_flag=True, help="Rotate all secrets that are due, for example from cron or CI."
    ),
    click.option("--status", is_flag=True, help="Show the last and next rotation of each secret."),
    click.option(
        "--publish",
        is_flag=True,
        help="With --status: publish the days overdue as a CloudWatch metric.",
    ),
    click.option("--resume", is_flag=True, help="Resume an interrupted rotation."),
    click.option("--cancel", is_flag=True, help="Cancel an interrupted rotation."),
)
@ENVIRONMENT
@YES
@JSON
def rotate(
    names: tuple[str, ...],
    app: Path,
    mode: Mode,
    environment: str,
    *,
    yes: bool,
    as_json: bool,
) -> int:
    """Rotate secrets now.

    The rotation runs in the Lambda function that apply deployed, or else on this machine. An
    interrupted rotation can be resumed with --resume, without repeating completed steps, or
    canceled with --cancel, unless its new password is the only one that works. While a password
    changes, interrupts take effect after the rotation.
    """
    _check_mode(mode, names)
    options = _follow_up_options(app, environment)
    try:
        code = _run(names, app, mode, environment, yes=yes, as_json=as_json)
    except (KeyboardInterrupt, click.Abort):
        raise InterruptedRotationError(
            "interrupted",
            f"run shield rotate --status{options} to see whether a rotation is pending",
        ) from None
    except ShieldError as error:
        if options and _COMMAND in error.hint:
            error.hint += f"; add{options} to {_COMMAND}"
        raise
    if options and mode.status and not as_json:
        note(f"Add{options} to {_COMMAND}.")
    return code


def _follow_up_options(app: Path, environment: str) -> str:
    """Return the options that follow-up commands for the same secrets need."""
    options = "" if app == Path() else f" --app {shlex.quote(str(app))}"
    if environment:
        options += f" --environment {environment}"
    return options


def _run(
    names: tuple[str, ...], app: Path, mode: Mode, environment: str, *, yes: bool, as_json: bool
) -> int:
    context = AppContext(app, AppOptions(environment=environment))
    context.require_manifest()
    rotator = SecretRotator.of_app(context)
    secrets = rotator.select(names)
    if mode.status:
        listed = secrets if names else rotator.rotatable()
        _show_status(context, rotator, listed, publish=mode.publish, as_json=as_json)
        return DONE
    if not mode.due and not names:
        raise _no_secret_error(rotator.rotatable())
    with _printed_results(context, as_json=as_json) as results:
        try:
            if mode.due:
                return rotate_due(rotator, secrets, results, yes=yes)
            for secret in secrets:
                with rotated_if_interrupted(secret, results):
                    result = _change_one(rotator, secret, context, mode, yes=yes)
                results.append(RotationResult(name=secret.name, result=result))
        finally:
            rotated = {result.name for result in results if result.result == "rotated"}
            note_env_files(context, [secret for secret in secrets if secret.name in rotated])
    return DONE


@contextlib.contextmanager
def _printed_results(context: AppContext, *, as_json: bool) -> Iterator[list[RotationResult]]:
    """Print the results with --json; after an error, only if there are any."""
    results: list[RotationResult] = []
    is_complete = False
    try:
        yield results
        is_complete = True
    finally:
        if as_json and (results or is_complete):
            name = context.manifest.app.name
            environment = context.environment
            print_json(RotateDocument(app=name, environment=environment, secrets=tuple(results)))


def _no_secret_error(secrets: Sequence[Secret]) -> ShieldError:
    choices = "a secret of shield.toml"
    if secrets:
        choices = f"one of {', '.join(secret.name for secret in secrets)}"
    return ShieldError("no secret given", f"name {choices}, or use --due or --status")


def _check_mode(mode: Mode, names: Sequence[str]) -> None:
    if mode.publish and (names or not mode.status):
        raise ShieldError(
            "--publish requires --status without secret names",
            "run shield rotate --status --publish",
        )
    if sum((mode.due, mode.status, mode.resume, mode.cancel)) > 1:
        raise ShieldError(
            "--due, --status, --resume and --cancel are mutually exclusive", "use only one of them"
        )


def _show_status(
    context: AppContext,
    rotator: SecretRotator,
    secrets: Sequence[Secret],
    *,
    publish: bool,
    as_json: bool,
) -> None:
    statuses = [rotator.status_with_login(secret) for secret in secrets]
    if publish:
        namespace = metric_namespace(context.target_manifest)
        days = days_overdue(statuses)
        cloudwatch.put_metric(context.aws_session, namespace, OVERDUE_METRIC, days)
    if as_json:
        app_name = context.manifest.app.name
        environment = context.environment
        print_json(StatusDocument(app=app_name, environment=environment, secrets=tuple(statuses)))
    else:
        echo(statuses_text(statuses), nl=False)


def _change_one(
    rotator: SecretRotator, secret: Secret, context: AppContext, mode: Mode, *, yes: bool
) -> ResultName:
    """Rotate one secret, or resume or cancel its rotation."""
    if mode.cancel:
        return cancel_rotation(rotator, secret, yes=yes)
    if mode.resume:
        resume_rotation(rotator, secret, context, yes=yes)
        return "rotated"
    if rotator.is_automated(secret):
        return rotate_one(rotator, secret, context, yes=yes)
    rotate_manually(rotator, secret, yes=yes)
    return "rotated"
