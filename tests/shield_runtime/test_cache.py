"""The cache: how many calls, who waits, what is served while AWS fails, what a fork and an event loop get."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import secrets
import threading
import time
import tracemalloc

import pytest
from runtime_server import Server, point_at, until

import shield_runtime as runtime
from shield_runtime import (
    SecretAccessDeniedError,
    SecretNotFoundError,
    SecretsManagerClient,
    SecretUnavailableError,
    aget_secret,
    cache,
    clear_secret_cache,
    entry,
    get_secret,
    metrics,
    prefetch,
    process,
    refresh_secret,
    stats,
)
from shield_runtime.request import Request

pytest_plugins = ("runtime_fixtures",)
VALUE = secrets.token_hex(16)
OTHER = secrets.token_hex(16)


def herd(size, action):
    """Run the action in many threads at once; return what each got or raised."""
    barrier, results = threading.Barrier(size, timeout=20), []

    def run():
        barrier.wait()
        try:
            results.append(action())
        except runtime.SecretError as error:
            results.append(type(error))

    threads = [threading.Thread(target=run) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def landed():
    """Wait for the calls in the background."""
    until(
        lambda: not any(entry.fetch for entry in [*runtime.default_client._cache._entries.values()])
    )


class TestTime:
    def test_fresh_for_its_time_and_refreshed_in_the_background(self, on, clock):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        on.put("test-secret", OTHER)
        clock.pass_(269)
        assert get_secret("test-secret") == VALUE
        assert on.count() == 1
        clock.pass_(31)
        on.gate = threading.Event()
        assert get_secret("test-secret") == VALUE
        assert get_secret("test-secret", key=None, env="ANY") == VALUE
        on.gate.set()
        landed()
        assert get_secret("test-secret") == OTHER
        assert on.count() == 2

    def test_time_to_live_is_spread(self, on, clock):
        ends = set()
        for i in range(20):
            on.put(f"secret-{i}", VALUE)
            get_secret(f"secret-{i}")
            ends.add(
                runtime.default_client._cache._entries[f"secret-{i}", "AWSCURRENT"].fresh_until
                - clock.now
            )
        assert len(ends) == 20
        assert all(270 <= end <= 300 for end in ends)

    def test_an_idle_process_asks_first(self, on, clock):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        on.put("test-secret", OTHER)
        clock.pass_(901)
        assert get_secret("test-secret") == OTHER

    def test_an_idle_process_in_an_outage(self, on, clock, caplog):
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        on.fault = "broken"
        clock.pass_(901)
        assert get_secret("test-secret") == VALUE
        assert get_secret("test-secret") == VALUE
        until(lambda: caplog.records)
        assert len(caplog.records) == 1
        assert stats()["StaleServed"] >= 2

    def test_a_refresh_without_an_outage_is_not_stale(self, on, clock):
        before = stats()["StaleServed"]
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE
        clock.pass_(301)
        assert get_secret("test-secret") == VALUE
        landed()
        assert get_secret("test-secret") == VALUE
        assert stats()["StaleServed"] == before

    def test_lease_ends_with_the_value(self, on, monkeypatch, clock):
        monkeypatch.setenv("AWS_SECRETS_TTL", "0.5")
        clear_secret_cache()
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == get_secret("test-secret") == VALUE
        on.put("test-secret", OTHER)
        clock.pass_(0.6)
        get_secret("test-secret")
        landed()
        assert get_secret("test-secret") == OTHER

    def test_variants_have_leases_of_their_own(self, on, clock):
        on.put("database", json.dumps({"password": VALUE, "user": OTHER}))
        for _ in range(3):
            assert get_secret("database") == VALUE
            assert get_secret("database", key="user") == OTHER
            assert get_secret("database", "default", env="ANY") == VALUE
        assert on.count() == 1
        hits = stats()["CacheHits"]
        assert get_secret("database", key="user") == OTHER
        assert stats()["CacheHits"] == hits
        clock.pass_(1.1)
        assert get_secret("database", key="user") == OTHER
        assert stats()["CacheHits"] == hits + 1


class TestOutage:
    def test_last_known_value_with_one_warning(self, on, clock, caplog):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.fault = "broken"
        for _ in range(5):
            clock.pass_(301)
            assert get_secret("test-secret", "default") == VALUE
            landed()
        until(lambda: caplog.records)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert VALUE not in caplog.text
        assert on.count() == 6
        on.fault = None
        on.put("test-secret", OTHER)
        clock.pass_(301)
        get_secret("test-secret")
        landed()
        assert get_secret("test-secret") == OTHER
        on.fault = "denied"
        clock.pass_(301)
        get_secret("test-secret")
        landed()
        until(lambda: len(caplog.records) == 2)

    def test_the_warning_says_when_the_last_known_value_expires(
        self, on, clock, caplog, monkeypatch
    ):
        monkeypatch.setenv("AWS_SECRETS_MAX_STALE", "1000")
        clear_secret_cache()
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.fault = "broken"
        clock.pass_(990)
        assert get_secret("test-secret") == VALUE
        until(lambda: caplog.records)
        assert "serving the last known value, which expires in 10 s" in caplog.text

    def test_no_warning_if_the_last_known_value_has_expired(self, on, clock, caplog):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.fault = "broken"
        clock.pass_(86400)
        with pytest.raises(SecretUnavailableError):
            get_secret("test-secret")
        landed()
        assert not caplog.records

    def test_not_for_ever(self, on, clock, monkeypatch):
        monkeypatch.setenv("AWS_SECRETS_MAX_STALE", "1000")
        clear_secret_cache()
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.fault = "broken"
        clock.pass_(301)
        assert get_secret("test-secret") == VALUE
        landed()
        clock.pass_(700)
        with pytest.raises(SecretUnavailableError):
            get_secret("test-secret")

    def test_backs_off(self, on, clock):
        on.fault = "broken"
        for _ in range(100):
            with pytest.raises(SecretUnavailableError):
                get_secret("test-secret")
        assert on.count() == 1
        waits = []
        for _ in range(12):
            waits.append(
                runtime.default_client._cache._entries["test-secret", "AWSCURRENT"].retry_at
                - clock.now
            )
            clock.pass_(waits[-1])
            with pytest.raises(SecretUnavailableError):
                get_secret("test-secret")
        assert on.count() == 13
        assert 0.25 <= waits[0] <= 0.5
        assert all(30 <= wait <= 60 for wait in waits[8:])

    def test_recovers(self, on, clock):
        on.fault = "broken"
        with pytest.raises(SecretUnavailableError):
            get_secret("test-secret")
        on.fault = None
        on.put("test-secret", VALUE)
        clock.pass_(0.5)
        assert get_secret("test-secret") == VALUE

    @pytest.mark.usefixtures("on")
    def test_a_missing_secret_costs_no_memory(self):
        def ask():
            with pytest.raises(SecretNotFoundError):
                get_secret("missing")

        for _ in range(50):
            ask()
        gc.collect()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(5000):
                ask()
            gc.collect()
            # whatever runs meanwhile keeps ten thousand
            assert tracemalloc.get_traced_memory()[0] - before < 50_000
        finally:
            tracemalloc.stop()

    def test_server_gone(self, off):
        server = Server()
        point_at(server, off)
        server.put("test-secret", VALUE)
        off.setenv("AWS_SECRETS_TTL", "0")
        clear_secret_cache()
        assert get_secret("test-secret") == VALUE
        server.stop()
        for _ in range(3):
            assert get_secret("test-secret") == VALUE
            landed()


class TestHerd:
    def test_cold(self, on):
        on.put("test-secret", VALUE)
        on.gate = threading.Event()
        threading.Timer(0.1, on.gate.set).start()
        assert herd(32, lambda: get_secret("test-secret")) == [VALUE] * 32
        assert on.count() == 1

    def test_cold_and_failing(self, on):
        on.fault = "denied"
        assert (
            herd(16, lambda: get_secret("test-secret", "default"))
            == [runtime.SecretAccessDeniedError] * 16
        )
        assert on.count() == 1

    def test_expired(self, on, clock):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        clock.pass_(301)
        on.gate = threading.Event()
        assert herd(32, lambda: get_secret("test-secret")) == [VALUE] * 32
        on.gate.set()
        landed()
        assert on.count() == 2

    def test_refresh(self, on):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.put("test-secret", OTHER)
        refresh_secret("test-secret")
        assert get_secret("test-secret") == OTHER
        assert on.count() == 2

    def test_failed_refresh_keeps_the_value(self, on):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        on.fault = "denied"
        with pytest.raises(runtime.SecretAccessDeniedError):
            refresh_secret("test-secret")
        assert get_secret("test-secret") == VALUE

    def test_cleared_one_costs_one_call(self, on):
        on.put("test-secret", VALUE)
        on.put("other-secret", VALUE)
        get_secret("test-secret")
        get_secret("other-secret")
        on.put("test-secret", OTHER)
        clear_secret_cache("test-secret")
        assert get_secret("test-secret") == OTHER
        assert get_secret("other-secret") == VALUE
        assert on.count() == 3

    def test_an_answer_that_comes_after_clearing_is_not_entered(self, on):
        on.put("test-secret", VALUE)
        on.gate = threading.Event()
        late = []
        thread = threading.Thread(target=lambda: late.append(get_secret("test-secret")))
        thread.start()
        assert on.arrived.acquire(timeout=10)
        clear_secret_cache("test-secret")
        on.gate.set()
        thread.join()
        on.put("test-secret", OTHER)
        assert get_secret("test-secret") == OTHER

    def test_a_lost_thread_holds_nobody_up(self, on, clock, monkeypatch):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        clock.pass_(301)
        with monkeypatch.context() as patch:
            patch.setattr(runtime.default_client._cache, "start", lambda *_, **__: None)
            assert get_secret("test-secret") == VALUE
        clock.pass_(31)
        on.put("test-secret", OTHER)
        get_secret("test-secret")
        landed()
        assert get_secret("test-secret") == OTHER

    def test_no_threads_to_be_had(self, on, monkeypatch):
        start = threading.Thread.start

        def refuse(self):
            if self.name == "shield-ai":
                raise RuntimeError("can't start new thread")
            start(self)

        monkeypatch.setattr(threading.Thread, "start", refuse)
        on.put("test-secret", VALUE)
        assert get_secret("test-secret") == VALUE


class TestSize:
    def test_least_recently_used_leaves(self, on, monkeypatch):
        monkeypatch.setattr(cache, "SIZE", 4)
        for name in "abcde":
            on.put(name, name + VALUE)
        for name in "abcd":
            assert get_secret(name) == name + VALUE
        for _ in range(3):
            assert get_secret("a") == "a" + VALUE
        assert get_secret("e") == "e" + VALUE
        assert get_secret("a") == "a" + VALUE
        assert on.count() == 5
        assert get_secret("b") == "b" + VALUE
        assert on.count() == 6
        assert len(runtime.default_client._cache._entries) == 4

    def test_missing_names_do_not_replace_values(self, on):
        on.put("a", VALUE)
        assert get_secret("a") == VALUE
        for number in range(cache.SIZE + 2):
            assert get_secret(f"tenant-{number}", None) is None
        on.fault = "broken"
        assert get_secret("a") == VALUE

    def test_prefetched_names_do_not_replace_each_other(self, on, monkeypatch):
        monkeypatch.setattr(cache, "SIZE", 4)
        for name in "abcdefg":
            on.put(name, name + VALUE)
        assert prefetch(*"abcd") == {}
        assert prefetch(*"efg") == {}
        assert [name for name in "abcdefg" if runtime.default_client.cached_value(name)] == [
            *"defg"
        ]

    def test_leases_of_an_evicted_secret_are_not_renewed(self, on, monkeypatch):
        monkeypatch.setattr(cache, "SIZE", 1)
        client = SecretsManagerClient()
        on.put("a", VALUE)
        on.put("b", OTHER)
        request = Request("a", None)
        assert client.get_secret("a") == VALUE
        value = client.cached_value("a")
        assert client.get_secret("b") == OTHER
        client._cache.lease(request, value, VALUE)
        assert "a" not in client._cache.leases


class TestPrefetch:
    def test_forty_by_two_calls(self, on):
        names = [f"secret-{i:02}" for i in range(40)]
        for name in names:
            on.put(name, name + VALUE)
        assert prefetch(*names) == {}
        assert [operation for operation, _ in on.calls] == ["BatchGetSecretValue"] * 2
        assert [get_secret(name) for name in names] == [name + VALUE for name in names]
        assert prefetch(names) == {}
        assert len(on.calls) == 2

    def test_errors_are_kept(self, on):
        on.put("there", VALUE)
        failed = prefetch(["there", "absent"], "absent-too")
        assert {name: type(error) for name, error in failed.items()} == dict.fromkeys(
            ["absent", "absent-too"], SecretNotFoundError
        )
        assert get_secret("absent", "default") == "default"
        assert len(on.calls) == 1

    def test_where_the_role_may_not_batch(self, on):
        on.no_batch = True
        for name in ("a", "b", "c"):
            on.put(name, name)
        assert prefetch("a", "b", "c") == {}
        assert sorted(
            names[0] for operation, names in on.calls if operation == "GetSecretValue"
        ) == ["a", "b", "c"]

    def test_outage(self, on):
        on.fault = "broken"
        failed = prefetch("a", "b")
        assert {name: type(error) for name, error in failed.items()} == dict.fromkeys(
            "ab", SecretUnavailableError
        )
        assert len(on.calls) == 1

    def test_what_the_answer_lacks_is_asked_for_alone(self, on):
        on.put("a", VALUE)
        on.put("b", OTHER)
        on.forgets = {"b"}
        assert prefetch("a", "b") == {}
        assert [operation for operation, _ in on.calls] == ["BatchGetSecretValue", "GetSecretValue"]
        assert get_secret("b") == OTHER

    def test_answers_nobody_asked_for(self, on):
        on.put("a", VALUE)
        on.put("b", VALUE)
        on.extra = {
            "SecretValues": [{"Name": "z", "SecretString": OTHER}],
            "Errors": [{"SecretId": "y", "ErrorCode": "X"}],
        }
        assert prefetch("a", "b") == {}

    def test_by_arn_and_prefix(self, on, monkeypatch):
        monkeypatch.setenv("AWS_SECRETS_PREFIX", "shop/")
        clear_secret_cache()
        on.put("shop/a", VALUE)
        on.put("shop/b", OTHER)
        assert prefetch("a", "b") == {}
        assert get_secret("b") == OTHER

    def test_one_alone_and_none(self, on, off):
        on.put("a", VALUE)
        assert prefetch("a") == {}
        assert prefetch() == {}
        assert [operation for operation, _ in on.calls] == ["GetSecretValue"]
        off.setenv("USE_AWS_SECRETS", "off")
        clear_secret_cache()
        assert prefetch("a") == {}


class TestAsync:
    def test_never_blocks_the_loop(self, on):
        on.put("awaited", VALUE)
        on.gate = threading.Event()

        async def main():
            reads = [asyncio.ensure_future(aget_secret("awaited")) for _ in range(200)]
            end, ticks = time.monotonic() + 20, 0
            while not on.count("awaited"):
                assert time.monotonic() < end
                await asyncio.sleep(0)
                ticks += 1
            on.gate.set()
            return ticks, set(await asyncio.gather(*reads)), await aget_secret("awaited")

        ticks, values, again = asyncio.run(main())
        assert ticks > 0
        assert (values, again) == ({VALUE}, VALUE)
        assert on.count("awaited") == 1

    def test_expression_default_and_errors(self, on):
        on.put("test-secret", VALUE)

        async def main():
            assert (
                await aget_secret("test-secret", lambda: os.environ["TEST_SECRET"] + "!")
                == VALUE + "!"
            )
            assert await aget_secret("absent", "default") == "default"
            with pytest.raises(SecretNotFoundError):
                await aget_secret("absent")

        asyncio.run(main())

    def test_deadline(self, on, monkeypatch):
        monkeypatch.setattr(entry, "DEADLINE", 0.2)
        on.gate = threading.Event()

        async def main():
            with pytest.raises(SecretUnavailableError, match="no answer in time"):
                await aget_secret("test-secret")

        asyncio.run(main())

    def test_an_answer_in_between(self, on):
        """The fetch completes between the lookup and the wait of the coroutine."""
        on.put("test-secret", VALUE)
        runtime.default_client._settings()

        async def main():
            lookup = runtime.default_client._cache.look_up("test-secret")
            landed()
            return await runtime.default_client._cache.wait_async(lookup)

        assert asyncio.run(main()).text == VALUE

    def test_a_loop_that_is_gone(self, on):
        on.put("test-secret", VALUE)
        on.gate = threading.Event()

        async def main():
            await asyncio.wait_for(aget_secret("test-secret"), 0.05)

        with pytest.raises(asyncio.TimeoutError):
            asyncio.run(main())
        on.gate.set()
        landed()
        assert get_secret("test-secret") == VALUE

    def test_a_loop_that_closes_just_now(self, on):
        on.put("test-secret", VALUE)
        on.gate = threading.Event()

        def wake():
            raise RuntimeError("Event loop is closed")

        runtime.default_client._settings()
        lookup = runtime.default_client._cache.look_up("test-secret")
        lookup.fetch.callbacks.append(wake)
        on.gate.set()
        assert get_secret("test-secret") == VALUE

    def test_off(self, off):
        off.setenv("TEST_SECRET", VALUE)
        assert asyncio.run(aget_secret("test-secret")) == VALUE
        assert asyncio.run(aget_secret("test-secret", lambda: 1)) == 1


def in_child(function):
    """What the function returns in a forked child, by way of a pipe."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, str(function()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
class TestFork:
    pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")

    def test_cached_values_cost_a_child_nothing(self, on):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        assert in_child(lambda: get_secret("test-secret")) == VALUE
        assert on.count() == 1

    def test_a_child_makes_connections_of_its_own(self, on):
        for name in ("warm", "a", "b"):
            on.put(name, name + VALUE)
        get_secret("warm")
        assert in_child(lambda: (get_secret("a"), stats()["SecretsManagerCalls"])) == str(
            ("a" + VALUE, 1)
        )
        assert get_secret("b") == "b" + VALUE

    def test_a_child_begins_with_new_locks_and_no_flights(self, on):
        on.put("test-secret", VALUE)
        get_secret("test-secret")
        lock = process.lock
        process.reset_in_child()
        assert process.lock is not lock
        assert runtime.default_client._connection is None
        assert get_secret("test-secret") == VALUE
        refresh_secret("test-secret")
        assert on.count() == 2

    def test_fork_during_a_call(self, on):
        on.put("test-secret", VALUE)
        on.gate = threading.Event()
        thread = threading.Thread(target=lambda: get_secret("test-secret"))
        thread.start()
        assert on.arrived.acquire(timeout=10)
        threading.Timer(0.2, on.gate.set).start()
        assert in_child(lambda: get_secret("test-secret")) == VALUE
        thread.join()


class TestMetrics:
    def test_a_missing_secret_is_an_error_for_who_needs_it(self, on):
        runtime.default_client.reset_process_state()
        assert get_secret("absent", lambda: None) is None
        assert asyncio.run(aget_secret("absent", None)) is None
        assert (stats()["SecretErrors"], runtime.default_client.last_error()) == (0, None)
        for ask in (lambda: get_secret("absent"), lambda: asyncio.run(aget_secret("absent"))):
            with pytest.raises(SecretNotFoundError):
                ask()
        assert stats()["SecretErrors"] == 2
        assert runtime.default_client.last_error()[0] == "SecretNotFoundError"
        on.fault = "denied"
        with pytest.raises(SecretAccessDeniedError):
            get_secret("another")
        assert stats()["SecretErrors"] == 3
        assert runtime.default_client.last_error()[0] == "SecretAccessDeniedError"

    def test_counts(self, on):
        on.put("test-secret", VALUE)
        runtime.default_client.reset_process_state()
        get_secret("test-secret")
        get_secret("test-secret")
        get_secret("absent", None)
        counts = stats()
        assert counts["SecretsManagerCalls"] == 2
        assert counts["SecretErrors"] == 0
        assert counts["CacheHits"] == 1
        assert counts["CacheMisses"] == 2
        assert counts["CacheHitRate"] == pytest.approx(1 / 3)
        assert 0 <= counts["SecretAgeSeconds"] < 60

    @pytest.mark.usefixtures("off")
    def test_none(self):
        counts = SecretsManagerClient().stats()
        assert set(counts.values()) == {0}

    def test_emf(self, on, off, monkeypatch, capfd):
        monkeypatch.setattr(metrics, "REPORT_EVERY", 0.01)
        off.setenv("AWS_SECRETS_METRICS", "emf:Shop/Secrets")
        client = SecretsManagerClient()
        on.put("test-secret", VALUE)
        out = []
        client.get_secret("test-secret")
        client.get_secret("absent", None)
        until(lambda: out.append(capfd.readouterr().out) or "CacheHitRate" in "".join(out))
        off.delenv("AWS_SECRETS_METRICS")
        client.clear_cache()
        line = json.loads("".join(out).splitlines()[0])
        assert line["SecretsManagerCalls"] in {1, 2}
        head = line["_aws"]["CloudWatchMetrics"][0]
        assert head["Namespace"] == "Shop/Secrets"
        assert {"Name": "CacheHitRate", "Unit": "Percent"} in head["Metrics"]
        assert {metric["Name"] for metric in head["Metrics"]} <= set(line)
        assert VALUE not in "".join(out)
        until(lambda: not client._reporter.thread.is_alive())

    def test_emf_without_output(self, monkeypatch):
        monkeypatch.setattr("sys.stdout", None)
        metrics._print_emf("Shop", {"CacheHitRate": 1.0})

    def test_cloudwatch_that_refuses(self, on, off, monkeypatch, caplog):
        monkeypatch.setattr(metrics, "REPORT_EVERY", 0.01)
        off.setenv("AWS_SECRETS_METRICS", "cloudwatch")
        client = SecretsManagerClient()
        on.put("test-secret", VALUE)
        client.get_secret("test-secret")
        until(lambda: "metrics can't be sent" in caplog.text, 20)
        off.delenv("AWS_SECRETS_METRICS")
        client.clear_cache()
        until(lambda: not client._reporter.thread.is_alive(), 20)


def test_logging_is_not_under_the_lock(on, clock):
    """A handler that reads a secret itself must not wait for anybody."""
    on.put("test-secret", VALUE)
    get_secret("test-secret")
    seen = []

    class Handler(logging.Handler):
        def emit(self, record):
            thread = threading.Thread(target=lambda: seen.append(get_secret("test-secret")))
            thread.start()
            thread.join(10)

    handler = Handler()
    logging.getLogger("shield_runtime").addHandler(handler)
    try:
        on.fault = "broken"
        clock.pass_(301)
        get_secret("test-secret")
        landed()
        until(lambda: seen)
    finally:
        logging.getLogger("shield_runtime").removeHandler(handler)
    assert seen == [VALUE]
