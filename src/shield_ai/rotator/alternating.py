"""Rotate between two users: the unused one gets the next password, so that no login ever fails.

The first user is the base. The first rotation creates the second user, the clone; its document
names the base in `clone_of`. An administrator from another secret, `masterarn` in the document or
ROTATION_ADMIN, makes the changes.
"""

from __future__ import annotations

import hashlib
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from .database import DatabaseStrategy, LockingSession
from .document import Login, parse
from .errors import SetupError, SupersededError
from .secret import CURRENT, PENDING, PREVIOUS
from .url import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interface import Rotation

CLONE_OF = "clone_of"
CLONE_SUFFIX = "_clone"
SessionT = TypeVar("SessionT", bound=LockingSession)


def clone_name(base: str, is_short_enough: Callable[[str], bool]) -> str:
    """Return the name of the clone. A digest replaces the end of a name that is too long."""
    if is_short_enough(base + CLONE_SUFFIX):
        return base + CLONE_SUFFIX
    suffix = "_" + hashlib.sha256(base.encode()).hexdigest()[:8] + CLONE_SUFFIX
    length = len(base)
    while not is_short_enough(base[:length] + suffix):
        length -= 1
    return base[:length] + suffix


class AlternatingUsers(DatabaseStrategy[SessionT]):
    """Alternate between the base and its clone, for any database server."""

    def is_short_enough(self, name: str) -> bool:
        """Return True if the server supports user names of this length."""
        raise NotImplementedError

    def next_document(self, rotation: Rotation, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the other user."""
        if is_url(rotation.current_value()):
            raise SetupError(
                "alternating users require a JSON secret: a URL can't store the name of the base"
            )
        user_fields = ("username", "user", CLONE_OF)
        others = {name: value for name, value in document.items() if name not in user_fields}
        base = document.get(CLONE_OF)
        if base:
            return {**others, "username": base}
        username = self.parse_login(rotation, document).username
        if not self.is_short_enough(username):
            raise SetupError("the user's name exceeds the server's limit")
        clone = clone_name(username, self.is_short_enough)
        return {**others, "username": clone, CLONE_OF: username}

    def pending_and_base(self, rotation: Rotation) -> tuple[Login, Login, str | None]:
        """Return the pending and the current login, and the base if the pending user is the clone.

        Raises:
            SupersededError: The pending version was created from another current version, and
                would change the user in use. It is no longer pending, so that the next rotation
                starts from scratch.
        """
        pending, current = self.pending_and_current(rotation)
        if pending.username == current.username:
            rotation.store.remove_pending_label(rotation.token)
            raise SupersededError(
                "the pending version is for the user in use: its AWSPENDING label was removed"
            )
        pending_base = parse(rotation.pending_value()).get(CLONE_OF)
        current_base = parse(rotation.current_value()).get(CLONE_OF)
        if (pending_base, current_base) == (current.username, None):
            return pending, current, current.username
        if (pending_base, current_base) == (None, pending.username):
            return pending, current, None
        raise SetupError("the pending and the current version are not for a user and its clone")

    def admin_logins(
        self, rotation: Rotation, target: Login, users: tuple[str, str]
    ) -> Iterator[Login]:
        """Yield the administrator's logins for the database of another login, the current first.

        The administrator's password is only sent to the server that its own secret names.
        """
        name = rotation.environ.get("ROTATION_ADMIN")
        name = name or parse(rotation.current_value()).get("masterarn")
        if not name:
            raise SetupError(
                "alternating users require an administrator's secret: set ROTATION_ADMIN or "
                "masterarn"
            )
        store = rotation.store.with_secret(str(name))
        state = store.describe()
        has_value = False
        for stage in (CURRENT, PENDING, PREVIOUS):
            version = state.version_with(stage)
            text = store.get_value(version=version) if version else None
            if text is not None:
                has_value = True
                yield self._admin_login(rotation, text, target, users)
        if not has_value:
            raise SetupError("the administrator's secret has no value")

    def _admin_login(
        self, rotation: Rotation, text: str, target: Login, users: tuple[str, str]
    ) -> Login:
        document = {"host": target.host, "port": target.port, **parse(text)}
        admin = self.parse_login(rotation, document)
        if (admin.host, admin.port) != (target.host, target.port):
            raise SetupError("the administrator's secret has another host or port than the secret")
        if admin.username in users:
            raise SetupError("the administrator can't be one of the two users")
        return Login(admin.username, admin.password, *target.target, target.tls, target.ca)

    def set(self, rotation: Rotation) -> None:
        """Give the unused user the privileges of the other one, and the pending password."""
        pending, current, base = self.pending_and_base(rotation)
        if self.is_done(pending):
            return
        session, _ = self.connector.log_in_with_any(
            self.admin_logins(rotation, current, (pending.username, current.username))
        )
        try:
            with session.locked(rotation.state.arn):
                rotation.ensure_pending()
                self.configure_user(session, rotation, pending, base)
        finally:
            session.close()
        self.connector.log_in(pending).close()

    def is_done(self, pending: Login) -> bool:
        """Return True if all changes are made: the password is always the last one."""
        return self.connector.accepts(pending)

    def configure_user(
        self, session: SessionT, rotation: Rotation, user: Login, base: str | None
    ) -> None:
        """Configure the user, and set its password last.

        Args:
            session: A connection of the administrator that holds the lock.
            rotation: The rotation.
            user: The pending login.
            base: The base if the user is the clone; otherwise None.
        """
        raise NotImplementedError

    def is_own_user(self, rotation: Rotation, user: Login) -> bool:
        """Return True if a version of this secret can log in as the user.

        Otherwise, the user only happens to have the name of the clone.
        """
        older = self.older_logins(rotation, user)
        return any(self.connector.accepts(login) for login in chain((user,), older))
