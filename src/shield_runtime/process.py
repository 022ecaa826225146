"""Hold the lock and the clients of the process, and clean them up at a fork or at exit."""

from __future__ import annotations

import atexit
import os
from _thread import RLock  # importing threading takes twice as long as the rest of the package
from weakref import WeakSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import SecretsManagerClient
    from .settings import Settings
    from .transport import Transport

# Never hold the lock during a call to AWS or while a log record is written.
# Always access it as `process.lock`, because a forked child creates a new lock.
lock = RLock()
clients: WeakSet[SecretsManagerClient] = WeakSet()
# Settings and transport for clients that are created without them; see testing.fake_secrets().
test_source: tuple[Settings | None, Transport | None] = (None, None)
# Called in a forked child; other modules add functions that reset their state.
child_resets: list[Callable[[], None]] = []


def reset_in_child() -> None:
    """Reset the state in a forked child, because threads of the parent may have held locks."""
    global lock  # noqa: PLW0603
    lock = RLock()
    for reset in child_resets:
        reset()
    for client in clients:
        client.reset_process_state()


def disconnect() -> None:
    """Close all connections at exit, because they slow down the interpreter's shutdown."""
    for client in clients:
        client.disconnect()


def _acquire() -> None:
    lock.acquire()


def _release() -> None:
    lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_acquire, after_in_parent=_release, after_in_child=reset_in_child)
atexit.register(disconnect)
