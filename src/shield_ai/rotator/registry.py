"""The rotation strategies, and the engines and fields that a secret can have."""

from __future__ import annotations

import pkgutil

from . import strategies

STRATEGIES = tuple(
    sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(strategies.__path__))
)
ENGINES = {
    "postgres": "postgres",
    "postgresql": "postgres",
    "aurora-postgresql": "postgres",
    "mysql": "mysql",
    "mariadb": "mysql",
    "aurora-mysql": "mysql",
}
VALUE_FIELDS = ("value", "password", "secret", "key")  # as in shield_runtime.value
PORTS = {"5432": "postgres", "3306": "mysql"}  # for secrets without an engine
