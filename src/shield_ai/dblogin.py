"""Does a database take the login in a secret? Tried with the rotation function's own code."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from shield_ai.rotator.document import login, parse
from shield_ai.rotator.errors import LoginRefusedError, RotationError
from shield_ai.rotator.logins import Door
from shield_ai.rotator.strategies import strategy_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model import Hidden

PORTS = {"postgres": 5432, "mysql": 3306}


def refusal(value: Hidden, environ: Mapping[str, str]) -> str | None:
    """Say why the database does not take a login.

    Args:
        value: The secret, a JSON document with username, password, host and port.
        environ: The rotation function's settings: ROTATION_SSLMODE, …

    Returns:
        None where it does; text without a value otherwise. Begins with "not tried" where that is not known.
    """
    try:
        engine = strategy_name(value.reveal(), environ).partition("-")[0]
        if engine not in PORTS:
            return "not tried: the secret names no server that shield knows"
        connect = import_module(f"shield_ai.rotator.{engine}").connect
        Door(connect).enter(login(parse(value.reveal()), PORTS[engine], environ)).close()
    except LoginRefusedError:
        return "the database does not accept user and password"
    except RotationError as error:
        return f"not tried: {error}"
    except ImportError:
        return "not tried: pip install 'shield-ai[rotate]'"
    return None
