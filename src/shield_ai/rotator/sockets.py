"""TCP connections to databases, which end after a time limit even if the server keeps sending."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from .errors import UnreachableError

if TYPE_CHECKING:
    from .document import Login

CONNECT_TIMEOUT = 5.0  # seconds
# Seconds. A timeout of the socket only limits the wait for the next byte.
CONNECTION_LIMIT = 180.0


class LimitedSocket(NamedTuple):
    """A connection with a timer that shuts it down."""

    socket: socket.socket
    handle: socket.socket  # stays valid when TLS takes over the other one
    timer: threading.Timer

    def close(self) -> None:
        """Stop the timer, and end the connection, also if the driver still has it open."""
        self.timer.cancel()
        _shut_down(self.handle)
        self.handle.close()
        # close() would wait for the files that the driver has opened on it
        descriptor = self.socket.detach()
        if descriptor != -1:  # otherwise, TLS has taken it over
            os.close(descriptor)


def open_socket(login: Login, limit: float | None = None) -> LimitedSocket:
    """Connect to a server.

    Args:
        login: Names the host and port.
        limit: The seconds until the connection is shut down.

    Raises:
        UnreachableError: The server can't be reached.
    """
    try:
        connected = socket.create_connection((login.host, login.port), CONNECT_TIMEOUT)
    except (OSError, UnicodeError):  # the latter for an invalid host name
        raise UnreachableError(login.host, login.port) from None
    handle = connected.dup()
    timer = threading.Timer(limit or CONNECTION_LIMIT, _shut_down, [handle])
    timer.daemon = True
    timer.start()
    return LimitedSocket(connected, handle, timer)


def _shut_down(handle: socket.socket) -> None:
    with suppress(OSError):  # already closed
        handle.shutdown(socket.SHUT_RDWR)
