"""The engine shield_ai.django.mysql: Django's own, with credentials that may rotate."""

from __future__ import annotations

from django.db.backends.mysql import base, client  # type: ignore[import-untyped]  # Django has no types

from shield_ai.django import RotatingClient, RotatingCredentials


class DatabaseClient(RotatingClient, client.DatabaseClient):  # type: ignore[misc]  # Django has no types
    """The mysql shell."""


class DatabaseWrapper(RotatingCredentials, base.DatabaseWrapper):  # type: ignore[misc]  # Django has no types
    """A connection to MySQL or MariaDB."""

    client_class = DatabaseClient
