"""Determine which version of a secret the database accepts, while a rotation is pending.

With a single user, a rotation that stops after setSecret leaves AWSCURRENT with a password that the
database rejects. The pending version then has the only password that works.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.flow.verify.db_login import DEFAULT_PORTS, LoginAttempt, LoginResult, try_login
from shield_ai.model.errors import AwsError
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import changes_database, rotation_settings
from shield_ai.model.rotation_status import LivePassword
from shield_ai.rotator.document import parse_login, parse_secret_value
from shield_ai.rotator.errors import AwsCallError, RotationError, SetupError
from shield_ai.rotator.secret import CURRENT, PENDING, PREVIOUS, Store
from shield_ai.rotator.selection import strategy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.manifest import Secret

TLS_HINT = (
    "enable TLS in the database, with a certificate signed by the CA in rotate.ca of shield.toml; "
    'on a network that you trust, set rotate = { …, sslmode = "disable" } in shield.toml'
)


class LoginKind(enum.Enum):
    """Whether a value is a login for a database."""

    DATABASE = "database"
    UNKNOWN = "unknown"  # a login whose server has an unknown type, or a value that can't be read
    NONE = "none"


def classify_login(value: Hidden) -> LoginKind:
    """Classify a value as a database login or not, without connecting to the server."""
    text = value.reveal()
    if not text:
        return LoginKind.UNKNOWN
    try:
        parse_login(parse_secret_value(text), 0, {})
    except RotationError:
        return LoginKind.NONE
    engine = describe_strategy(value, {}).partition("-")[0]
    return LoginKind.DATABASE if engine in DEFAULT_PORTS else LoginKind.UNKNOWN


class VersionLogins(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the login with each version of a secret; None if there is no such version."""

    current: LoginAttempt | None
    pending: LoginAttempt | None
    previous: LoginAttempt | None

    @property
    def live(self) -> LivePassword:
        """The version that works: the first of current, pending and previous.

        NONE if the database rejects all of them. UNKNOWN if none is known to work, and one could
        not be tested.
        """
        if _has_result(self.current, LoginResult.OK):
            return LivePassword.CURRENT
        if _has_result(self.pending, LoginResult.OK):
            return LivePassword.PENDING
        if not _has_result(self.current, LoginResult.REFUSED):
            return LivePassword.UNKNOWN
        if _has_result(self.previous, LoginResult.OK):
            return LivePassword.PREVIOUS
        others = [login for login in (self.pending, self.previous) if login]
        all_refused = all(login.result is LoginResult.REFUSED for login in others)
        return LivePassword.NONE if all_refused else LivePassword.UNKNOWN


def _has_result(login: LoginAttempt | None, result: LoginResult) -> bool:
    return login is not None and login.result is result


def check_logins(client: Any, secret_id: str, environ: Mapping[str, str]) -> VersionLogins:
    """Log in to the database with the current, the pending and the previous version.

    Args:
        client: A boto3 Secrets Manager client.
        secret_id: The name or ARN of the secret.
        environ: The settings of the rotation function, such as ROTATION_SSLMODE.

    Raises:
        AwsError: An AWS call failed.
    """
    store = Store(client, secret_id)
    try:
        stages = store.describe()
        values = {}
        for stage in (CURRENT, PENDING, PREVIOUS):
            version = stages.version_with(stage)
            values[stage] = store.get_value(version=version) if version else None
    except AwsCallError as error:
        raise AwsError(str(error), "allow this call in your AWS permissions") from None
    logins = {stage: _login(value, environ) for stage, value in values.items()}
    return VersionLogins(
        current=logins[CURRENT], pending=logins[PENDING], previous=logins[PREVIOUS]
    )


def _login(value: str | None, environ: Mapping[str, str]) -> LoginAttempt | None:
    if value is None:
        return None
    try:
        return try_login(Hidden(value), environ)
    except RotationError as error:  # not a document with a login
        return LoginAttempt(LoginResult.UNTRIED, str(error))


def describe_strategy(value: Hidden, environ: Mapping[str, str]) -> str:
    """Return the rotation strategy of a secret, including the engine; empty if none applies."""
    try:
        return strategy_name(value.reveal(), environ)
    except RotationError:
        return ""


def engine_problem(secret: Secret, value: Hidden) -> tuple[str, str]:
    """Return why the rotation of a database login fails at its start, and what to do.

    Both are empty if the engine is known, the value can't be read, or nothing rotates it.
    """
    if not isinstance(secret.rotate, Rotation) or not changes_database(secret) or not value:
        return "", ""
    try:
        strategy_name(value.reveal(), rotation_settings(secret))
    except SetupError as error:
        problem, _, advice = str(error).partition(": ")
        return problem, advice
    return "", ""


def describe_database(value: Hidden, environ: Mapping[str, str]) -> str:
    """Return the server and the user of a login; empty if the value is not a login."""
    engine = describe_strategy(value, environ).partition("-")[0]
    try:
        login = parse_login(
            parse_secret_value(value.reveal()), DEFAULT_PORTS.get(engine, 0), environ
        )
    except RotationError:
        return ""
    port = f":{login.port}" if login.port else ""
    return f"{login.host}{port}, user {login.username}"


def resume_command(name: str) -> str:
    """Return the command that resumes a rotation."""
    return f"shield rotate --resume {name}"


def pending_hint(name: str) -> str:
    """Return how to end a pending rotation."""
    return f"resume with {resume_command(name)}, or cancel with shield rotate --cancel {name}"


def explain_live(live: LivePassword, name: str) -> tuple[str, str]:
    """Explain which password works, and what to do; both are empty if the usual hints apply.

    Args:
        live: The version that works.
        name: The secret.
    """
    resume = f"run {resume_command(name)}"
    if live is LivePassword.PENDING:
        return "only the pending password works", resume
    if live is LivePassword.PREVIOUS:
        return "only the previous password works", resume
    if live is LivePassword.NONE:
        return (
            (
                "the database rejects the current password and, if they exist, the pending and the "
                "previous one"
            ),
            (
                f"{resume}, which also tries older versions; if it fails, set the user's password "
                "to that of the current version"
            ),
        )
    if live is LivePassword.UNKNOWN:
        return (
            "shield could not test which password works",
            f"{resume}, which tells the reason, such as TLS or an unreachable database",
        )
    return "", ""
