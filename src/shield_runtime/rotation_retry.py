"""Connect again with the new secret if a server rejects the old one during a rotation."""

from __future__ import annotations

import time
from time import monotonic
from weakref import WeakKeyDictionary

from . import process
from .timing import jitter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .client import SecretsManagerClient
    from .value import SecretValue

POLL_INTERVAL = 1.0  # seconds
MAX_POLL_INTERVAL = 8.0
INVALID_PASSWORD_SQLSTATES = {"28P01", "28000"}
INVALID_PASSWORD_MYSQL_ERRORS = (1045, 1698)


class _Refusals:
    """When servers first rejected the values of secrets.

    A process waits only once for the next value of a secret. If the secret contains a wrong
    password, later connections fail at once, so that not every request waits.
    """

    def __init__(self) -> None:
        self._first: WeakKeyDictionary[
            SecretsManagerClient, dict[str, tuple[SecretValue | None, float]]
        ] = WeakKeyDictionary()

    def note(self, client: SecretsManagerClient, name: str, value: SecretValue | None) -> float:
        """Record a rejected value, and return the monotonic time of its first rejection."""
        with process.lock:
            by_name = self._first.setdefault(client, {})
            rejected, first = by_name.get(name, (None, 0.0))
            if not first or not _is_same(rejected, value):
                first = monotonic()
                by_name[name] = (value, first)
            return first

    def forget(self, client: SecretsManagerClient, name: str) -> None:
        """Forget the rejected value of a secret, because a server accepts the current one."""
        with process.lock:
            self._first.get(client, {}).pop(name, None)


_refusals = _Refusals()


def retry_after_rotation(
    client: SecretsManagerClient,
    name: str,
    *,
    is_refused: Callable[[Exception], bool] | None,
    window: float,
) -> Callable[[Callable[..., Any]], Any]:
    """Return a decorator; see SecretsManagerClient.retries_after_rotation()."""
    is_refused = is_refused or is_password_error

    def decorate(connect: Callable[..., Any]) -> Any:
        def connect_again(*args: Any, **kwargs: Any) -> Any:
            deadline = monotonic() + window
            while True:
                seen = client.cached_value(name)
                try:
                    connection = connect(*args, **kwargs)
                except Exception as error:
                    if not is_refused(error):
                        raise
                    last = min(deadline, _refusals.note(client, name, seen) + window)
                    if not _wait_for_change(client, name, seen, last):
                        raise
                else:
                    _refusals.forget(client, name)
                    return connection

        return connect_again

    return decorate


def _wait_for_change(
    client: SecretsManagerClient, name: str, seen: SecretValue | None, deadline: float
) -> bool:
    """Poll until the secret changes; return False if it has not changed by the deadline."""
    pause = 0.0
    while client.is_aws_on():
        now = client.cached_value(name)
        if now is not None and not _is_same(now, seen):
            return True
        if pause and monotonic() + pause >= deadline:
            break
        time.sleep(jitter(pause, 0.5))
        client.try_refresh(name)
        pause = min(2 * pause, MAX_POLL_INTERVAL) if pause else POLL_INTERVAL
    return False


def _is_same(one: SecretValue | None, other: SecretValue | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.text, one.data) == (other.text, other.data)


def is_password_error(error: Exception) -> bool:
    """Return whether an exception of a database driver means that the password is wrong.

    https://www.postgresql.org/docs/current/errcodes-appendix.html (class 28),
    https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html (1045, 1698)
    """
    states = {getattr(error, attribute, None) for attribute in ("sqlstate", "pgcode")}
    number = error.args[0] if error.args else None
    return (
        bool(states & INVALID_PASSWORD_SQLSTATES)
        or number in INVALID_PASSWORD_MYSQL_ERRORS
        or "authentication failed" in str(error)
    )
