"""Two users in turn: the one that is not in use gets the next password, so that no login ever fails.

The first user is the base; the second is made at the first rotation, and its document names the base as `clone_of`.
An administrator, another secret, does the work: its name stands in the document (`masterarn`) or in ROTATION_ADMIN.
"""

from __future__ import annotations

import hashlib
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from .database import Database, LockingSession
from .document import Login, parse
from .errors import SetupError, SupersededError
from .secret import CURRENT, PENDING, PREVIOUS
from .url import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interface import Rotation

CLONE_OF = "clone_of"
ENDING = "_clone"
S = TypeVar("S", bound=LockingSession)


def clone_name(base: str, fits: Callable[[str], bool]) -> str:
    """Name the second user; a name that would be too long loses its end to a digest of the whole."""
    if fits(base + ENDING):
        return base + ENDING
    digest = "_" + hashlib.sha256(base.encode()).hexdigest()[:8] + ENDING
    kept = len(base)
    while not fits(base[:kept] + digest):
        kept -= 1
    return base[:kept] + digest


class Alternating(Database[S]):
    """What is the same in every server."""

    def fits(self, name: str) -> bool:
        """Whether a name is short enough for the server."""
        raise NotImplementedError

    def successor(self, rotation: Rotation, document: dict[str, Any]) -> dict[str, Any]:
        """Swap the users."""
        if is_url(rotation.current()):
            raise SetupError(
                "alternating users need a JSON secret: a URL has no place for the name of the base"
            )
        base = document.get(CLONE_OF)
        kept = {
            name: value
            for name, value in document.items()
            if name not in ("username", "user", CLONE_OF)
        }
        if base:
            return {**kept, "username": base}
        username = self.login(rotation, document).username
        if not self.fits(username):
            raise SetupError("the user's name is longer than the server's limit")
        return {**kept, "username": clone_name(username, self.fits), CLONE_OF: username}

    def pair(self, rotation: Rotation) -> tuple[Login, Login, bool]:
        """Read the pending and the current login, and whether the pending one is the clone.

        Raises:
            SupersededError: The pending version was made from another current version, and would change the user that
                is in use. Its label is taken away, so that the next rotation begins afresh.
        """
        pending, current = self.logins(rotation)
        if pending.username == current.username:
            rotation.store.drop_pending(rotation.token)
            raise SupersededError(
                "the pending version is for the user that is in use: its label was taken away"
            )
        bases = (parse(rotation.pending()).get(CLONE_OF), parse(rotation.current()).get(CLONE_OF))
        if bases == (current.username, None):
            return pending, current, True
        if bases == (None, pending.username):
            return pending, current, False
        raise SetupError("the pending and the current version do not name one user and its clone")

    def admin_logins(
        self, rotation: Rotation, place: Login, users: tuple[str, str]
    ) -> Iterator[Login]:
        """Read the administrator's logins, the current one first, as they are valid at a place.

        The administrator's password goes only to the server that its own secret names.
        """
        name = rotation.environ.get("ROTATION_ADMIN") or parse(rotation.current()).get("masterarn")
        if not name:
            raise SetupError(
                "alternating users need an administrator's secret: set ROTATION_ADMIN or masterarn"
            )
        store = rotation.store.other(str(name))
        state = store.describe()
        versions = [state.holder(stage) for stage in (CURRENT, PENDING, PREVIOUS)]
        found = False
        for version in versions:
            text = store.value(version=version) if version else None
            if text is None:
                continue
            found = True
            admin = self.login(rotation, {"host": place.host, "port": place.port, **parse(text)})
            if (admin.host, admin.port) != (place.host, place.port):
                raise SetupError(
                    "host and port of the administrator's secret differ from those of the secret"
                )
            if admin.username in users:
                raise SetupError("the administrator can't be one of the two users")
            yield Login(admin.username, admin.password, *place.target, place.tls, place.ca)
        if not found:
            raise SetupError("the administrator's secret has no value")

    def set(self, rotation: Rotation) -> None:
        """Give the user that is not in use the same rights as the other one, and the pending password."""
        pending, current, is_clone = self.pair(rotation)
        if self.is_done(pending):
            return
        session, _ = self.door.enter_with_any(
            self.admin_logins(rotation, current, (pending.username, current.username))
        )
        try:
            with session.locked(rotation.state.arn):
                rotation.confirm()
                self.prepare(session, rotation, pending, current.username if is_clone else None)
        finally:
            session.close()
        self.door.enter(pending).close()

    def is_done(self, pending: Login) -> bool:
        """Whether everything has been done already; the password is what is set last."""
        return self.door.opens(pending)

    def prepare(self, session: S, rotation: Rotation, user: Login, clone_of: str | None) -> None:
        """Make the user what it should be; the password comes last.

        Args:
            session: The administrator's, under the lock.
            rotation: For what else the secret holds.
            user: Who is to log in.
            clone_of: The base, where the user is its clone; else None.
        """
        raise NotImplementedError

    def is_ours(self, rotation: Rotation, user: Login) -> bool:
        """Whether one of this secret's versions logs in as a user: it is no stranger who only has that name."""
        older = self.older(rotation, user)
        return any(self.door.opens(login) for login in chain((user,), older))
