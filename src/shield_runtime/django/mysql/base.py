"""Django's MySQL backend with rotating credentials."""

from __future__ import annotations

from django.db.backends.mysql import base, client

from ..backends import RotatingClient, RotatingCredentials


class DatabaseClient(RotatingClient, client.DatabaseClient):
    """Runs the mysql shell."""


class DatabaseWrapper(RotatingCredentials, base.DatabaseWrapper):
    """A connection to MySQL or MariaDB."""

    client_class = DatabaseClient
