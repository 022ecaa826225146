"""Logins during rotations: with a cached login for two users, with the runtime for a single user."""

from __future__ import annotations

import threading

import psycopg
import pymysql
import pytest
from bed import MysqlBed, PostgresBed
from matrix import RUN_ALL, summary_of
from waiting import wait_for

from shield_runtime import SecretsManagerClient

ROTATIONS = 20 if RUN_ALL else 2
APPS = 4


@pytest.fixture(params=["postgres", "mysql"])
def make_bed(request, aws):
    """Create a test bed, and remove it."""
    beds = []

    def make(strategy):
        server = request.getfixturevalue("postgres" if request.param == "postgres" else "mariadb")
        beds.append(
            (PostgresBed if request.param == "postgres" else MysqlBed)(aws, server, strategy)
        )
        return beds[0]

    yield make
    for bed in beds:  # empty if the server is not installed
        bed.remove()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_no_login_fails(make_bed, monkeypatch, strategy):
    monkeypatch.setenv("USE_AWS_SECRETS", "true")
    monkeypatch.setenv("DJANGO_ENV", "production")
    bed = make_bed(strategy)
    runtime = SecretsManagerClient()
    held = [bed.document()]
    stop = threading.Event()
    failed = []
    counts = [0] * APPS

    def log_in():
        """Log in with the runtime, which waits and retries if the password is rejected."""
        document = runtime.get_secret_dict(bed.secret) if not bed.is_always_available else held[0]
        if isinstance(bed, PostgresBed):
            bed.login(document).close()
        else:
            bed.mariadb.connect(document["username"], document["password"], bed.database).close()

    surviving = (
        log_in if bed.is_always_available else runtime.retries_after_rotation(bed.secret)(log_in)
    )

    def app(number):
        while not stop.is_set():
            try:
                surviving()
                counts[number] += 1
            except (psycopg.Error, pymysql.Error) as error:
                failed.append(str(error))

    threads = [threading.Thread(target=app, args=(number,)) for number in range(APPS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROTATIONS):
            bed.rotate()
            held[0] = bed.document()  # like a cache entry that expires between two rotations
            done = sum(counts) + len(failed) + 2 * APPS
            assert wait_for(lambda done=done: sum(counts) + len(failed) >= done)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    summary_of(f"{bed.environ['ROTATION_STRATEGY']}").load = (sum(counts), len(failed))
    assert failed == []
    assert sum(counts) >= 2 * APPS * ROTATIONS
