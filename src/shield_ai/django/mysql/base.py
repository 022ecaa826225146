"""The engine shield_ai.django.mysql: Django's own, with credentials that may rotate."""

from __future__ import annotations

# Django has no types
from django.db.backends.mysql import base, client  # type: ignore[import-untyped]

from shield_ai.django import RotatingClient, RotatingCredentials


# Django has no types
class DatabaseClient(RotatingClient, client.DatabaseClient):  # type: ignore[misc]
    """The mysql shell."""


# Django has no types
class DatabaseWrapper(RotatingCredentials, base.DatabaseWrapper):  # type: ignore[misc]
    """A connection to MySQL or MariaDB."""

    client_class = DatabaseClient
