"""Crash each strategy at a sample of points; `make test-rotation` runs all of them."""

from __future__ import annotations

import pytest
from bed import MysqlBed, PostgresBed
from matrix import RECOVERIES, RUN_ALL, Harness, crash_and_recover, points, record, summary_of
from wire import DatabaseProxy, mysql_statement, postgres_statement


def crash_everywhere(bed, wire, strategy):
    """Return a line for each failure."""
    harness = Harness(bed, wire)
    failures = []
    seen = 0
    for situation in bed.situations:
        for point in points(harness, situation):
            for turn, recovery in enumerate(RECOVERIES):
                seen += 1
                if not RUN_ALL and seen % (13 if len(bed.situations) == 1 else 41) != turn:
                    continue
                wrong = crash_and_recover(harness, situation, point, recovery)
                record(strategy, situation, point, recovery, wrong)
                failures += [
                    f"{situation}, {point[0]} {point[1]}, {recovery}: {text}" for text in wrong
                ]
    return failures


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_postgres(aws, logging_postgres, strategy):
    with DatabaseProxy(logging_postgres.host, logging_postgres.port, postgres_statement) as wire:
        bed = PostgresBed(aws, logging_postgres, strategy, port=wire.port)
        try:
            failures = crash_everywhere(bed, wire, f"postgres-{strategy}")
            assert not failures, "\n".join(failures)
            secrets = bed.passwords()
            log = logging_postgres.log_path.read_bytes() + wire.seen
            assert len(secrets) > 3
            assert b"ALTER ROLE" in log
            # the test itself created the first password with an SQL statement
            logged = [secret for secret in secrets[1:] if secret.encode() in log]
            summary_of(f"postgres-{strategy}").logged = len(logged)
            assert logged == []
        finally:
            bed.remove()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_mysql(aws, mariadb, strategy):
    with DatabaseProxy(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, strategy, port=wire.port)
        try:
            failures = crash_everywhere(bed, wire, f"mysql-{strategy}")
            assert not failures, "\n".join(failures)
            secrets = bed.passwords()
            log = mariadb.log + wire.seen
            assert len(secrets) > 3
            assert b"SET PASSWORD" in log
            logged = [secret for secret in secrets if secret.encode() in log]
            summary_of(f"mysql-{strategy}").logged = len(logged)
            assert logged == []
        finally:
            bed.remove()
