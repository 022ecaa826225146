"""Database backends for Django that survive a rotation: each new connection reads user and password anew.

::

    DATABASES = {
        "default": {
            "ENGINE": "shield_ai.django.postgresql",  # or shield_ai.django.mysql
            "SECRET": "database-credentials",  # a JSON secret, a URL, or the password alone
            "SECRET_FIELDS": {"USER": "username", "PASSWORD": "password"},  # the default
            "NAME": "shop",
            "USER": …,  # these serve where AWS is off or has no such secret
            "PASSWORD": …,
        }
    }

Connections that are open stay open. Runs on Python 3.9; imports Django only in the backends.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from shield_ai import runtime

__all__ = ["RotatingClient", "RotatingCredentials", "credentials"]

FIELDS = {"USER": "username", "PASSWORD": "password"}


def credentials(settings: dict[str, Any]) -> dict[str, str]:
    """Return what the secret of a database's settings says now; nothing, where the settings themselves must do."""
    name = settings.get("SECRET")
    if not name:
        return {}
    try:
        document = runtime.get_secret_dict(name, {})
    except runtime.SecretFormatError:
        return _from_text(runtime.get_secret(name))
    except runtime.SecretError:
        return {}
    fields = settings.get("SECRET_FIELDS") or FIELDS
    return {setting: document[field] for setting, field in fields.items() if field in document}


def _from_text(text: str) -> dict[str, str]:
    """Take the login out of a URL; any other text is the password."""
    try:
        url = urlsplit(text)
        if url.scheme and url.hostname and url.username and url.password is not None:
            return {"USER": unquote(url.username), "PASSWORD": unquote(url.password)}
    except ValueError:
        pass  # no URL
    return {"PASSWORD": text}


class _Params(dict[str, Any]):
    """A driver's parameters, whose password does not show on Django's debug page or in an error reporter."""

    def __repr__(self) -> str:
        return repr(
            {key: "•••" if key in {"password", "passwd"} else value for key, value in self.items()}
        )


class RotatingCredentials:
    """A mixin for Django's DatabaseWrapper classes."""

    settings_dict: dict[str, Any]

    def get_connection_params(self) -> dict[str, Any]:
        """Return the driver's parameters with the credentials of this moment."""
        before = self.settings_dict
        self.settings_dict = {**before, **credentials(before)}
        try:
            # Django's
            params: dict[str, Any] = super().get_connection_params()  # type: ignore[misc]
        finally:
            self.settings_dict = before
        return _Params(params)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect; with a new secret, when the server refuses the old one."""
        connect = super().get_new_connection  # type: ignore[misc]  # Django's
        name = self.settings_dict.get("SECRET")

        def anew() -> Any:
            return connect(
                _Params(conn_params, **self.get_connection_params()) if name else conn_params
            )

        try:
            return runtime.survives_rotation(name)(anew)() if name else anew()
        except Exception as error:  # noqa: BLE001 - the driver's, of any kind
            raise error.with_traceback(None) from None  # the driver's frames hold the password


class RotatingClient:
    """A mixin for Django's DatabaseClient classes: `manage.py dbshell`."""

    connection: Any

    def runshell(self, parameters: list[str]) -> None:
        """Start the shell with the credentials of this moment."""
        before = self.connection.settings_dict
        self.connection.settings_dict = {**before, **credentials(before)}
        try:
            super().runshell(parameters)  # type: ignore[misc]  # Django's
        finally:
            self.connection.settings_dict = before
