"""Which strategy a secret has: the function's ROTATION_STRATEGY, else what the secret's JSON says of itself.

Each is imported only when it is chosen: a function for PostgreSQL never loads MySQL's driver.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from .errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .rotation import Strategy

STRATEGIES = {
    "postgres-single-user": ("postgres_single", "PostgresSingle"),
    "postgres-alternating-users": ("postgres_alternating", "PostgresAlternating"),
    "mysql-single-user": ("mysql_single", "MysqlSingle"),
    "mysql-alternating-users": ("mysql_alternating", "MysqlAlternating"),
    "django-secret-key": ("django_secret_key", "DjangoSecretKey"),
    "api-key": ("api_key", "ApiKey"),
    "random-value": ("random_value", "RandomValue"),
}
ENGINES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "aurora-postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "aurora-mysql": "mysql",
}


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
        document: Any = json.loads(current)
    except ValueError:
        document = {}
    document = document if isinstance(document, dict) else {}
    name = environ.get("ROTATION_STRATEGY") or str(document.get("strategy") or "")
    if name and name not in ("single-user", "alternating-users"):
        return name
    engine = ENGINES.get(str(document.get("engine")).lower())
    if engine is None:
        raise SetupError("set ROTATION_STRATEGY, or name an engine (postgres, mysql, mariadb) in the secret's JSON")
    if not name:
        has_admin = environ.get("ROTATION_ADMIN") or document.get("masterarn")
        name = "alternating-users" if has_admin else "single-user"
    return f"{engine}-{name}"
