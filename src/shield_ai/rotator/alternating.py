"""Rotate between two users: the unused user gets the next password, so that no login fails.

The first user is the base. The first rotation creates the second user, the clone, and marks it in
the server. An administrator makes the changes. Its login is in another secret, which `masterarn` in
the document or ROTATION_ADMIN names.

A principal that may write the app's secret must not gain the administrator's rights. Therefore, the
secret alone never determines which user the administrator changes:

- the current login must work, before the administrator connects
- the other user has the name that follows from the current one, and the mark of a clone
- neither of the two users has administrative rights
- the administrator connects only to the server in its own secret, and its TLS settings are at
  least as strict as those in that secret
"""

from __future__ import annotations

import abc
import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

from .database import DatabaseStrategy, LockingSession
from .document import Login, parse_secret_value, stricter_ssl_mode
from .errors import LoginRefusedError, SetupError, SupersededError
from .secret import CURRENT, PENDING, PREVIOUS
from .url import is_database_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .interface import Rotation

CLONE_OF = "clone_of"
CLONE_SUFFIX = "_clone"
MARKER = "managed by shield-ai"  # marks clones; only administrators of the server can set it
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


class AlternatingUsers(DatabaseStrategy[SessionT], abc.ABC):
    """Alternate between the base and its clone, for any database server."""

    @abc.abstractmethod
    def is_short_enough(self, name: str) -> bool:
        """Return whether the server supports user names of this length."""

    def next_document(self, rotation: Rotation, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document with the other user."""
        if is_database_url(rotation.current_value()):
            raise SetupError(
                "alternating users require a JSON secret: a URL can't store the name of the base"
            )
        user_fields = ("username", "user", CLONE_OF)
        others = {name: value for name, value in document.items() if name not in user_fields}
        username = self.parse_login(rotation, document).username
        if not self.is_short_enough(username):
            raise SetupError("the user name is longer than the server allows")
        base = document.get(CLONE_OF)
        if base:
            if not isinstance(base, str) or not self.is_clone_of(username, base):
                raise SetupError(
                    f"{CLONE_OF} of the secret is not the base of its user: remove {CLONE_OF}, "
                    "or restore the previous version of the secret"
                )
            return {**others, "username": base}
        clone = clone_name(username, self.is_short_enough)
        return {**others, "username": clone, CLONE_OF: username}

    def is_clone_of(self, clone: str, base: str) -> bool:
        """Return True if `clone` is the name of the clone of `base`."""
        return self.is_short_enough(base) and clone == clone_name(base, self.is_short_enough)

    def logins_and_base(self, rotation: Rotation) -> tuple[Login, Login, str | None]:
        """Return the pending login, the current login, and the base of the pending user.

        The base is None if the pending user is not the clone.

        Raises:
            SupersededError: The pending version was created from another current version, and
                would change the user in use. Its label AWSPENDING is removed, so that the next
                rotation creates a new version.
            SetupError: The two versions are not for a user and its clone.
        """
        pending, current = self.pending_and_current(rotation)
        if pending.username == current.username:
            rotation.store.remove_pending_label(rotation.token)
            raise SupersededError(
                "the pending version is for the user in use: its AWSPENDING label was removed"
            )
        if self.is_clone_of(pending.username, current.username):
            return pending, current, current.username
        if self.is_clone_of(current.username, pending.username):
            return pending, current, None
        raise SetupError("the pending and the current version are not for a user and its clone")

    def admin_logins(
        self, rotation: Rotation, target: Login, users: tuple[str, str]
    ) -> Iterator[Login]:
        """Yield the administrator's logins for the target's database, the current version first.

        The administrator's password is only sent to the server that its own secret names, with the
        CA certificates of that secret or of the function, and the stricter of the two TLS modes.

        Raises:
            SetupError: The administrator's secret is missing, or can't be used for this rotation.
        """
        name = rotation.environ.get("ROTATION_ADMIN")
        name = name or parse_secret_value(rotation.current_value()).get("masterarn")
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
        document = parse_secret_value(text)
        if not document.get("host"):
            raise SetupError("the administrator's secret has no host: add the host of its server")
        admin = self.parse_login(rotation, document)
        if (admin.host, admin.port) != (target.host, target.port):
            raise SetupError(
                "the administrator's secret is for another server: its host and port must be equal "
                "to those of the rotated secret"
            )
        if admin.username in users:
            raise SetupError("the administrator can't be one of the two users")
        tls = stricter_ssl_mode(admin.tls, target.tls)
        return Login(admin.username, admin.password, *target.target, tls, admin.ca)

    def set(self, rotation: Rotation) -> None:
        """Set the privileges and the pending password of the unused user.

        The administrator makes changes only after a login with the current version.

        Raises:
            RotationError: A login failed, or a user may not be changed.
        """
        pending, current, base = self.logins_and_base(rotation)
        if self.is_done(pending):
            return
        self._prove_current_login(current)
        session, _ = self.connector.log_in_with_any(
            self.admin_logins(rotation, current, (pending.username, current.username))
        )
        try:
            with session.locked(rotation.state.arn):
                rotation.ensure_pending()
                self.configure_user(session, pending, current, base)
        finally:
            session.close()
        self.connector.log_in(pending).close()

    def _prove_current_login(self, current: Login) -> None:
        try:
            self.connector.log_in(current).close()
        except LoginRefusedError as error:
            raise LoginRefusedError(
                "the server rejects the current user and password of the secret, so the "
                "administrator changes nothing: restore a version that can log in",
                error.code,
            ) from None

    def is_done(self, pending: Login) -> bool:
        """Return True if all changes were made: the password is always changed last."""
        return self.connector.accepts(pending)

    @abc.abstractmethod
    def configure_user(
        self, session: SessionT, user: Login, current: Login, base: str | None
    ) -> None:
        """Check both users, configure the pending one, and set its password last.

        Args:
            session: A connection of the administrator that holds the lock.
            user: The pending login.
            current: The current login, which was verified.
            base: The base if the pending user is the clone; otherwise None.

        Raises:
            SetupError: A user has administrative rights, or the clone is not marked.
        """


def unmarked_clone_error(kind: str, clone: str, advice: str) -> SetupError:
    """Return the error for a user with the name of a clone that no rotation has created."""
    return SetupError(
        f"the {kind} {clone} already exists, and is not marked as {MARKER}: rename or drop it, "
        f"or, if an earlier version of shield-ai created it, {advice}"
    )


def clone_without_base_error(kind: str, name: str) -> SetupError:
    """Return the error for a clone in a secret without `clone_of`."""
    return SetupError(f"the {kind} {name} is a clone, but the secret has no {CLONE_OF}: add it")
