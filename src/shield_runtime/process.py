"""State of the process: the lock, the clients, and what happens to them at a fork or at exit."""

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

# Held for a few lines only, never during a call to AWS or while a log record is written.
# Read it as `process.lock`: a forked child gets a new one.
lock = RLock()
clients: WeakSet[SecretsManagerClient] = WeakSet()
# Used by new clients that are given no source; see testing.fake_secrets().
test_source: tuple[Settings | None, Transport | None] = (None, None)
after_fork: list[Callable[[], None]] = []


def reset_in_child() -> None:
    """Start over in a forked child, where other threads of the parent may have held locks."""
    global lock  # noqa: PLW0603
    lock = RLock()
    for reset in after_fork:
        reset()
    for client in clients:
        client.reset_process_state()


def disconnect() -> None:
    """Close all connections before the interpreter shuts down, which takes longer with them."""
    for client in clients:
        client.disconnect()


def _acquire() -> None:
    lock.acquire()


def _release() -> None:
    lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_acquire, after_in_parent=_release, after_in_child=reset_in_child)
atexit.register(disconnect)
