"""Test whether a database accepts the login in a secret, with the code of the rotation function."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import TYPE_CHECKING

from shield_ai.rotator.connector import Connector
from shield_ai.rotator.document import parse, parse_login
from shield_ai.rotator.errors import LoginRefusedError, RotationError
from shield_ai.rotator.selection import strategy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.hidden import Hidden

GREETING_TIMEOUT = 2.0  # seconds
PORTS = {"postgres": 5432, "mysql": 3306}
# Prefix of the errors that say nothing about the login itself.
NOT_TRIED = "not tried"


def login_error(value: Hidden, environ: Mapping[str, str]) -> str | None:
    """Log in to a database, and return why that failed.

    Args:
        value: The secret, a JSON document with username, password, host and port.
        environ: The environment variables of the rotation function, such as ROTATION_SSLMODE.

    Returns:
        None if the login works; otherwise an error without any value. It begins with NOT_TRIED if
        the login could not be tried.
    """
    error = f"{NOT_TRIED}: the secret names no supported database server"
    for engine in _possible_engines(value, environ):
        try:
            connect = import_module(f"shield_ai.rotator.{engine}").connect
            target = parse_login(parse(value.reveal()), PORTS[engine], environ)
            Connector(connect).log_in(target).close()
        except LoginRefusedError:
            return "the database does not accept user and password"
        except RotationError as failure:
            error = f"{NOT_TRIED}: {failure}"
        except ImportError:
            error = f"{NOT_TRIED}: pip install 'shield-ai[rotate]'"
        else:
            return None
    return error


def _possible_engines(value: Hidden, environ: Mapping[str, str]) -> list[str]:
    """Return the engine that the secret names, or the possible ones if it names none."""
    try:
        engine = strategy_name(value.reveal(), environ).partition("-")[0]
    except RotationError:
        return _engines_by_greeting(value)
    return [engine] if engine in PORTS else []


def _engines_by_greeting(value: Hidden) -> list[str]:
    """Detect the engine by who speaks first: a MySQL server sends a greeting, PostgreSQL does not.

    The wrong driver would wait a long time for an answer.
    """
    document = parse(value.reveal())
    host = document.get("host")
    port = str(document.get("port") or "")
    if not host or not port.isdecimal():
        return list(PORTS)  # try the default port of each
    try:
        address = (str(host), int(port))
        with socket.create_connection(address, GREETING_TIMEOUT) as connection:
            return ["mysql"] if connection.recv(1) else ["postgres"]
    except (OSError, OverflowError):
        # No greeting or no connection: PostgreSQL's driver tells which.
        return ["postgres"]
