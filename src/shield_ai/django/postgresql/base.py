"""The engine shield_ai.django.postgresql: Django's own, with credentials that may rotate; its pool, too."""

from __future__ import annotations

from typing import Any

# Django has no types
from django.db.backends.postgresql import base, client  # type: ignore[import-untyped]

from shield_ai import runtime
from shield_ai.django import RotatingClient, RotatingCredentials


# Django has no types
class DatabaseClient(RotatingClient, client.DatabaseClient):  # type: ignore[misc]
    """psql."""


# Django has no types
class DatabaseWrapper(RotatingCredentials, base.DatabaseWrapper):  # type: ignore[misc]
    """A connection to PostgreSQL."""

    client_class = DatabaseClient

    @property
    def pool(self) -> Any:
        """Django's pool, whose connections read the credentials when they are made."""
        before = self.settings_dict
        options = before["OPTIONS"].get("pool")
        if not options or not before.get("SECRET"):
            return super().pool
        pool = {
            "connection_class": _connection_class(type(self), before, self.alias),
            **(options if isinstance(options, dict) else {}),
        }
        self.settings_dict = {**before, "OPTIONS": {**before["OPTIONS"], "pool": pool}}
        try:
            return super().pool
        finally:
            self.settings_dict = before


def _connection_class(wrapper: type[DatabaseWrapper], settings: dict[str, Any], alias: str) -> type:
    from psycopg import Connection

    class RotatingConnection(Connection[Any]):
        @classmethod
        def connect(cls, conninfo: str = "", **params: Any) -> Any:
            connect = super().connect

            # a wrapper of its own: threads of the pool come here at the same time
            def now() -> Any:
                return connect(
                    conninfo, **{**params, **wrapper(settings, alias).get_connection_params()}
                )

            return runtime.survives_rotation(settings["SECRET"])(now)()

    return RotatingConnection
