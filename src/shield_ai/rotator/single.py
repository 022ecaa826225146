"""Rotate the password of a single user.

From the change of the password in the database until the end of the rotation, logins with the
current version fail.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeVar

from .database import DatabaseStrategy, LockingSession, verify_login
from .errors import SetupError

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation


class SingleUserSession(LockingSession, Protocol):
    """A connection that is logged in as the user whose password changes."""

    def set_own_password(self, login: Login) -> None:
        """Change the password of the connected user."""
        ...


SessionT = TypeVar("SessionT", bound=SingleUserSession)


class SingleUser(DatabaseStrategy[SessionT]):
    """Change the password of the secret's user, for any database server."""

    def set(self, rotation: Rotation) -> None:
        """Change the user's password, logged in as this user."""
        pending, current = self.pending_and_current(rotation)
        if pending.username != current.username:
            raise SetupError("the pending and the current version have different users")
        session, login = self.connector.log_in_with_any(
            chain((pending, current), self.older_logins(rotation, current))
        )
        try:
            if login == pending:
                return
            with session.locked(rotation.state.arn):
                rotation.ensure_pending()
                if self.connector.accepts(pending):
                    return
                session.set_own_password(pending)
            verify_login(self, rotation, session, pending, lambda: session.set_own_password(login))
        finally:
            session.close()
