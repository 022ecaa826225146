"""Django's PostgreSQL backend with rotating credentials. Supports Django's connection pool."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base, client

from ... import retries_after_rotation
from ..backends import RotatingClient, RotatingCredentials


class DatabaseClient(RotatingClient, client.DatabaseClient):
    """Runs psql."""


class DatabaseWrapper(RotatingCredentials, base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    client_class = DatabaseClient

    @property
    def pool(self) -> Any:
        """Return Django's connection pool. Each new connection reads the current credentials."""
        before = self.settings_dict
        options = before["OPTIONS"].get("pool")
        if not options or not before.get("SECRET"):
            return super().pool
        pool = {"connection_class": _connection_class(type(self), before, self.alias)}
        if isinstance(options, dict):
            pool.update(options)
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

            def connect_with_secret() -> Any:
                # The pool's threads connect concurrently, so each connection needs a wrapper.
                current = wrapper(settings, alias).get_connection_params()
                return connect(conninfo, **{**params, **current})

            return retries_after_rotation(settings["SECRET"])(connect_with_secret)()

    return RotatingConnection
