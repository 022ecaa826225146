"""Database backends for rotated credentials: each new connection reads the current login.

::

    DATABASES = {
        "default": {
            "ENGINE": "shield_runtime.django.postgresql",  # or shield_runtime.django.mysql
            "SECRET": "database-credentials",  # a JSON secret, a URL, or the password alone
            "SECRET_FIELDS": {"USER": "username", "PASSWORD": "password"},  # the default
            "NAME": "shop",
            "USER": …,  # these are used if AWS is off or does not have the secret
            "PASSWORD": …,
        }
    }

Existing connections stay open. This module does not import Django.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .. import SecretError, SecretFormatError, get_secret, get_secret_dict, survives_rotation

if TYPE_CHECKING:
    # Django has no type hints.
    class _Wrapper:
        def get_connection_params(self) -> dict[str, Any]: ...
        def get_new_connection(self, conn_params: dict[str, Any]) -> Any: ...

    class _Client:
        def runshell(self, parameters: list[str]) -> None: ...
else:
    _Wrapper = _Client = object

__all__ = ["RotatingClient", "RotatingCredentials", "credentials"]

DEFAULT_FIELDS = {"USER": "username", "PASSWORD": "password"}


def credentials(settings: dict[str, Any]) -> dict[str, str]:
    """Read the credentials of a database from its secret.

    Args:
        settings: One item of DATABASES.

    Returns:
        The settings to override; empty without a secret, and if the secret can't be read.
    """
    name = settings.get("SECRET")
    if not name:
        return {}
    try:
        document = get_secret_dict(name, {})
    except SecretFormatError:
        return _from_text(get_secret(name))
    except SecretError:
        return {}
    fields = settings.get("SECRET_FIELDS") or DEFAULT_FIELDS
    return {setting: document[field] for setting, field in fields.items() if field in document}


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
        before = self.settings_dict
        self.settings_dict = {**before, **credentials(before)}
        try:
            params = super().get_connection_params()
        finally:
            self.settings_dict = before
        return _Params(params)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; if the server rejects the password, connect again with the new secret."""
        connect = super().get_new_connection
        name = self.settings_dict.get("SECRET")

        def connect_with_secret() -> Any:
            return connect(_Params(conn_params, **self.get_connection_params()))

        try:
            if not name:
                return connect(conn_params)
            return survives_rotation(name)(connect_with_secret)()
        except Exception as error:
            # The frames of the driver contain the password.
            raise error.with_traceback(None) from None


class RotatingClient(_Client):
    """A mixin for Django's DatabaseClient classes, which run `manage.py dbshell`."""

    connection: Any

    def runshell(self, parameters: list[str]) -> None:
        """Start the shell with the current credentials."""
        before = self.connection.settings_dict
        self.connection.settings_dict = {**before, **credentials(before)}
        try:
            super().runshell(parameters)
        finally:
            self.connection.settings_dict = before
