"""What a network, a server, AWS or another rotation can do to a rotation that is not killed."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal

import boto3
import pg8000.native
import psycopg
import pytest
from bed import PostgresBed
from botocore.config import Config
from child import STEPS, start
from fault_proxy import FaultProxy
from matrix import some
from waiting import wait_for
from wire import Wire, postgres_statement

from shield_ai.rotator import postgres as driver
from shield_ai.rotator.errors import (
    AwsCallError,
    DatabaseError,
    RotationError,
    SetupError,
    SupersededError,
    TrustError,
)
from shield_ai.rotator.secret import Store
from shield_ai.sandbox import LocalPostgres

STRATEGIES = pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])


@pytest.fixture
def place(aws, postgres):
    """Makes beds, and removes them."""
    with contextlib.ExitStack() as stack:

        def make(strategy, server=postgres, **more):
            bed = PostgresBed(aws, server, strategy, **more)
            if server is postgres:  # a server of a test's own ends before
                stack.callback(bed.remove)
            return bed

        yield make


@pytest.fixture
def wire(postgres):
    with Wire(postgres.host, postgres.port, postgres_statement) as wire:
        yield wire


@STRATEGIES
@pytest.mark.parametrize(
    "before", [True, False], ids=["before the server has it", "before the answer"]
)
def test_cut_at_each_statement(place, wire, strategy, before):
    bed = place(strategy, port=wire.port)
    bed.rotate()
    for number in some(wire.count):
        old, token = bed.document(), bed.begin()
        wire.stop_at(number, before=before)
        with contextlib.suppress(DatabaseError):
            bed.rotate(token)
        if bed.never_dark:
            assert bed.works(old)
        bed.rotate(token)
        bed.check()


@STRATEGIES
@pytest.mark.parametrize("fault", ["throttled", "down", "cut before", "cut after"])
def test_aws_fails_at_each_call(place, strategy, fault):
    bed = place(strategy)
    with FaultProxy(bed.aws.url) as proxy:
        client = boto3.client(
            "secretsmanager",
            endpoint_url=proxy.url,
            config=Config(retries={"total_max_attempts": 1}),
        )
        bed.store = Store(client, bed.secret)
        bed.rotate()
        for number in some(proxy.count()):
            old, token = bed.document(), bed.begin()
            at = proxy.count() + number
            if fault.startswith("cut"):
                proxy.cut("*", at=at, after=fault.endswith("after"))
            else:
                proxy.answer(
                    "*",
                    "ThrottlingException" if fault == "throttled" else "ServiceUnavailable",
                    at=at,
                )
            with contextlib.suppress(AwsCallError):
                bed.rotate(token)
            if bed.never_dark:
                assert bed.works(old)
            proxy.rules.clear()
            bed.rotate(token)
            bed.check()
        bed.store = Store(bed.client, bed.secret)
        client.close()


@STRATEGIES
def test_server_crashes_at_each_statement(place, strategy):
    """A dead server process takes all the others with it, and the server recovers from its log, as after a restart."""
    with (
        LocalPostgres.start() as server,
        Wire(server.host, server.port, postgres_statement) as wire,
    ):
        bed = place(strategy, server, port=wire.port)
        bed.rotate()
        total = wire.count

        def crash():
            with server.connect() as connection:
                os.kill(connection.info.backend_pid, signal.SIGKILL)
                with contextlib.suppress(psycopg.OperationalError):
                    connection.execute("SELECT pg_sleep(10)")

        def again(token):
            with contextlib.suppress(DatabaseError):  # the server may still be at its recovery
                bed.rotate(token)
                return True
            return False

        for number in some(total):
            token = bed.begin()
            wire.stop_at(number, crash)
            with contextlib.suppress(DatabaseError):
                bed.rotate(token)
            assert wait_for(lambda token=token: again(token))
            bed.check()


@STRATEGIES
def test_another_rotation_begins_at_each_call(place, strategy):
    """Both run to their end at the same time. Whoever wins, the current login works, and the next rotation does."""
    bed = place(strategy)
    with FaultProxy(bed.aws.url) as proxy:
        child = start(bed.process_environment(proxy.url), bed.secret, bed.begin())
        child.join(60)
        calls = proxy.count()
    for number in some(calls):
        others = []

        def overtake(*_, others=others):
            others.append(start(bed.process_environment(), bed.secret, bed.begin()))

        old = bed.document()
        with FaultProxy(bed.aws.url) as proxy:
            proxy.call("*", overtake, at=number, after=number % 2 == 1)
            first = start(bed.process_environment(proxy.url), bed.secret, bed.begin())
            first.join(60)
        others[0].join(60)
        assert {first.exitcode, others[0].exitcode} <= {0, 1}
        assert 0 in (first.exitcode, others[0].exitcode)
        assert bed.works(bed.document())
        assert bed.document() != old
        bed.check()
        bed.drop_pending()
        bed.rotate()
        bed.check()


@STRATEGIES
@pytest.mark.parametrize("step", ["setSecret", "finishSecret"])
@pytest.mark.parametrize("overtaken", [False, True], ids=["alone", "overtaken"])
def test_waits_for_the_lock_and_looks_again_under_it(place, strategy, step, overtaken):
    """Who was overtaken while it waited changes nothing any more."""
    bed = place(strategy)
    token, old = bed.begin(), bed.document()
    for earlier in ("createSecret", "setSecret", "testSecret")[: STEPS.index(step)]:
        bed.step(earlier, token)
    pending = bed.document("AWSPENDING")
    with bed.connect(bed.database) as superuser, concurrent.futures.ThreadPoolExecutor(1) as pool:
        holder = driver.PostgresSession(pg8000.native.Connection(**superuser_of(bed)))
        with holder.locked(bed.store.describe().arn):
            result = pool.submit(bed.step, step, token)
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            assert wait_for(lambda: superuser.execute(waiting).fetchone()[0] == 1)
            assert not result.done()
            if overtaken:
                bed.begin()
        holder.close()
        if overtaken:
            with pytest.raises(SupersededError):
                result.result(30)
        else:
            result.result(30)
    assert (bed.document() == pending) == (step == "finishSecret" and not overtaken)
    assert bed.works(pending) == (step == "finishSecret" or not overtaken)
    assert bed.works(old) == (bed.never_dark or not bed.works(pending))


def superuser_of(bed):
    server = bed.postgres
    return {
        "user": "postgres",
        "password": server.password.reveal(),
        "host": server.host,
        "port": server.port,
        "database": bed.database,
    }


@STRATEGIES
def test_a_server_that_trusts_everybody(place, strategy):
    with LocalPostgres.start() as server:
        bed = place(strategy, server)
        hba = server.log_path.parent / "data" / "pg_hba.conf"
        checked = hba.read_text()
        hba.write_text("host all all all trust\n")
        with server.connect() as superuser:
            superuser.execute("SELECT pg_reload_conf()")
            token, old = bed.begin(), bed.document()
            bed.step("createSecret", token)
            for step in ("setSecret", "testSecret", "finishSecret"):
                # A user that does not exist yet is refused even here.
                with pytest.raises(TrustError if strategy == "single-user" else DatabaseError):
                    bed.step(step, token)
            hba.write_text(checked)
            superuser.execute("SELECT pg_reload_conf()")
        assert bed.document() == old
        assert wait_for(lambda: not bed.works({**old, "password": "wrong"}))
        assert bed.works(old)


@pytest.mark.parametrize("field", ["host", "port", "database", "dbname", "username"])
@STRATEGIES
def test_a_pending_version_for_another_place(place, strategy, field):
    bed = place(strategy)
    bed.rotate()
    token, old = bed.begin(), bed.document()
    bed.step("createSecret", token)
    wrong = json.loads(bed.value("AWSPENDING")) | {field: 1 if field == "port" else "elsewhere"}
    if field == "dbname":
        del wrong["database"]
    bed.drop_pending()
    bed.store.put_pending(other := bed.begin(), json.dumps(wrong))
    for step in ("setSecret", "testSecret", "finishSecret"):
        with pytest.raises((SetupError, DatabaseError)):
            bed.step(step, other)
    assert bed.works(old)
    assert bed.document() == old


@pytest.mark.parametrize("word", ["ends with \\", "it's", 'say "no"', "$1 :x %s", "käse", "a b"])
def test_old_passwords_of_every_kind(place, word):
    bed = place("single-user")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} PASSWORD {}", bed.user, (word,))
    bed.client.put_secret_value(
        SecretId=bed.secret, SecretString=json.dumps({**bed.document(), "password": word})
    )
    bed.rotate()
    bed.check()


def test_none_of_the_passwords_is_in_force(place):
    bed = place("single-user")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} PASSWORD 'elsewhere'", bed.user)
    token = bed.begin()
    bed.step("createSecret", token)
    with pytest.raises(DatabaseError, match="rejects all 2 passwords"):
        bed.step("setSecret", token)


def test_needs_tls_unless_the_secret_says_otherwise(place):
    bed = place("single-user")
    document = {name: value for name, value in bed.document().items() if name != "sslmode"}
    bed.client.put_secret_value(SecretId=bed.secret, SecretString=json.dumps(document))
    token = bed.begin()
    bed.step("createSecret", token)
    with pytest.raises(RotationError, match="rejected the connection"):
        bed.step("setSecret", token)
    assert bed.works(document)
