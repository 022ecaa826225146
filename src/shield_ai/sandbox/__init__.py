"""An AWS emulator, an embedded PostgreSQL and the sample app, for the demo and the tests."""

from __future__ import annotations

from shield_ai.sandbox.emulator.server import LocalAws, serve_forever
from shield_ai.sandbox.postgres import LocalPostgres
from shield_ai.sandbox.webapp import WebApp, copy_sample, load_data, write_env

__all__ = [
    "LocalAws",
    "LocalPostgres",
    "WebApp",
    "copy_sample",
    "load_data",
    "serve_forever",
    "write_env",
]
