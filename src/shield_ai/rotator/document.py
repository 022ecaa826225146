"""A database secret: one JSON document with the login and where it is valid."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from . import url
from .errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping

MODES = ("disable", "require", "verify-ca", "verify-full")
# AWS's own field "ssl"; it says nothing of checks
SWITCH = {"true": "verify-full", "false": "disable"}


@dataclass(frozen=True, repr=False)
class Login:
    """A user and its password at a database. It has no readable text form, since it holds the password."""

    username: str
    password: str
    host: str
    port: int
    database: str
    tls: str = "verify-full"
    ca: str = ""  # certificates in PEM, or the path of a file with them

    @property
    def target(self) -> tuple[str, int, str]:
        """Where it is valid."""
        return self.host, self.port, self.database

    def with_password(self, password: str) -> Login:
        """Return the same with another password."""
        return replace(self, password=password)


def parse(text: str) -> dict[str, Any]:
    """Read a secret that is a JSON object, or a URL."""
    if url.is_url(text):
        return url.parse(text)
    try:
        document = json.loads(text)
    except ValueError:
        document = None  # the error itself quotes the text
    if not isinstance(document, dict):
        raise SetupError(
            "the secret is no JSON object and no URL: a database secret has username, password, host and port"
        )
    return document


def login(document: Mapping[str, Any], default_port: int, environ: Mapping[str, str]) -> Login:
    """Read the login out of a document; `dbname` and `user`, AWS's and others' names, are understood too."""
    username, password = _text(document, "username", "user"), _text(document, "password")
    port = document.get("port") or default_port
    try:
        number = int(port)
    except (TypeError, ValueError):
        raise SetupError("the secret's port is no number") from None
    return Login(
        username=username,
        password=password,
        host=_text(document, "host"),
        port=number,
        database=_text(document, "database", "dbname", "name", default=""),
        tls=_tls(document, environ.get("ROTATION_SSLMODE", "")),
        ca=str(document.get("sslrootcert") or environ.get("ROTATION_CA_FILE", "")),
    )


def _text(document: Mapping[str, Any], *names: str, default: str | None = None) -> str:
    for name in names:
        value = document.get(name)
        if isinstance(value, str) and value:
            if "\0" in value:
                raise SetupError(f"the secret's {name} holds a NUL character")
            return value
    if default is None:
        raise SetupError(f"the secret has no {names[0]}")
    return default


def _tls(document: Mapping[str, Any], default: str) -> str:
    mode = document.get("sslmode")
    if mode is None and document.get("ssl") is not None:
        mode = SWITCH.get(str(document["ssl"]).lower(), document["ssl"])
    if mode is None:
        mode = default or "verify-full"
    if mode not in MODES:
        raise SetupError(f"sslmode must be one of {', '.join(MODES)}")
    return str(mode)


def same_place(pending: Login, current: Login) -> None:
    """Refuse to carry a password to another server than the one in use."""
    if pending.target != current.target:
        raise SetupError(
            "host, port and database of the pending version differ from the current one's"
        )
