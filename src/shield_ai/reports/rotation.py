"""Format the status of rotations and the instructions for them, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.rotate.rotation_logins import explain_live
from shield_ai.model.rotation_policy import ManualKind
from shield_ai.model.rotation_status import RotatedBy, RotationPhase
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from shield_ai.model.rotation_status import RotationStatus

_NAME_WIDTH = 32
_FALLBACKS = """\
    SECRET_KEY_FALLBACKS = [
        key
        for stage in ("AWSPREVIOUS", "AWSPENDING")
        if (key := get_secret("{name}", None, stage=stage))
    ]"""
_DJANGO_KEY = """\
Rotating Django's SECRET_KEY takes two rolling restarts:
  1. The new key is created as AWSPENDING.
  2. Restart the processes one after another. Each accepts the new key and
     still signs with the old one.
  3. Run shield rotate --resume {name}.
     The new key becomes AWSCURRENT.
  4. Restart the processes again. Each signs with the new key and accepts the
     old one.
With a single restart, users whose requests reach both old and new processes
are logged out."""
_NO_FALLBACKS = """\
The settings have no SECRET_KEY_FALLBACKS with both keys, so all users will be
logged out. To avoid this, first add and deploy (Django 4.1 or newer):

"""
_MANUAL_ROTATION = """\
{name} is rotated manually, without downtime:
  1. Create a second key at the provider, and keep the old one valid.
  2. Enter the new key below. It becomes AWSCURRENT, the old one AWSPREVIOUS.
  3. Wait until the app's caches expire (AWS_SECRETS_TTL, default 300 seconds),
     or restart the app if its settings read the key only at startup.
  4. Revoke the old key at the provider.
With hook = "FILE.py" in shield.toml, shield does all four steps for
{secret_id}."""
_MANUAL_PASSWORD = """\
{name} is rotated manually. If the server accepts only one password
for the user, the app can't log in between steps 1 and 3:
  1. Change the password at the server.
  2. Enter the new password below. It becomes AWSCURRENT, the old one
     AWSPREVIOUS.
  3. Restart the app, or wait until its caches expire (AWS_SECRETS_TTL, default
     300 seconds) if it reads the password for each connection."""
_MANUAL_URL = """\
{name} is a URL, which is rotated manually. If its server accepts only one
password or key, the app can't connect between steps 1 and 3:
  1. Create a second login or key at the server, or change the password.
  2. Enter the whole URL with it below. It becomes AWSCURRENT, the old URL
     AWSPREVIOUS.
  3. Restart the app, or wait until its caches expire (AWS_SECRETS_TTL, default
     300 seconds) if it reads the URL for each connection.
  4. Remove the old login or key."""
_MANUAL_OWN_KEY = """\
{name} is rotated manually. It seems to be a key with which the app
signs or encrypts, so that no provider creates it:
  1. Let the app also accept the old key, if what it signed or encrypted so far
     has to stay valid: get_secret("{name}", None, stage="AWSPREVIOUS")
     returns the old key after step 2.
  2. Enter a new random value below. It becomes AWSCURRENT, the old one
     AWSPREVIOUS.
  3. Restart the app, or wait until its caches expire (AWS_SECRETS_TTL, default
     300 seconds) if it reads the key each time."""
_MANUAL_SESSION_KEY = """\
{name} is rotated manually. It seems to be a key with which the app
signs sessions: a new key logs all users out, and invalidates signed links and
tokens, unless the app also accepts the old key:
  1. To keep users logged in, first add and deploy (Flask 3.1.1 or newer):

    SECRET_KEY_FALLBACKS = [
        key
        for key in [get_secret("{name}", None, stage="AWSPREVIOUS")]
        if key
    ]

     For itsdangerous, pass a list of the keys, the oldest first.
  2. Enter a new random value below. It becomes AWSCURRENT, the old one
     AWSPREVIOUS.
  3. Restart all processes. Until then, users whose requests reach both old and
     new processes are logged out."""
_MANUAL_LOGIN = """\
{name} is the login of a database, and shield.toml has no strategy for
it. To let shield rotate change the password in the database and in AWS, set
  rotate = {{ strategy = "single-user" }}
To rotate it manually, without downtime:
  1. Create a second user with the same rights in the database.
  2. Enter the new value, with this user, below. It becomes AWSCURRENT, the old
     one AWSPREVIOUS.
  3. Wait until the app's caches expire (AWS_SECRETS_TTL, default 300 seconds),
     or restart the app if its settings read the login only at startup.
  4. Remove the old user."""


def statuses_text(statuses: Sequence[RotationStatus]) -> str:
    """Format statuses as a table, followed by instructions for pending and due rotations."""
    lines = [f"{'secret':<{_NAME_WIDTH}} {'value since':<11} {'next':<11} {'by':<8} state"]
    for status in statuses:
        name = status.name
        if len(name) > _NAME_WIDTH:  # on a separate line, to keep the columns
            lines.append(name)
            name = ""
        last = _date(status.last)
        following = _date(status.next)
        lines.append(
            f"{name:<{_NAME_WIDTH}} {last:<11} {following:<11} {status.by:<8} {status.phase}"
        )
    for status in statuses:
        lines += _instructions(status)
    return "\n".join(lines) + "\n"


def _date(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "-"


def _instructions(status: RotationStatus) -> Iterator[str]:
    name = status.name
    if status.problem:
        yield ""
        yield from wrap(f"{name} can't be rotated: {status.problem}")
    if status.pending:
        since = f" since {status.since:%Y-%m-%d %H:%M} UTC" if status.since else ""
        yield ""
        yield f"{name}: rotation pending{since}, version"
        yield f"  {status.pending}"
        reason, advice = explain_live(status.live, name)
        if reason:
            yield from wrap(f"{reason}: {advice}")
            return
        yield f"  shield rotate --resume {name}"
        yield "      resumes it without repeating completed steps"
        yield f"  shield rotate --cancel {name}"
        yield "      cancels it; the current value is unchanged"
    elif status.phase is RotationPhase.DUE and status.by is RotatedBy.MANUAL:
        yield ""
        yield f"{name} is due for manual rotation: run shield rotate {name}"


def django_key_text(name: str, *, has_fallbacks: bool) -> str:
    """Explain how to rotate Django's SECRET_KEY without logging users out.

    Args:
        name: The secret's name in shield.toml.
        has_fallbacks: Whether the settings have SECRET_KEY_FALLBACKS with both keys.
    """
    text = _DJANGO_KEY.format(name=name)
    if has_fallbacks:
        return text
    return f"{text}\n\n{no_fallbacks_text(name)}"


def no_fallbacks_text(name: str) -> str:
    """Warn that settings without SECRET_KEY_FALLBACKS log all users out."""
    return _NO_FALLBACKS + _FALLBACKS.format(name=name)


def django_key_first_restart_text(name: str, *, has_fallbacks: bool) -> str:
    """Explain the first restart, after the new SECRET_KEY was created."""
    if not has_fallbacks:
        return (
            "To keep users logged in, first add SECRET_KEY_FALLBACKS and deploy. Then run\n"
            f"  shield rotate --resume {name}"
        )
    return (
        f"Restart the processes now, one after another. Then run\n  shield rotate --resume {name}"
    )


def django_key_second_restart_text(*, has_fallbacks: bool) -> str:
    """Explain the second restart, after the new SECRET_KEY became current."""
    if not has_fallbacks:
        return (
            "Restart the processes again. The settings do not accept the old key, so\n"
            "all users are logged out."
        )
    return (
        "Restart the processes again, one after another. The old key is accepted\n"
        "until the next rotation."
    )


_MANUAL_TEXTS = {
    ManualKind.PROVIDER_KEY: _MANUAL_ROTATION,
    ManualKind.URL: _MANUAL_URL,
    ManualKind.PASSWORD: _MANUAL_PASSWORD,
    ManualKind.OWN_KEY: _MANUAL_OWN_KEY,
    ManualKind.SESSION_KEY: _MANUAL_SESSION_KEY,
    ManualKind.DATABASE_LOGIN: _MANUAL_LOGIN,
}


def manual_rotation_text(name: str, secret_id: str, kind: ManualKind) -> str:
    """Explain how to rotate a value that shield can't create.

    Args:
        name: The secret's name in shield.toml.
        secret_id: The secret's name in AWS.
        kind: What has to be done.
    """
    return _MANUAL_TEXTS[kind].format(name=name, secret_id=secret_id)
