"""Serve a WSGI application with waitress, on a socket that the parent process opened.

The script runs in the app's folder.
"""

from __future__ import annotations

import importlib
import socket
import sys

import waitress  # type: ignore[import-untyped]

THREADS = 4


def serve_application(application: str, fd: int) -> None:
    """Import `module:name` and serve it until the process is killed.

    Args:
        application: Module and name of the WSGI application.
        fd: The file descriptor of a listening socket.
    """
    module, _, name = application.partition(":")
    app = getattr(importlib.import_module(module), name)
    # As behind a load balancer: X-Forwarded-Proto tells whether the client uses HTTPS.
    waitress.serve(
        app,
        sockets=[socket.socket(fileno=fd)],
        threads=THREADS,
        trusted_proxy="127.0.0.1",
        trusted_proxy_headers={"x-forwarded-proto"},
    )


if __name__ == "__main__":
    serve_application(sys.argv[1], int(sys.argv[2]))
