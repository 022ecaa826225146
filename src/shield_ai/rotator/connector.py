"""Logging in when it is not known which password is in force, on a server that must first show that it checks them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from .errors import LockedOutError, LoginRefusedError, TrustError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .document import Login


class Session(Protocol):
    """A connection that is logged in."""

    def close(self) -> None:
        """End it; never fails."""
        ...


S = TypeVar("S", bound=Session)


class Connector(Generic[S]):
    """The way into the servers of one kind; remembers which users have shown that a wrong password is refused.

    Args:
        connect: Logs in, or raises LoginRefusedError where the server does not accept user and password.
    """

    def __init__(self, connect: Callable[[Login], S]) -> None:
        self._connect = connect
        self._checked: set[tuple[object, ...]] = set()

    def enter(self, login: Login) -> S:
        """Log in; it counts, since the server refuses a wrong password of the same user.

        Raises:
            LoginRefusedError: The server does not accept this password.
            TrustError: It accepts any.
        """
        self._check(login)
        return self._connect(login)

    def knock(self, login: Login) -> None:
        """Log in and leave, without trying a wrong password first: some servers lock a user after several of those.

        Raises:
            LoginRefusedError: The server does not accept this password.
        """
        self._connect(login).close()

    def opens(self, login: Login) -> bool:
        """Whether a login is in force."""
        try:
            self.enter(login).close()
        except LoginRefusedError:
            return False
        return True

    def enter_with_any(self, logins: Iterable[Login]) -> tuple[S, Login]:
        """Log in with the first login that is in force.

        Raises:
            LockedOutError: None is.
        """
        tried = set()
        for login in logins:
            key = (login.username, login.password, *login.target)
            if key in tried:
                continue
            tried.add(key)
            try:
                return self.enter(login), login
            except LoginRefusedError:
                continue
        raise LockedOutError(
            f"the server accepts none of the {len(tried)} passwords that the secret has had: set one by hand to the "
            "current version's"
        )

    def _check(self, login: Login) -> None:
        who = (login.username, *login.target)
        if who in self._checked:
            return
        try:
            self._connect(login.with_password("wrong-" + secrets.token_urlsafe(18))).close()
        except LoginRefusedError:
            self._checked.add(who)
            return
        raise TrustError(
            "the server accepts a wrong password of this user (trust): no rotation could be proven"
        )
