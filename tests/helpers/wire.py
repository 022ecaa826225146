"""A database proxy that counts statements, and can interrupt the connection at the nth one.

A statement is a message of the client after the login: a simple query or a step of an extended
query in PostgreSQL, a command in MySQL.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


def postgres_statement(data: bytes) -> bool:
    """Return True for Query, Parse and Describe messages."""
    return data[:1] in (b"Q", b"P", b"D")


def mysql_statement(data: bytes) -> bool:
    """Return True for commands, which have sequence number 0, except COM_QUIT."""
    return len(data) > 4 and data[3] == 0 and data[4] != 1


class DatabaseProxy:
    """Forwards connections to a database server."""

    def __init__(self, host: str, port: int, is_statement: Callable[[bytes], bool]) -> None:
        self._upstream = (host, port)
        self._is_statement = is_statement
        self.count = 0
        self.at: int | None = None
        self.act: Callable[[], None] = lambda: None
        self.before = False
        self.cut = True
        self.seen = bytearray()  # all bytes from clients
        self._answered = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for sock in self._sockets:
            sock.close()

    def pause_at(self, number: int, act: Callable[[], None]) -> None:
        """Call a function before a statement is forwarded."""
        self.stop_at(number, act)
        self.cut = False

    def stop_at(
        self, number: int, act: Callable[[], None] = lambda: None, *, before: bool = False
    ) -> None:
        """Call a function at a statement, then reset the connection.

        Args:
            number: The number of the statement, counted from 1 over all connections from now on.
            act: The function.
            before: The server does not receive the statement. By default, it has processed it,
                but the client does not receive the response.
        """
        self._answered.clear()
        self.at, self.act, self.before, self.cut = self.count + number, act, before, True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._upstream, 10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._sockets += [client, server]
            thread = threading.Thread(target=self._carry, args=(client, server))
            self._threads.append(thread)
            thread.start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        held = threading.Event()
        back = threading.Thread(target=self._carry_back, args=(server, client, held))
        back.start()
        try:
            while data := client.recv(65536):
                with self._lock:
                    self.seen += data
                    counted = self._is_statement(data)
                    self.count += counted
                    hit = counted and self.count == self.at
                if hit and not self.cut:
                    self.act()
                elif hit:
                    held.set()
                    if not self.before:
                        server.sendall(data)
                        self._answered.wait(10)
                    self.act()
                    _reset(client)
                    break
                server.sendall(data)
        except OSError:
            pass
        finally:
            for sock in (client, server):
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            back.join()
            for sock in (client, server):
                sock.close()

    def _carry_back(
        self, server: socket.socket, client: socket.socket, held: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if held.is_set():
                    self._answered.set()
                else:
                    client.sendall(data)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
