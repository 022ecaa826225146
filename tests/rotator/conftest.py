"""Servers that write every statement into their log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mariadb import Mariadb, installed, running
from matrix import rows

from shield_ai.sandbox import LocalPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def talkative() -> Iterator[LocalPostgres]:
    """A PostgreSQL whose log holds every statement, with its parameters, also those that fail."""
    with LocalPostgres.start() as server:
        with server.connect() as superuser:
            for setting in (
                "log_statement = 'all'",
                "log_min_error_statement = 'debug5'",
                "log_parameter_max_length_on_error = -1",
            ):
                superuser.execute(f"ALTER SYSTEM SET {setting}")
            superuser.execute("SELECT pg_reload_conf()")
        yield server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for row in rows():
        terminalreporter.write_line(row)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Mariadb]:
    """A MariaDB that logs every statement."""
    if not installed():
        pytest.skip(
            "MariaDB is not installed: its strategies stay untested here (apt-get install mariadb-server)"
        )
    with running() as server:
        yield server
