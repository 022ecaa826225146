"""`shield rotate`: rotate now, rotate what is due, say how the rotations stand, end one that stopped half-way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.aws.desired.monitoring import OVERDUE, namespace
from shield_ai.aws.live import cloudwatch
from shield_ai.cli.console import ask
from shield_ai.cli.options import ENVIRONMENT, JSON, YES
from shield_ai.flow.app_session import AppSession
from shield_ai.flow.rotate import SecretRotator, overdue
from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.rotation_policy import manual_fields
from shield_ai.reports.rotation import (
    by_hand_text,
    django_key_text,
    restart_text,
    standings_json,
    standings_text,
    waits_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.manifest import Secret

_WHAT = {
    "createSecret": "a new value, pending",
    "setSecret": "brought into force",
    "testSecret": "proven",
    "finishSecret": "current",
    "RotateSecret": "accepted",
}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--app", type=click.Path(path_type=Path), default=".", help="the app's folder; here by default"
)
@click.option(
    "--due", is_flag=True, help="rotate every secret whose time has come; for cron and CI"
)
@click.option(
    "--status", is_flag=True, help="say when each was rotated, and when it will be; change nothing"
)
@click.option(
    "--publish",
    is_flag=True,
    help="with --status: tell CloudWatch how late the latest is, for the alarm",
)
@click.option("--resume", is_flag=True, help="go on with a rotation that stopped half-way")
@click.option("--cancel", is_flag=True, help="give up a rotation that stopped half-way")
@ENVIRONMENT
@YES
@JSON
def rotate(  # noqa: PLR0913  # one argument a flag
    names: tuple[str, ...],
    app: Path,
    environment: str,
    *,
    due: bool,
    status: bool,
    publish: bool,
    resume: bool,
    cancel: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Rotate secrets now: the function that apply deployed does it, or this machine with the same code.

    Nobody is locked out, wherever it stops: --resume goes on with it, and does nothing twice.
    """
    if publish and (names or not status):
        raise ShieldError(
            "--publish goes with --status of all secrets", "shield rotate --status --publish"
        )
    if sum((due, status, resume, cancel)) > 1:
        raise ShieldError(
            "--due, --status, --resume and --cancel exclude each other", "give one of them"
        )
    session = AppSession(app, environment=environment)
    if session.manifest_on_disk is None:
        raise ShieldError(
            f"no shield.toml in {app}", "shield draft writes it; --app names the app's folder"
        )
    rotator = SecretRotator(session.target_manifest, session.tree.root, session.aws_session)
    secrets = rotator.select(names)
    if status:
        statuses = [rotator.status(secret) for secret in secrets if names or secret.rotate]
        if publish:
            cloudwatch.publish(
                session.aws_session, namespace(session.target_manifest), OVERDUE, overdue(statuses)
            )
        click.echo(standings_json(statuses) if as_json else standings_text(statuses), nl=False)
        return DONE
    if due:
        return _due(rotator, secrets, yes=yes)
    if not names:
        listed = ", ".join(secret.name for secret in secrets if secret.rotate)
        raise ShieldError(
            "which secret?", f"name one of {listed}; or --due; --status says how they stand"
        )
    for secret in secrets:
        if cancel:
            _cancel(rotator, secret)
        else:
            _one(rotator, secret, session, resume=resume, yes=yes)
    return DONE


def rotate_now(session: AppSession, names: Sequence[str]) -> None:
    """Rotate secrets whose functions were deployed just now.

    Args:
        session: On the app, with an account.
        names: As AWS knows them.
    """
    rotator = SecretRotator(session.target_manifest, session.tree.root, session.aws_session)
    for secret in rotator.select(names) if names else ():
        _drive(rotator, secret)


def _due(rotator: SecretRotator, secrets: list[Secret], *, yes: bool) -> int:
    """Rotate what can be rotated from here; exit with 1 where something is left for a person."""
    statuses = {secret.name: rotator.status(secret) for secret in secrets if secret.rotate}
    mine = [s for s in secrets if s.name in statuses and statuses[s.name].state == "due"]
    for_hand = [s.name for s in mine if statuses[s.name].by == "hand" or rotator.needs_restart(s)]
    stuck = [
        name for name, one in statuses.items() if one.state == "pending" and one.by == "shield"
    ]
    mine = [s for s in mine if statuses[s.name].by == "shield" and s.name not in for_hand]
    if mine:
        ask(f"rotate {', '.join(secret.name for secret in mine)}?", yes=yes)
    failed: list[ShieldError] = []
    for secret in mine:
        try:
            _drive(rotator, secret)
        except ShieldError as error:  # the others are due as well
            failed.append(error)
            click.echo(f"  ! {error.message}", err=True)
    for name in for_hand:
        click.echo(f"{name} is due: shield rotate {name} leads through it", err=True)
    for name in stuck:
        click.echo(f"{name} is pending: shield rotate --resume {name} goes on with it", err=True)
    total = len(mine) + len(for_hand) + len(stuck)
    click.echo(
        f"{len(mine) - len(failed)} of {total} due secrets rotated" if total else "nothing is due",
        err=True,
    )
    if failed:
        raise failed[0]
    return FINDINGS if for_hand or stuck else DONE


def _one(
    rotator: SecretRotator, secret: Secret, session: AppSession, *, resume: bool, yes: bool
) -> None:
    if not resume and not rotator.is_automated(secret):
        _by_hand(rotator, secret, yes=yes)
        return
    needs_restart = rotator.needs_restart(secret)
    if needs_restart and not resume:
        click.echo(django_key_text(secret.name, fallbacks=_has_fallbacks(session)) + "\n", err=True)
    ask(f"{'go on with the rotation of' if resume else 'rotate'} {secret.name}?", yes=yes)
    _drive(rotator, secret, resume=resume)
    if needs_restart:
        click.echo("\n" + (restart_text() if resume else waits_text(secret.name)), err=True)


def _drive(rotator: SecretRotator, secret: Secret, *, resume: bool = False) -> None:
    """Show each step as it is done."""
    click.echo(rotator.secret_id(secret), err=True)
    begun: list[str] = []

    def tell(step: str | None) -> None:
        if begun:
            click.echo(_WHAT.get(begun.pop(), "current"), err=True)
        if step:
            click.echo(f"  {step:<14} ", nl=False, err=True)
            begun.append(step)

    try:
        rotator.rotate(secret, tell, resume=resume)
    except BaseException:
        if begun:
            click.echo("failed", err=True)
        raise
    tell(None)


def _cancel(rotator: SecretRotator, secret: Secret) -> None:
    token = rotator.cancel(secret)
    done = (
        f"version {token} is pending no more; the current value stays"
        if token
        else "nothing is pending"
    )
    click.echo(f"{rotator.secret_id(secret)}: {done}", err=True)


def _by_hand(rotator: SecretRotator, secret: Secret, *, yes: bool) -> None:
    """Take new values from the terminal without showing them, or from standard input, a line each."""
    click.echo(by_hand_text(secret.name, rotator.secret_id(secret)) + "\n", err=True)
    values = {field: _new(field or "value", yes=yes) for field in manual_fields(secret)}
    if not all(values.values()):
        raise ShieldError(
            "no new value was given; nothing was changed", f"shield rotate {secret.name} asks again"
        )
    rotator.store_manual_values(secret, values)
    click.echo(
        f"{rotator.secret_id(secret)}: the new value is AWSCURRENT, the old one AWSPREVIOUS",
        err=True,
    )


def _new(what: str, *, yes: bool) -> Hidden:
    if sys.stdin.isatty():
        return Hidden(
            click.prompt(
                f"the new {what} (not shown)",
                hide_input=True,
                default="",
                show_default=False,
                err=True,
            )
        )
    if not yes:
        raise ShieldError("there is no terminal to ask on", "pipe the new value in, with --yes")
    return Hidden(sys.stdin.readline().rstrip("\r\n"))


def _has_fallbacks(session: AppSession) -> bool:
    """Whether the settings accept the key before and the key after."""
    texts = [session.tree.read(path) or b"" for path in session.manifest.app.settings]
    return any(b"SECRET_KEY_FALLBACKS" in text and b"AWSPENDING" in text for text in texts)
