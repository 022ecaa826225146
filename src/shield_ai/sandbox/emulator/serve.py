"""Serves a WSGI application with waitress, on a socket that the parent has opened. Run in the app's own folder."""

from __future__ import annotations

import importlib
import socket
import sys

import waitress  # type: ignore[import-untyped]  # it ships no types

THREADS = 4


def main(application: str, fd: int) -> None:
    """Import `module:name` and serve it until killed."""
    module, _, name = application.partition(":")
    app = getattr(importlib.import_module(module), name)
    # As behind a load balancer: who asks over loopback says whether the customer's side is HTTPS.
    proxy = {"trusted_proxy": "127.0.0.1", "trusted_proxy_headers": {"x-forwarded-proto"}}
    waitress.serve(app, sockets=[socket.socket(fileno=fd)], threads=THREADS, **proxy)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
