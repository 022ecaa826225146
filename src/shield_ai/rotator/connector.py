"""Log in to servers, after verifying that they reject wrong passwords."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .errors import LockedOutError, LoginRefusedError, PasswordNotCheckedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .document import Login


class Session(Protocol):
    """An open connection."""

    def close(self) -> None:
        """Close the connection, without raising exceptions."""
        ...


SessionT = TypeVar("SessionT", bound=Session)


class Connector(Generic[SessionT]):
    """Logs in to one type of server, and tests once per user that a wrong password is rejected.

    Args:
        connect: Opens a session; raises LoginRefusedError if the server rejects the login.
    """

    def __init__(self, connect: Callable[[Login], SessionT]) -> None:
        self._connect = connect
        self._tested_users: set[tuple[object, ...]] = set()

    def log_in(self, login: Login) -> SessionT:
        """Log in. For each user, first test once that the server rejects a wrong password.

        Raises:
            LoginRefusedError: The server rejects the password.
            PasswordNotCheckedError: The server accepts any password.
        """
        self._ensure_wrong_password_is_rejected(login)
        return self._connect(login)

    def log_in_once(self, login: Login) -> None:
        """Log in and disconnect, without testing a wrong password.

        Use this where a failed login could lock the user: some servers do that.

        Raises:
            LoginRefusedError: The server rejects the password.
        """
        self._connect(login).close()

    def accepts(self, login: Login) -> bool:
        """Return whether the server accepts the login.

        Raises:
            PasswordNotCheckedError: The server accepts any password.
        """
        try:
            self.log_in(login).close()
        except LoginRefusedError:
            return False
        return True

    def log_in_with_any(self, logins: Iterable[Login]) -> tuple[SessionT, Login]:
        """Log in with the first valid login.

        Raises:
            LockedOutError: No login is valid.
            PasswordNotCheckedError: The server accepts any password.
        """
        tried = set()
        for login in logins:
            key = (login.username, login.password, *login.target)
            if key in tried:
                continue
            tried.add(key)
            try:
                return self.log_in(login), login
            except LoginRefusedError:
                continue
        raise LockedOutError(
            f"the server rejects every login in the secret's versions ({len(tried)} tried): set the"
            " user's password to that of the current version (AWSCURRENT)"
        )

    def _ensure_wrong_password_is_rejected(self, login: Login) -> None:
        user = (login.username, *login.target)
        if user in self._tested_users:
            return
        try:
            self._connect(login.with_password("wrong-" + secrets.token_urlsafe(18))).close()
        except LoginRefusedError:
            self._tested_users.add(user)
            return
        raise PasswordNotCheckedError(
            "the server accepts a wrong password for this user (trust authentication), so a "
            "rotation can't be verified: require a password for the user"
        )
