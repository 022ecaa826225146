from __future__ import annotations

import threading
import time

import pytest

from shield_ai.aws.live.parallel import RateLimiter, parallel_map
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError


@pytest.fixture
def session(no_real_aws):
    return Session("us-east-1")


def test_results_are_in_order_and_progress_is_reported(no_real_aws):
    progress = []
    session = Session("us-east-1", on_progress=lambda *words: progress.append(words))
    assert parallel_map(lambda n: n * n, range(30), session, "things") == [n * n for n in range(30)]
    assert progress == [("things", n, 30) for n in range(1, 31)]
    assert parallel_map(str, [], session, "things") == []


def test_calls_run_in_parallel(session):
    barrier = threading.Barrier(4, timeout=30)
    parallel_map(lambda _: barrier.wait(), range(4), session, "things")


def test_pending_calls_are_canceled_after_an_error(session):
    begun = []

    def call(n):
        begun.append(n)
        if n == 0:
            raise AwsError("denied")
        time.sleep(0)

    with pytest.raises(AwsError, match="denied"):
        parallel_map(call, range(10_000), session, "things")
    assert len(begun) < 10_000


def test_rate_limit():
    pace = RateLimiter(100)
    start = time.monotonic()
    for _ in range(120):  # a burst of 100, then one every 10 ms
        pace.wait()
    assert time.monotonic() - start >= 0.19
