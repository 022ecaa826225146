"""Database backends for rotated credentials: each new connection reads the current login.

::

    DATABASES = {
        "default": {
            "ENGINE": "shield_runtime.django.postgresql",  # or shield_runtime.django.mysql
            "SECRET": DATABASE,  # the secret's name; its value is JSON, a URL or only the password
            "SECRET_FIELDS": {"USER": "username", ...},  # setting -> field
            "NAME": "shop",
            "USER": ...,  # these are used if AWS is off
            "PASSWORD": ...,
        }
    }

With AWS on, PASSWORD is a default as in get_secret(): during an outage, a value for development
is not used in production. If the secret can't be read, and PASSWORD is also in an environment
variable, it is used if AWS_SECRETS_FALLBACK allows that.

Existing connections stay open. While AWS does not return the secret, a connection that is older
than CONN_MAX_AGE also stays open: the cached password may be the one before a rotation, so a new
connection could fail. This module does not import Django.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .. import SecretError, SecretFormatError, default_client, process

if TYPE_CHECKING:
    from .. import SecretsManagerClient

    # Django has no type hints.
    class _Wrapper:
        connection: Any
        close_at: float | None

        def close_if_unusable_or_obsolete(self) -> None: ...
        def get_connection_params(self) -> dict[str, Any]: ...
        def get_new_connection(self, conn_params: dict[str, Any]) -> Any: ...

    class _Client:
        def runshell(self, parameters: list[str]) -> None: ...
else:
    _Wrapper = _Client = object

__all__ = ["RotatingClient", "RotatingCredentials", "credentials"]

# Not a literal: secret scanners would report it in apps that the runtime is copied into.
DEFAULT_FIELDS = dict(zip(["USER", "PASSWORD"], ["username", "password"]))
POSTPONED = 30.0  # seconds until the age of a connection is checked again
# Variables that often have the same value as a password for development, such as "postgres".
NOT_PASSWORD = re.compile(r"(?i)^(?!.*PASS).*(USER|NAME|HOST|(DB|DATABASE|ENV)$)")


def credentials(settings: dict[str, Any]) -> dict[str, str]:
    """Read the credentials of a database from its secret.

    Args:
        settings: One item of DATABASES.

    Returns:
        The settings to override. Empty if SECRET is not set, if the settings' own values apply, as
        get_secret() returns its default, or if the secret can't be read and PASSWORD is not set.

    Raises:
        SecretError: The secret can't be read, and PASSWORD is a value for development.
    """
    name = settings.get("SECRET")
    if not name:
        return {}
    client = _client_of(name)
    fields = settings.get("SECRET_FIELDS") or DEFAULT_FIELDS
    own_password = settings.get("PASSWORD") if "PASSWORD" in fields else None
    try:
        return _from_secret(client, name, fields, own_password)
    except SecretError as error:
        failure = error
    variable = _variable_with(own_password)
    # The settings and the password must not appear in the frames of a traceback.
    settings = {}
    own_password = None
    if variable is None:
        raise failure.with_traceback(None)
    # Applies AWS_SECRETS_FALLBACK, logs a warning and counts the fallback.
    return _from_text(client.get_secret(name, key=fields["PASSWORD"], env=variable))


def _client_of(name: str) -> SecretsManagerClient:
    """Return the client that declares a secret; if there is none, the default client.

    Of several such clients, the one that fetched the secret last is preferred.
    """
    with process.lock:
        clients = list(process.clients)

    def fetched(client: SecretsManagerClient) -> float:
        value = client.cached_value(name)
        return value.fetched if value else 0.0

    declaring = [client for client in clients if name in client.secrets]
    return max(declaring, key=fetched, default=default_client)


def _from_secret(
    client: SecretsManagerClient, name: str, fields: dict[str, str], own_password: Any
) -> dict[str, str]:
    """Return the settings in the secret; empty if the default `own_password` may be used."""
    default = {"PASSWORD": own_password} if own_password else {}
    document: dict[str, Any] | None = None
    with suppress(SecretFormatError):
        document = client.get_secret_dict(name, default)
    if document is None:
        return _from_text(client.get_secret(name))
    if document is default:
        return {}
    found = {}
    for setting, field in fields.items():
        if document.get(field) is not None:
            found[setting] = document[field]
    if own_password and "PASSWORD" not in found:
        found["PASSWORD"] = client.get_secret(name, own_password, key=fields["PASSWORD"])
    return found


def _variable_with(password: str | None) -> str | None:
    """Return the environment variable that contains a password, alone or in a URL."""
    if not password:
        return None
    for variable, text in os.environ.items():
        found = _from_text(text)
        is_url = "USER" in found
        if found["PASSWORD"] == password and (is_url or not NOT_PASSWORD.search(variable)):
            return variable
    return None


def _from_text(text: str) -> dict[str, str]:
    """Return the user and password in a URL. Any other text is the password."""
    try:
        url = urlsplit(text)
        if url.scheme and url.hostname and url.username and url.password is not None:
            return {"USER": unquote(url.username), "PASSWORD": unquote(url.password)}
    except ValueError:
        pass  # not a valid URL
    return {"PASSWORD": text}


class _Params(dict[str, Any]):
    """Connection parameters. Their repr hides the password on debug pages and in error reports."""

    def __repr__(self) -> str:
        hidden = {key: "•••" for key in self if key in {"password", "passwd"}}
        return repr({**self, **hidden})


class RotatingCredentials(_Wrapper):
    """A mixin for Django's DatabaseWrapper classes."""

    settings_dict: dict[str, Any]

    def get_connection_params(self) -> dict[str, Any]:
        """Return the driver's parameters with the current credentials."""
        found = credentials(self.settings_dict)
        before = self.settings_dict
        self.settings_dict = {**before, **found}
        try:
            params = super().get_connection_params()
        finally:
            self.settings_dict = before
        return _Params(params)

    def close_if_unusable_or_obsolete(self) -> None:
        """Close a connection that is broken, or that is old and can be replaced.

        Django calls this at the start and at the end of each request. It keeps the cached secret
        fresh, although only new connections use it.
        """
        name = self.settings_dict.get("SECRET")
        if name and self.connection is not None:
            is_unavailable = _client_of(name).refresh_in_background(name)
            now = time.monotonic()
            if is_unavailable and self.close_at is not None and now >= self.close_at:
                self.close_at = now + POSTPONED
        super().close_if_unusable_or_obsolete()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; if the server rejects the password, connect again with the new secret."""
        connect = super().get_new_connection
        name = self.settings_dict.get("SECRET")

        def connect_with_secret() -> Any:
            return connect(_Params(conn_params, **self.get_connection_params()))

        try:
            if not name:
                return connect(conn_params)
            return _client_of(name).retries_after_rotation(name)(connect_with_secret)()
        except Exception as error:
            # The frames of the driver contain the password.
            raise error.with_traceback(None) from None


class RotatingClient(_Client):
    """A mixin for Django's DatabaseClient classes, which run `manage.py dbshell`."""

    connection: Any

    def runshell(self, parameters: list[str]) -> None:
        """Start the shell with the current credentials."""
        found = credentials(self.connection.settings_dict)
        before = self.connection.settings_dict
        self.connection.settings_dict = {**before, **found}
        try:
            super().runshell(parameters)
        finally:
            self.connection.settings_dict = before
