"""Defer signals while a step runs that must not be interrupted."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

from shield_ai.model.errors import INTERRUPTED, ShieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

# SIGHUP does not exist on Windows.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))


class InterruptedRotationError(ShieldError):
    """A rotation was interrupted. The message describes the state of the rotation."""

    exit_code = INTERRUPTED


class InterruptedAfterRotationError(InterruptedRotationError):
    """A signal arrived during a rotation. Raised after the rotation has finished."""


@contextlib.contextmanager
def collected_signals(on_signal: Callable[[], None]) -> Iterator[list[str]]:
    """Collect SIGINT, SIGTERM and SIGHUP instead of acting on them.

    In threads other than the main thread, this does nothing: Python handles no signals there.

    Args:
        on_signal: Called with the first signal.

    Yields:
        The names of the signals that have arrived.
    """
    received: list[str] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return

    def defer(number: int, _frame: FrameType | None) -> None:
        received.append(signal.Signals(number).name)
        if len(received) == 1:
            on_signal()

    previous = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in previous.items():
        if handler is not signal.SIG_IGN:  # with nohup, SIGHUP stays ignored
            signal.signal(number, defer)
    try:
        yield received
    finally:
        for number in reversed(SIGNALS):  # SIGINT last: its handler raises an exception
            signal.signal(number, previous[number])


@contextlib.contextmanager
def delayed_signals() -> Iterator[None]:
    """Postpone SIGINT, SIGTERM and SIGHUP until a short step is complete, then act on them."""
    received: list[str] = []
    try:
        with collected_signals(lambda: None) as received:
            yield
    finally:
        for name in received:
            signal.raise_signal(signal.Signals[name])
