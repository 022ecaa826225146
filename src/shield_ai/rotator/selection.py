"""Which strategy a secret has: the function's ROTATION_STRATEGY, else what the secret's JSON says of itself.

Each is imported only when it is chosen: a function for PostgreSQL never loads MySQL's driver.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from . import url
from .errors import SetupError
from .registry import ENGINES, PORTS, STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .interface import Strategy


def choose(current: str, environ: Mapping[str, str]) -> Strategy:
    """Return the strategy for a secret with this current value."""
    name = strategy_name(current, environ)
    if name not in STRATEGIES:
        raise SetupError(f"unknown strategy; known are {', '.join(STRATEGIES)}")
    module, symbol = STRATEGIES[name]
    return cast("Strategy", getattr(import_module(f".{module}", __package__), symbol)())


def strategy_name(current: str, environ: Mapping[str, str]) -> str:
    """Say which strategy it is, in full; `single-user` and `alternating-users` go with the document's engine."""
    try:
        document: Any = url.parse(current) if url.is_url(current) else json.loads(current)
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    name = environ.get("ROTATION_STRATEGY") or str(document.get("strategy") or "")
    if name and name not in ("single-user", "alternating-users"):
        return name
    engine = (
        ENGINES.get(str(document.get("engine")).lower())
        if "engine" in document
        else _usual(document)
    )
    if engine is None:
        raise SetupError(
            "set ROTATION_STRATEGY, or name an engine (postgres, mysql, mariadb) in the secret's JSON"
        )
    if not name:
        has_admin = environ.get("ROTATION_ADMIN") or document.get("masterarn")
        name = "alternating-users" if has_admin else "single-user"
    return f"{engine}-{name}"


def _usual(document: dict[str, Any]) -> str | None:
    """Say which server has this port, unless somebody moved it; a wrong guess gets no further than the login."""
    return PORTS.get(str(document.get("port")))
