"""Test whether a database accepts the login in a secret, with the code of the rotation function."""

from __future__ import annotations

import enum
import socket
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.installation import install_command
from shield_ai.rotator.connector import Connector
from shield_ai.rotator.document import get_port, parse_login, parse_secret_value
from shield_ai.rotator.errors import LoginRefusedError, RotationError, TlsError
from shield_ai.rotator.selection import strategy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.hidden import Hidden

GREETING_TIMEOUT = 2.0  # seconds
DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306}


class LoginResult(enum.Enum):
    """The result of an attempt to log in to a database."""

    OK = "ok"
    REFUSED = "refused"  # the server rejects the user and password
    NO_TLS = "no TLS"  # not tried: the server has no TLS, or its certificate is not trusted
    UNTRIED = "untried"  # says nothing about the login: no server, driver or connection


class LoginAttempt(msgspec.Struct, frozen=True):
    """An attempt to log in, with the reason if it failed."""

    result: LoginResult
    detail: str = ""  # contains no value


_OK = LoginAttempt(LoginResult.OK)
_REFUSED = LoginAttempt(LoginResult.REFUSED, "the database rejects the user and password")


def try_login(value: Hidden, environ: Mapping[str, str]) -> LoginAttempt:
    """Log in to a database.

    Args:
        value: The secret, a JSON document with username, password, host and port.
        environ: The environment variables of the rotation function, such as ROTATION_SSLMODE.
    """
    attempt = _not_tried("the secret does not name a supported database engine")
    try:
        engines = _possible_engines(value, environ)
    except RotationError as error:
        return _not_tried(str(error))
    for engine in engines:
        try:
            connect = import_module(f"shield_ai.rotator.{engine}").connect
            login = parse_login(parse_secret_value(value.reveal()), DEFAULT_PORTS[engine], environ)
            Connector(connect).log_in(login).close()
        except LoginRefusedError:
            return _REFUSED
        except RotationError as error:
            has_tls_problem = isinstance(error, TlsError)
            result = LoginResult.NO_TLS if has_tls_problem else LoginResult.UNTRIED
            attempt = _not_tried(str(error), result)
        except ImportError:
            command = install_command("rotate")
            attempt = _not_tried(f"the driver of the database is not installed; run {command}")
        else:
            return _OK
    if len(engines) > 1 and attempt.result is LoginResult.UNTRIED:
        return _not_tried("neither PostgreSQL nor MySQL accepts a connection")
    return attempt


def _not_tried(reason: str, result: LoginResult = LoginResult.UNTRIED) -> LoginAttempt:
    return LoginAttempt(result, f"not tried: {reason}")


def _possible_engines(value: Hidden, environ: Mapping[str, str]) -> list[str]:
    """Return the engine that the secret names, or the possible ones if it names none."""
    try:
        # The name of a database's strategy starts with its engine: postgres-single-user.
        engine = strategy_name(value.reveal(), environ).partition("-")[0]
    except RotationError:
        return _engines_by_greeting(value)
    return [engine] if engine in DEFAULT_PORTS else []


def _engines_by_greeting(value: Hidden) -> list[str]:
    """Detect the engine by the greeting: a MySQL server sends one, a PostgreSQL server does not.

    The wrong driver would wait a long time for an answer.
    """
    document = parse_secret_value(value.reveal())
    host = document.get("host")
    if not host or not document.get("port"):
        return list(DEFAULT_PORTS)  # try the default port of each
    address = (str(host), get_port(document, 0))
    try:
        with socket.create_connection(address, GREETING_TIMEOUT) as connection:
            return ["mysql"] if connection.recv(1) else ["postgres"]
    except (OSError, UnicodeError):  # the latter for an invalid host name
        # There is no greeting or no connection; PostgreSQL's driver reports the reason.
        return ["postgres"]
