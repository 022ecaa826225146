"""Common parts of the database strategies: logins, and the lock around each change."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from .connector import Connector
from .document import (
    Login,
    ensure_same_target,
    parse_login,
    parse_secret_value,
    require_consent_to_unverified_tls,
)
from .errors import LoginRefusedError, RotationError, SetupError
from .url import is_database_url, with_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from .interface import Rotation


class LockingSession(Protocol):
    """A connection that can hold a lock in the server."""

    def close(self) -> None:
        """Close the connection; never raises an exception."""
        ...

    def locked(self, key: str) -> AbstractContextManager[None]:
        """Hold the lock for a key."""
        ...


SessionT = TypeVar("SessionT", bound=LockingSession)


class DatabaseStrategy(Generic[SessionT]):
    """A strategy for a type of database server.

    Args:
        connect: Opens a session; raises LoginRefusedError if the server rejects the login.
        default_port: The port, if the secret has none.
    """

    def __init__(self, connect: Callable[[Login], SessionT], default_port: int) -> None:
        self.connector: Connector[SessionT] = Connector(connect)
        self.default_port = default_port

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Return the secret with a new password, and with the next user if users alternate."""
        document = parse_secret_value(current)
        login = self.parse_login(rotation, document)  # rejects an incomplete login before changes
        require_consent_to_unverified_tls(login, rotation.environ)
        following = self.next_document(rotation, document)
        password = rotation.store.random_password()
        if is_database_url(current):
            return with_password(current, password)
        return json.dumps({**following, "password": password})

    def next_document(self, rotation: Rotation, document: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Return the document with the next user; by default, the user stays the same."""
        return document

    def parse_login(self, rotation: Rotation, document: dict[str, Any]) -> Login:
        """Return the login of a document."""
        return parse_login(document, self.default_port, rotation.environ)

    def pending_and_current(self, rotation: Rotation) -> tuple[Login, Login]:
        """Return the pending and the current login.

        Raises:
            SetupError: A login is invalid, or the logins are for different servers or databases,
                or the operator has not allowed their unverified TLS.
        """
        pending = self.parse_login(rotation, parse_secret_value(rotation.pending_value()))
        current = self.parse_login(rotation, parse_secret_value(rotation.current_value()))
        ensure_same_target(pending, current)
        for login in (pending, current):
            require_consent_to_unverified_tls(login, rotation.environ)
        return pending, current

    def older_logins(self, rotation: Rotation, login: Login) -> Iterator[Login]:
        """Yield the logins of older versions with the same user and server.

        They use the TLS settings of `login`, because those of an older version can be weaker.
        """
        for text in rotation.older_values():
            try:
                older = self.parse_login(rotation, parse_secret_value(text))
            except SetupError:
                continue
            if (older.username, older.target) == (login.username, login.target):
                yield login.with_password(older.password)

    def test(self, rotation: Rotation) -> None:
        """Log in with the pending login."""
        pending, _ = self.pending_and_current(rotation)
        self.connector.log_in(pending).close()

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Hold the lock, and verify the pending login again."""
        pending, _ = self.pending_and_current(rotation)
        session = self.connector.log_in(pending)
        try:
            with session.locked(rotation.state.arn):
                rotation.ensure_pending()
                self.connector.log_in(pending).close()
                yield
        finally:
            session.close()


def verify_login(
    strategy: DatabaseStrategy[SessionT],
    rotation: Rotation,
    session: SessionT,
    pending: Login,
    restore: Callable[[], None],
) -> None:
    """Log in with a password that was just set; restore the old one if the server rejects it.

    Args:
        strategy: Logs in.
        rotation: The rotation.
        session: A connection that is still open and can restore the old password.
        pending: The new login.
        restore: Restores the old password; called while the lock is held.

    Raises:
        RotationError: The server rejects the new password.
    """
    try:
        strategy.connector.log_in(pending).close()
    except LoginRefusedError:
        with session.locked(rotation.state.arn):
            # if another rotation took over, it has set another password, which must stay
            rotation.ensure_pending()
            restore()
        raise RotationError(
            "the server set the new password, but rejects logins with it (does LDAP or a "
            "connection pool check passwords?): the old password was restored"
        ) from None
