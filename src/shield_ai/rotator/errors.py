"""Errors of a rotation. Their messages, arguments and causes never contain secret values.

RotationError
├── SetupError         the secret or the function is misconfigured; nothing was changed
│   └── MissingFieldError   the secret lacks a field
├── SupersededError    another rotation took over; this one stops without further changes
├── AwsCallError       a call to Secrets Manager failed
└── DatabaseError      the database can't be used, or a statement failed
    ├── LoginRefusedError   the server rejects this user and password
    ├── UnreachableError    the server can't be reached
    ├── TlsError            the server's certificate is not trusted, or TLS fails
    │   └── NoTlsError      the server has no TLS, but the secret requires it
    ├── LockedOutError      the server rejects every version of the secret
    └── PasswordNotCheckedError   the server accepts any password
"""

from __future__ import annotations

import re

MAX_CODE_LENGTH = 80  # characters
MAX_HOST_LENGTH = 253  # characters; the maximum in DNS


class RotationError(Exception):
    """A rotation can't continue."""


class SetupError(RotationError):
    """The secret or the function is misconfigured; nothing was changed."""


class MissingFieldError(SetupError):
    """The secret lacks a field, or the field is not a text."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f'field "{field}" of the secret is missing, empty or not a string')


class SupersededError(RotationError):
    """Another rotation took over; this one stops without further changes."""


class AwsCallError(RotationError):
    """A call to Secrets Manager failed."""

    def __init__(self, operation: str, code: str) -> None:
        self.code = sanitize_error_code(code)
        super().__init__(f"secretsmanager:{operation} failed: {self.code}")


class DatabaseError(RotationError):
    """The database can't be used, or a statement failed."""

    def __init__(self, text: str, code: str = "") -> None:
        self.code = sanitize_error_code(code)
        super().__init__(f"{text} ({self.code})" if code else text)


class LoginRefusedError(DatabaseError):
    """The server rejects this user and password."""


class UnreachableError(DatabaseError):
    """The server can't be reached."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"the database server {_sanitize_host(host)}:{port} can't be reached")


class TlsError(DatabaseError):
    """The server's certificate is not trusted, or TLS fails."""


class NoTlsError(TlsError):
    """The server has no TLS, but the secret requires it."""


class LockedOutError(DatabaseError):
    """The server rejects every version of the secret."""


class PasswordNotCheckedError(DatabaseError):
    """The server accepts any password, so a login proves nothing."""


def sanitize_error_code(code: object) -> str:
    """Shorten an error code and replace special characters: a hostile server can send any text."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", str(code)[:MAX_CODE_LENGTH])


def _sanitize_host(host: str) -> str:
    """Shorten a host, replace special characters, and put an IPv6 address in brackets."""
    clean = re.sub(r"[^A-Za-z0-9._:%-]+", "_", host[:MAX_HOST_LENGTH])
    return f"[{clean}]" if ":" in clean else clean
