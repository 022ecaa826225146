"""What the four database strategies share: the lock around each change, and the proof after it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from .connector import Connector
from .document import Login, login, parse, same_place
from .errors import LoginRefusedError, RotationError, SetupError
from .url import is_url, with_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from .interface import Rotation


class LockingSession(Protocol):
    """A connection that can hold a lock in the server."""

    def close(self) -> None:
        """End it; never fails."""
        ...

    def locked(self, key: str) -> AbstractContextManager[None]:
        """Hold the lock of a name."""
        ...


S = TypeVar("S", bound=LockingSession)


class Database(Generic[S]):
    """A strategy for a server of one kind.

    Args:
        connect: Logs in.
        port: The port where the secret names none.
    """

    def __init__(self, connect: Callable[[Login], S], port: int) -> None:
        self.door: Connector[S] = Connector(connect)
        self.port = port

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Make the document with another password; the login must be readable, so that a broken one is seen here."""
        document = parse(current)
        self.login(rotation, document)
        following, password = self.successor(rotation, document), rotation.store.random_password()
        return (
            with_password(current, password)
            if is_url(current)
            else json.dumps({**following, "password": password})
        )

    # for others
    def successor(self, rotation: Rotation, document: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Say who logs in after `document`."""
        return document

    def login(self, rotation: Rotation, document: dict[str, Any]) -> Login:
        """Read a login."""
        return login(document, self.port, rotation.environ)

    def logins(self, rotation: Rotation) -> tuple[Login, Login]:
        """Read the pending and the current login; both are valid at the same place."""
        pending = self.login(rotation, parse(rotation.pending()))
        current = self.login(rotation, parse(rotation.current()))
        same_place(pending, current)
        return pending, current

    def older(self, rotation: Rotation, like: Login) -> Iterator[Login]:
        """Read the logins of other versions, of the same user at the same place."""
        for text in rotation.older():
            try:
                found = self.login(rotation, parse(text))
            except SetupError:
                continue
            if (found.username, found.target) == (like.username, like.target):
                yield found

    def test(self, rotation: Rotation) -> None:
        """Prove that the pending login is in force."""
        pending, _ = self.logins(rotation)
        self.door.enter(pending).close()

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Hold the lock, and prove under it once more that the pending login is in force."""
        pending, _ = self.logins(rotation)
        session = self.door.enter(pending)
        try:
            with session.locked(rotation.state.arn):
                rotation.confirm()
                self.door.enter(pending).close()
                yield
        finally:
            session.close()


def prove(
    strategy: Database[S],
    rotation: Rotation,
    session: S,
    pending: Login,
    restore: Callable[[], None],
) -> None:
    """Log in with what was just set; where the server does not take it, put the old password back and say so.

    Args:
        strategy: Logs in.
        rotation: What is going on.
        session: Still logged in; able to put it back.
        pending: What was set.
        restore: Puts it back; runs under the lock.
    """
    try:
        strategy.door.enter(pending).close()
    except LoginRefusedError:
        with session.locked(rotation.state.arn):
            rotation.confirm()  # who took over has set another one: leave that alone
            restore()
        raise RotationError(
            "the server took the new password and refuses logins with it (are they checked elsewhere, by LDAP or a "
            "pool?): the old one was put back"
        ) from None
