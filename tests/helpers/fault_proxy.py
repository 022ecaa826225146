"""A proxy for the AWS emulator that injects faults and records the calls.

    with FaultProxy(aws.url) as proxy:
        proxy.answer("CreateSecret", "ThrottlingException", at=2)
        proxy.cut("PutSecretValue", after=True)
        ...  # AWS_ENDPOINT_URL=proxy.url
        assert proxy.count("CreateSecret") == 3

A rule applies once, to the call with the number `at`; with `at=None`, it applies to every call.
Calls are numbered from 1 for each operation, including retries. `operation="*"` numbers the calls of
all operations together.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = {"InternalServiceError": 500, "ServiceUnavailable": 503, "SlowDown": 503}
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}
GONE = (BrokenPipeError, ConnectionResetError)


@dataclass(frozen=True)
class Call:
    """A call that the proxy received."""

    operation: str
    secret: str  # name or ARN, if the call has one
    number: int  # among the calls of the operation, from 1
    body: dict[str, Any] = field(repr=False)  # may contain secret values


@dataclass(frozen=True)
class Rule:
    operation: str
    at: int | None
    act: Callable[[Handler, Call], None]

    def applies_to(self, call: Call, total: int) -> bool:
        number = total if self.operation == "*" else call.number
        return self.operation in ("*", call.operation) and self.at in (None, number)


class FaultProxy:
    """An HTTP proxy with rules for faults."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.calls: list[Call] = []
        self.rules: list[Rule] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._server = Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, operation: str = "*", secret: str | None = None) -> int:
        """Count the calls, optionally of one operation or for one secret."""
        return sum(
            operation in ("*", call.operation) and secret in (None, call.secret)
            for call in self.calls
        )

    def answer(
        self, operation: str, code: str, *, at: int | None = 1, status: int | None = None
    ) -> None:
        """Respond with an AWS error code without forwarding the call."""
        self._add(
            operation,
            at,
            lambda handler, _call: handler.refuse(code, status or STATUS.get(code, 400)),
        )

    def cut(self, operation: str, *, at: int | None = 1, after: bool = False) -> None:
        """Reset the connection, before or after forwarding the call."""

        def act(handler: Handler, call: Call) -> None:
            if after:
                handler.forward()
            handler.cut()

        self._add(operation, at, act)

    def hang(self, operation: str, *, at: int | None = 1) -> None:
        """Do not respond until the proxy is closed."""

        def act(handler: Handler, call: Call) -> None:
            self.closing.wait()
            handler.cut()

        self._add(operation, at, act)

    def call(
        self,
        operation: str,
        hook: Callable[[Call], None],
        *,
        at: int | None = 1,
        after: bool = False,
        drop: bool = False,
    ) -> None:
        """Run a hook before or after forwarding the call, for example to kill a process.

        With `drop`, the call is not forwarded, as if the client died while it sent the request.
        """

        def act(handler: Handler, call: Call) -> None:
            answer = handler.forward() if after else None
            hook(call)
            if drop:
                handler.cut()
            else:
                handler.give(*(answer or handler.forward()))

        self._add(operation, at, act)

    def _add(self, operation: str, at: int | None, act: Callable[[Handler, Call], None]) -> None:
        with self._lock:
            self.rules.append(Rule(operation, at, act))

    def take(self, operation: str, secret: str, body: dict[str, Any]) -> tuple[Call, Rule | None]:
        """Record a call and return the first rule that applies to it."""
        with self._lock:
            call = Call(
                operation, secret, 1 + sum(call.operation == operation for call in self.calls), body
            )
            self.calls.append(call)
            rule = next(
                (rule for rule in self.rules if rule.applies_to(call, len(self.calls))), None
            )
            if rule and rule.at is not None:
                self.rules.remove(rule)
            return call, rule


class Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for them, so that tests leak no threads

    def __init__(self, proxy: FaultProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # for clients that connect and send nothing
    server: Server

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target")
        if target:
            body = json.loads(self.body or b"{}")
            operation = target.rpartition(".")[2]
        else:
            body = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
            operation = body.get("Action", "")
        call, rule = self.server.proxy.take(
            operation, body.get("SecretId") or body.get("Name") or "", body
        )
        with contextlib.suppress(*GONE):
            if rule:
                rule.act(self, call)
            else:
                self.give(*self.forward())

    def forward(self) -> tuple[int, dict[str, str], bytes]:
        upstream = self.server.proxy.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=30)
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP
        }
        try:
            connection.request("POST", self.path, self.body, headers)
            answer = connection.getresponse()
            forwarded = {
                name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP
            }
            return answer.status, forwarded, answer.read()
        finally:
            connection.close()

    def refuse(self, code: str, status: int) -> None:
        if self.headers.get("X-Amz-Target"):
            headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": code}
            self.give(status, headers, json.dumps({"__type": code, "message": "injected"}).encode())
        else:
            text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>injected</Message></Error></ErrorResponse>"
            self.give(status, {"Content-Type": "text/xml"}, text.encode())

    def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {
            **headers,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """Reset the connection."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # name in the base class
        pass

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # flushing a reset connection
            super().finish()
