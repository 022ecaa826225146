"""Database servers that log every statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mariadb import Mariadb, installed, running
from matrix import summary_lines

from shield_ai.sandbox import LocalPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def logging_postgres() -> Iterator[LocalPostgres]:
    """Start a PostgreSQL server that logs every statement with its parameters."""
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
    for line in summary_lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Mariadb]:
    """Start a MariaDB server that logs every statement."""
    if not installed():
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    with running() as server:
        yield server
