"""MySQL and MariaDB, one user: its password changes in place; until it is current, logins with the old one fail.

An account is a user at a host pattern: the one changed is the one that the server takes the function for. Where several
accounts share the user's name, use alternating users, which change them all.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from . import mysql
from .database import Database, prove
from .errors import SetupError

if TYPE_CHECKING:
    from .rotation import Rotation


class MysqlSingle(Database[mysql.MysqlSession]):
    """See the module."""

    def __init__(self) -> None:
        super().__init__(mysql.connect, mysql.PORT)

    def set(self, rotation: Rotation) -> None:
        """Change the user's own password, as the user."""
        pending, current = self.logins(rotation)
        if pending.username != current.username:
            raise SetupError("the pending version names another user than the current one")
        session, used = self.door.enter_with_any(chain((pending, current), self.older(rotation, current)))
        try:
            if used == pending:
                return
            with session.locked(rotation.state.arn):
                rotation.confirm()
                if self.door.opens(pending):
                    return
                session.set_own_password(pending.password)
            prove(self, rotation, session, pending, lambda: session.set_own_password(used.password))
        finally:
            session.close()
