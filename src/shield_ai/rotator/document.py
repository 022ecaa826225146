"""Database secrets: a JSON document or URL with a login and its server."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import url
from .errors import MissingFieldError, SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PORT = 65535
SSL_MODES = ("disable", "require", "verify-ca", "verify-full")  # the weakest first
# The field "ssl" of AWS's own documents does not say how certificates are verified.
SSL_FIELD_MODES = {"true": "verify-full", "false": "disable"}


@dataclass(frozen=True, repr=False)
class Login:
    """A user and a password for a database. The repr shows no fields, to hide the password."""

    username: str
    password: str
    host: str
    port: int
    database: str
    tls: str = "verify-full"
    ca: str = ""  # CA certificates in PEM format, or the path of a file with them

    @property
    def target(self) -> tuple[str, int, str]:
        """The host, port and database."""
        return self.host, self.port, self.database

    @property
    def has_verified_tls(self) -> bool:
        """True if the server must prove its identity with a certificate."""
        return self.tls.startswith("verify-")

    def with_password(self, password: str) -> Login:
        """Return the same login with a different password."""
        return replace(self, password=password)


def parse_secret_value(text: str) -> dict[str, Any]:
    """Parse a secret.

    Raises:
        SetupError: The secret is neither a JSON object nor a valid URL.
    """
    if url.is_database_url(text):
        return url.parse_database_url(text)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None  # the error would quote the text
    if not isinstance(document, dict):
        raise SetupError(
            "the secret must be a database URL, or a JSON object with username, password and host"
        )
    return document


def parse_login(
    document: Mapping[str, Any], default_port: int, environ: Mapping[str, str]
) -> Login:
    """Return the login of a document.

    Args:
        document: A parsed secret. AWS's field `dbname` and the alternative `user` are supported.
        default_port: The port if the document has none.
        environ: The settings of the function.

    Raises:
        SetupError: A field is missing or invalid.
    """
    return Login(
        username=_get_text(document, "username", "user"),
        password=_get_text(document, "password"),
        host=_get_text(document, "host"),
        port=get_port(document, default_port),
        database=_get_text(document, "database", "dbname", "name", default=""),
        tls=_ssl_mode(document, environ.get("ROTATION_SSLMODE", "")),
        ca=str(document.get("sslrootcert") or environ.get("ROTATION_CA_FILE", "")),
    )


def _get_text(document: Mapping[str, Any], *names: str, default: str | None = None) -> str:
    for name in names:
        value = document.get(name)
        if isinstance(value, str) and value:
            if "\0" in value:
                raise SetupError(f"the secret's {name} contains a NUL character")
            return value
    if default is None:
        raise MissingFieldError(names[0])
    return default


def get_port(document: Mapping[str, Any], default: int) -> int:
    """Return the port of a document.

    Raises:
        SetupError: The port is invalid.
    """
    port = document.get("port")
    if port is None or port == "":
        return default
    try:
        number = int(str(port))  # True and 5432.9 are invalid
    except ValueError:
        number = 0
    if not 1 <= number <= MAX_PORT:
        raise SetupError(f"the secret's port must be between 1 and {MAX_PORT}")
    return number


def _ssl_mode(document: Mapping[str, Any], configured: str) -> str:
    """Return the stricter of the TLS modes of the secret and of the function.

    A principal that may write the secret can't weaken the mode that the operator has configured.
    """
    valid = ", ".join(SSL_MODES)
    if configured and configured not in SSL_MODES:
        raise SetupError(f'invalid ROTATION_SSLMODE "{configured}": use one of {valid}')
    field = "sslmode"
    mode = document.get("sslmode")
    ssl = document.get("ssl")
    if mode is None and ssl is not None:
        field = "ssl"
        mode = SSL_FIELD_MODES.get(str(ssl).lower(), ssl)
    if mode is None:
        mode = configured or "verify-full"
    if mode not in SSL_MODES:
        raise SetupError(f'invalid field "{field}" in the secret: use one of {valid}')
    return stricter_ssl_mode(str(mode), configured) if configured else str(mode)


def stricter_ssl_mode(first: str, second: str) -> str:
    """Return the stricter of two TLS modes."""
    return max(first, second, key=SSL_MODES.index)


def require_consent_to_unverified_tls(login: Login, environ: Mapping[str, str]) -> None:
    """Require that the operator, and not only the secret, allows TLS without verification.

    Otherwise, a principal that may write the secret could make a rotation reveal the new password
    to others on the network.

    Raises:
        SetupError: The secret selects TLS without verification, and ROTATION_SSLMODE is not set.
    """
    if login.has_verified_tls or environ.get("ROTATION_SSLMODE"):
        return
    raise SetupError(
        f"sslmode of the secret is {login.tls}, which does not verify the server, so the network "
        "could learn the new password: set sslmode in rotate of shield.toml to verify-full, "
        f"or to {login.tls} to rotate anyway"
    )


def ensure_same_target(pending: Login, current: Login) -> None:
    """Require the same server and database, so that no password is sent to another server.

    Raises:
        SetupError: The servers differ.
    """
    if pending.target != current.target:
        raise SetupError("the pending and the current version differ in host, port or database")
