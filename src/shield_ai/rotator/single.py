"""One user: its password changes in place; until it is current, logins with the old one fail."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol, TypeVar

from .database import Database, LockingSession, prove
from .errors import SetupError

if TYPE_CHECKING:
    from .document import Login
    from .interface import Rotation


class OwnSession(LockingSession, Protocol):
    """A connection of the user whose password changes."""

    def set_own_password(self, login: Login) -> None:
        """Change the password of the user who is logged in to this one."""
        ...


S = TypeVar("S", bound=OwnSession)


class Single(Database[S]):
    """What is the same in every server."""

    def set(self, rotation: Rotation) -> None:
        """Change the user's own password, as the user."""
        pending, current = self.logins(rotation)
        if pending.username != current.username:
            raise SetupError("the pending version names another user than the current one")
        session, used = self.door.enter_with_any(
            chain((pending, current), self.older(rotation, current))
        )
        try:
            if used == pending:
                return
            with session.locked(rotation.state.arn):
                rotation.confirm()
                if self.door.opens(pending):
                    return
                session.set_own_password(pending)
            prove(self, rotation, session, pending, lambda: session.set_own_password(used))
        finally:
            session.close()
