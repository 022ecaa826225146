"""What can go wrong in a rotation. No text, argument or cause of these ever holds a value.

RotationError
├── SetupError         the secret or the function is not set up for this; nothing was changed
├── SupersededError    another rotation took over; this one stops, and changes nothing more
├── AwsCallError       Secrets Manager refused a call or can't be reached
└── DatabaseError      the server can't be reached, or refused a statement
    ├── LoginRefusedError   it does not accept this user with this password
    ├── LockedOutError      it accepts none of the secret's versions
    └── TrustError          it accepts any password, so that no login proves anything
"""

from __future__ import annotations


class RotationError(Exception):
    """A rotation can't go on."""


class SetupError(RotationError):
    """The secret or the function is not set up for this rotation; nothing was changed."""


class SupersededError(RotationError):
    """Another rotation took over; this one stops and changes nothing more."""


class AwsCallError(RotationError):
    """Secrets Manager refused a call or can't be reached."""

    def __init__(self, operation: str, code: str) -> None:
        super().__init__(f"secretsmanager:{operation} failed: {code}")
        self.code = code


class DatabaseError(RotationError):
    """The server can't be reached, or it refused a statement."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(f"{text} ({code})" if code else text)
        self.code = code


class LoginRefusedError(DatabaseError):
    """The server does not accept this user with this password."""


class LockedOutError(DatabaseError):
    """The server accepts none of the secret's versions."""


class TrustError(DatabaseError):
    """The server accepts any password: no login proves anything there."""
