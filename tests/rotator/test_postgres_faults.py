"""Faults of the network, the server, AWS and concurrent rotations, without killing the process."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import os
import signal

import boto3
import psycopg
import pytest
from bed import PostgresBed
from botocore.config import Config
from child import STEPS, start
from fault_proxy import FaultProxy
from matrix import sample
from waiting import wait_for
from wire import DatabaseProxy, postgres_statement

from shield_ai.rotator import postgres as driver
from shield_ai.rotator.document import Login
from shield_ai.rotator.errors import (
    AwsCallError,
    DatabaseError,
    PasswordNotCheckedError,
    RotationError,
    SetupError,
    SupersededError,
)
from shield_ai.rotator.secret import Store
from shield_ai.sandbox import LocalPostgres

STRATEGIES = pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])


@pytest.fixture
def make_bed(aws, postgres):
    """Create test beds, and remove them."""
    with contextlib.ExitStack() as stack:

        def make(strategy, server=postgres, **more):
            bed = PostgresBed(aws, server, strategy, **more)
            if server is postgres:  # other servers have already stopped
                stack.callback(bed.remove)
            return bed

        yield make


@pytest.fixture
def wire(postgres):
    with DatabaseProxy(postgres.host, postgres.port, postgres_statement) as wire:
        yield wire


@STRATEGIES
@pytest.mark.parametrize("before", [True, False], ids=["before the server", "before the response"])
def test_cut_at_each_statement(make_bed, wire, strategy, before):
    bed = make_bed(strategy, port=wire.port)
    bed.rotate()
    for number in sample(wire.count):
        old, token = bed.document(), bed.start_rotation()
        wire.stop_at(number, before=before)
        with contextlib.suppress(DatabaseError):
            bed.rotate(token)
        if bed.is_always_available:
            assert bed.can_log_in(old)
        bed.rotate(token)
        bed.assert_access()


@STRATEGIES
@pytest.mark.parametrize("fault", ["throttled", "down", "cut before", "cut after"])
def test_aws_fails_at_each_call(make_bed, strategy, fault):
    bed = make_bed(strategy)
    with FaultProxy(bed.aws.url) as proxy:
        client = boto3.client(
            "secretsmanager",
            endpoint_url=proxy.url,
            config=Config(retries={"total_max_attempts": 1}),
        )
        bed.store = Store(client, bed.secret)
        bed.rotate()
        for number in sample(proxy.count()):
            old, token = bed.document(), bed.start_rotation()
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
            if bed.is_always_available:
                assert bed.can_log_in(old)
            proxy.rules.clear()
            bed.rotate(token)
            bed.assert_access()
        bed.store = Store(bed.client, bed.secret)
        client.close()


@STRATEGIES
def test_server_crashes_at_each_statement(make_bed, strategy):
    """Kill a server process, so that the server stops all others and recovers from its log."""
    with (
        LocalPostgres.start() as server,
        DatabaseProxy(server.host, server.port, postgres_statement) as wire,
    ):
        bed = make_bed(strategy, server, port=wire.port)
        bed.rotate()
        total = wire.count

        def crash():
            with server.connect() as connection:
                os.kill(connection.info.backend_pid, signal.SIGKILL)
                with contextlib.suppress(psycopg.OperationalError):
                    connection.execute("SELECT pg_sleep(10)")

        def again(token):
            with contextlib.suppress(DatabaseError):  # the server can still be recovering
                bed.rotate(token)
                return True
            return False

        for number in sample(total):
            token = bed.start_rotation()
            wire.stop_at(number, crash)
            with contextlib.suppress(DatabaseError):
                bed.rotate(token)
            assert wait_for(lambda token=token: again(token))
            bed.assert_access()


@STRATEGIES
def test_concurrent_rotation_at_each_call(make_bed, strategy):
    """Run two rotations at the same time: the current login and the next rotation must work."""
    bed = make_bed(strategy)
    with FaultProxy(bed.aws.url) as proxy:
        child = start(bed.process_environment(proxy.url), bed.secret, bed.start_rotation())
        child.join(60)
        calls = proxy.count()
    for number in sample(calls):
        others = []

        def overtake(*_, others=others):
            others.append(start(bed.process_environment(), bed.secret, bed.start_rotation()))

        old = bed.document()
        with FaultProxy(bed.aws.url) as proxy:
            proxy.call("*", overtake, at=number, after=number % 2 == 1)
            first = start(bed.process_environment(proxy.url), bed.secret, bed.start_rotation())
            first.join(60)
        others[0].join(60)
        assert {first.exitcode, others[0].exitcode} <= {0, 1}
        assert 0 in (first.exitcode, others[0].exitcode)
        assert bed.can_log_in(bed.document())
        assert bed.document() != old
        bed.assert_access()
        bed.discard_pending()
        bed.rotate()
        bed.assert_access()


@STRATEGIES
@pytest.mark.parametrize("step", ["setSecret", "finishSecret"])
@pytest.mark.parametrize("overtaken", [False, True], ids=["alone", "overtaken"])
def test_waits_for_the_lock_and_checks_the_state_again(make_bed, strategy, step, overtaken):
    """A rotation that was superseded while it waited changes nothing."""
    bed = make_bed(strategy)
    token, old = bed.start_rotation(), bed.document()
    for earlier in ("createSecret", "setSecret", "testSecret")[: STEPS.index(step)]:
        bed.step(earlier, token)
    pending = bed.document("AWSPENDING")
    with bed.connect(bed.database) as superuser, concurrent.futures.ThreadPoolExecutor(1) as pool:
        holder = driver.connect(superuser_of(bed))
        with holder.locked(bed.store.describe().arn):
            result = pool.submit(bed.step, step, token)
            waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            assert wait_for(lambda: superuser.execute(waiting).fetchone()[0] == 1)
            assert not result.done()
            if overtaken:
                bed.start_rotation()
        holder.close()
        if overtaken:
            with pytest.raises(SupersededError):
                result.result(30)
        else:
            result.result(30)
    assert (bed.document() == pending) == (step == "finishSecret" and not overtaken)
    assert bed.can_log_in(pending) == (step == "finishSecret" or not overtaken)
    assert bed.can_log_in(old) == (bed.is_always_available or not bed.can_log_in(pending))


def superuser_of(bed):
    server = bed.postgres
    password = server.password.reveal()
    return Login("postgres", password, server.host, server.port, bed.database, tls="disable")


@STRATEGIES
def test_server_with_trust_authentication(make_bed, strategy):
    with LocalPostgres.start() as server:
        bed = make_bed(strategy, server)
        hba = server.log_path.parent / "data" / "pg_hba.conf"
        checked = hba.read_text()
        hba.write_text("host all all all trust\n")
        with server.connect() as superuser:
            superuser.execute("SELECT pg_reload_conf()")
            token, old = bed.start_rotation(), bed.document()
            bed.step("createSecret", token)
            for step in ("setSecret", "testSecret", "finishSecret"):
                # trust authentication still rejects users that do not exist
                single_user = strategy == "single-user"
                with pytest.raises(PasswordNotCheckedError if single_user else DatabaseError):
                    bed.step(step, token)
            hba.write_text(checked)
            superuser.execute("SELECT pg_reload_conf()")
        assert bed.document() == old
        assert wait_for(lambda: not bed.can_log_in({**old, "password": "wrong"}))
        assert bed.can_log_in(old)


@pytest.mark.parametrize("field", ["host", "port", "database", "dbname", "username"])
@STRATEGIES
def test_pending_version_for_another_server(make_bed, strategy, field):
    bed = make_bed(strategy)
    bed.rotate()
    token, old = bed.start_rotation(), bed.document()
    bed.step("createSecret", token)
    wrong = json.loads(bed.value("AWSPENDING")) | {field: 1 if field == "port" else "elsewhere"}
    if field == "dbname":
        del wrong["database"]
    bed.discard_pending()
    bed.store.put_pending(other := bed.start_rotation(), json.dumps(wrong))
    for step in ("setSecret", "testSecret", "finishSecret"):
        with pytest.raises((SetupError, DatabaseError)):
            bed.step(step, other)
    assert bed.can_log_in(old)
    assert bed.document() == old


@pytest.mark.parametrize(
    "password_text", ["ends with \\", "it's", 'say "no"', "$1 :x %s", "käse", "a b"]
)
def test_old_passwords_with_special_characters(make_bed, password_text):
    bed = make_bed("single-user")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} PASSWORD {}", bed.user, (password_text,))
    bed.client.put_secret_value(
        SecretId=bed.secret, SecretString=json.dumps({**bed.document(), "password": password_text})
    )
    bed.rotate()
    bed.assert_access()


def test_no_password_is_valid(make_bed):
    bed = make_bed("single-user")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} PASSWORD 'elsewhere'", bed.user)
    token = bed.start_rotation()
    bed.step("createSecret", token)
    with pytest.raises(
        DatabaseError, match=r"rejects every login in the secret.s versions \(2 tried\)"
    ):
        bed.step("setSecret", token)


def test_tls_is_required_by_default(make_bed):
    bed = make_bed("single-user")
    del bed.environ["ROTATION_SSLMODE"]
    document = {name: value for name, value in bed.document().items() if name != "sslmode"}
    bed.client.put_secret_value(SecretId=bed.secret, SecretString=json.dumps(document))
    token = bed.start_rotation()
    bed.step("createSecret", token)
    with pytest.raises(RotationError, match="rejected the connection"):
        bed.step("setSecret", token)
    assert bed.can_log_in(document)
