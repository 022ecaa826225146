"""Select the strategy of a secret, from ROTATION_STRATEGY or from the JSON document.

Only the selected strategy is imported, so a function for PostgreSQL does not load MySQL's driver.
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


def select_strategy(current: str, environ: Mapping[str, str]) -> Strategy:
    """Return the strategy for a secret.

    Args:
        current: The current value.
        environ: The settings of the function.

    Raises:
        SetupError: The strategy or the database engine is unknown.
    """
    name = strategy_name(current, environ)
    if name not in STRATEGIES:
        raise SetupError(f"unknown strategy; use one of {', '.join(STRATEGIES)}")
    module = import_module(f".strategies.{name.replace('-', '_')}", __package__)
    return cast("Strategy", module.STRATEGY())


def strategy_name(current: str, environ: Mapping[str, str]) -> str:
    """Return the full name of a secret's strategy, including the database engine.

    Raises:
        SetupError: The database engine is unknown.
    """
    document = _parse_document(current)
    name = environ.get("ROTATION_STRATEGY") or str(document.get("strategy") or "")
    if name and name not in {"single-user", "alternating-users"}:
        return name
    engine = _engine(document, environ)
    if engine is None:
        raise SetupError(
            "the database engine is unknown: set rotate.engine in shield.toml, or engine in the "
            "secret's JSON, to postgres or mysql (also for MariaDB)"
        )
    if not name:
        has_admin = environ.get("ROTATION_ADMIN") or document.get("masterarn")
        name = "alternating-users" if has_admin else "single-user"
    return f"{engine}-{name}"


def _parse_document(text: str) -> dict[str, Any]:
    try:
        document = url.parse_database_url(text) if url.is_database_url(text) else json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _engine(document: dict[str, Any], environ: Mapping[str, str]) -> str | None:
    if "engine" in document:
        return ENGINES.get(str(document["engine"]).lower())
    # if the name or port belongs to another server, the login fails before anything is changed
    return environ.get("ROTATION_ENGINE") or PORTS.get(str(document.get("port")))
