"""Does a database take the login in a secret? Tried with the rotation function's own code."""

from __future__ import annotations

import socket
from importlib import import_module
from typing import TYPE_CHECKING

from shield_ai.rotator.connector import Connector
from shield_ai.rotator.document import login, parse
from shield_ai.rotator.errors import LoginRefusedError, RotationError
from shield_ai.rotator.selection import strategy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.hidden import Hidden

GREETING = 2.0  # seconds
PORTS = {"postgres": 5432, "mysql": 3306}


def refusal(value: Hidden, environ: Mapping[str, str]) -> str | None:
    """Say why the database does not take a login.

    Args:
        value: The secret, a JSON document with username, password, host and port.
        environ: The rotation function's settings: ROTATION_SSLMODE, …

    Returns:
        None where it does; text without a value otherwise. Begins with "not tried" where that is not known.
    """
    why: str | None = "not tried: the secret names no server that shield knows"
    for engine in _engines(value, environ):
        try:
            connect = import_module(f"shield_ai.rotator.{engine}").connect
            Connector(connect).enter(login(parse(value.reveal()), PORTS[engine], environ)).close()
        except LoginRefusedError:
            return "the database does not accept user and password"
        except RotationError as error:
            why = f"not tried: {error}"
        except ImportError:
            why = "not tried: pip install 'shield-ai[rotate]'"
        else:
            return None
    return why


def _engines(value: Hidden, environ: Mapping[str, str]) -> list[str]:
    """Return the servers that it may be: the one that is named, or each where none is."""
    try:
        named = strategy_name(value.reveal(), environ).partition("-")[0]
    except RotationError:
        return _by_greeting(value)
    return [named] if named in PORTS else []


def _by_greeting(value: Hidden) -> list[str]:
    """Tell the servers apart by who speaks first: MySQL does, and a wrong driver would wait for that a long time."""
    document = parse(value.reveal())
    host, port = document.get("host"), str(document.get("port") or "")
    if not host or not port.isdecimal():
        return list(PORTS)  # each has a port of its own
    try:
        with socket.create_connection((str(host), int(port)), GREETING) as connection:
            return ["mysql"] if connection.recv(1) else ["postgres"]
    except (OSError, OverflowError):  # silence, or nobody there: PostgreSQL's driver says which
        return ["postgres"]
