"""An endpoint of AWS with answers that the AWS emulator never gives.

with aws_endpoint(lambda operation, request: (200, b"{}")) as url:
    ...  # AWS_ENDPOINT_URL=url
"""

from __future__ import annotations

import contextlib
import http.server
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def aws_endpoint(answer: Callable[[str, bytes], tuple[int, bytes]]) -> Iterator[str]:
    """Serve an endpoint, and yield its URL.

    Args:
        answer: Takes an operation, empty for query protocols, and the body of a request. Returns
            the status and the body of the response.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["Content-Length"]))
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            status, body = answer(operation, request)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
