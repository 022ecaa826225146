"""A few crash points of each strategy; `make test-rotation` takes them all."""

from __future__ import annotations

import pytest
from bed import MysqlBed, PostgresBed
from matrix import RECOVERIES, WHOLE, Harness, cell, points, record, row
from wire import Wire, mysql_statement, postgres_statement


def crash_everywhere(bed, wire, strategy):
    """Return what was wrong, a line for each."""
    harness, failures, seen = Harness(bed, wire), [], 0
    for situation in bed.situations:
        for point in points(harness, situation):
            for turn, recovery in enumerate(RECOVERIES):
                seen += 1
                if not WHOLE and seen % (13 if len(bed.situations) == 1 else 41) != turn:
                    continue
                wrong = cell(harness, situation, point, recovery)
                record(strategy, situation, point, recovery, wrong)
                failures += [
                    f"{situation}, {point[0]} {point[1]}, {recovery}: {text}" for text in wrong
                ]
    return failures


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_postgres(aws, talkative, strategy):
    with Wire(talkative.host, talkative.port, postgres_statement) as wire:
        bed = PostgresBed(aws, talkative, strategy, port=wire.port)
        try:
            failures = crash_everywhere(bed, wire, f"postgres-{strategy}")
            assert not failures, "\n".join(failures)
            secrets = bed.passwords()
            log = talkative.log_path.read_bytes() + wire.seen
            assert len(secrets) > 3
            assert b"ALTER ROLE" in log
            # the first was made by SQL
            logged = [secret for secret in secrets[1:] if secret.encode() in log]
            row(f"postgres-{strategy}").logged = len(logged)
            assert logged == []
        finally:
            bed.remove()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_mysql(aws, mariadb, strategy):
    with Wire(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, strategy, port=wire.port)
        try:
            failures = crash_everywhere(bed, wire, f"mysql-{strategy}")
            assert not failures, "\n".join(failures)
            secrets = bed.passwords()
            log = mariadb.log + wire.seen
            assert len(secrets) > 3
            assert b"SET PASSWORD" in log
            logged = [secret for secret in secrets if secret.encode() in log]
            row(f"mysql-{strategy}").logged = len(logged)
            assert logged == []
        finally:
            bed.remove()
