"""The embedded AWS itself: moto behind a narrow door, in a process of its own.

Only the services that we use are offered; everything else is refused by name instead of half working. A call of
Secrets Manager is atomic here as it is in AWS: moto checks and then writes, and two threads could meet in between.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICES = frozenset(
    {"secretsmanager", "sts", "iam", "kms", "lambda", "logs", "cloudwatch", "monitoring", "events", "sns", "cloudtrail"}
)
HEALTH = "/_local/health"
RESET = "/moto-api/"  # moto's own door: tests empty the account through it
CALLS_BACK = frozenset({"secretsmanager.RotateSecret"})  # runs a Lambda, which calls us while the call is open


def service_of(authorization: str) -> str:
    """Return the service that a request was signed for, or nothing for an unsigned request."""
    _, _, scope = authorization.partition("Credential=")
    parts = scope.split(",")[0].split("/")
    return parts[3].lower() if len(parts) == 5 else ""  # noqa: PLR2004  # key/date/region/service/aws4_request


class Front:
    """A WSGI application that hands to moto what it may answer."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.one_at_a_time = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path == HEALTH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]
        service = service_of(environ.get("HTTP_AUTHORIZATION", ""))
        if service and service not in SERVICES and not path.startswith(RESET):
            return refuse(service, start_response)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        locked = service == "secretsmanager" and target not in CALLS_BACK
        with self.one_at_a_time if locked else contextlib.nullcontext():
            answer: Iterable[bytes] = self.moto(environ, start_response)
        return answer


def refuse(service: str, start_response: Any) -> list[bytes]:
    """Answer as AWS answers for an operation that it doesn't know."""
    text = f"the embedded AWS has no {service}; it has {', '.join(sorted(SERVICES))}"
    body = json.dumps({"__type": "UnknownOperationException", "message": text}).encode()
    start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
    return [body]


def main(fd: int) -> None:
    """Serve on a listening socket that the parent has opened, until killed."""
    server = make_server("127.0.0.1", 0, Front(), threaded=True, fd=fd, request_handler=MotoRequestHandler)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))
