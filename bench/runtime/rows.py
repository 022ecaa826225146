"""What is measured of a library: each function gives one or more rows of the table."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import statistics
import threading
import time
from pathlib import Path

from peers import NAMES, floor

MISSING = 100_000


def nanoseconds(get, times):
    start = time.perf_counter_ns()
    for name in itertools.repeat(NAMES[0], times):
        get(name)
    return (time.perf_counter_ns() - start) / times


def together(get, times, size=8):
    threads = [threading.Thread(target=nanoseconds, args=(get, times)) for _ in range(size)]
    start = time.perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter_ns() - start) / times / size


def hit(make, _server):
    """A cached read, one thread and eight; the floor is measured in turn with it, in the same process."""
    get, _ = make(300)
    get(NAMES[0]), floor(NAMES[0])
    times = max(2000, int(4e7 / nanoseconds(get, 200)))
    alone = [(nanoseconds(get, times), nanoseconds(floor, 200_000)) for _ in range(7)]
    eight = [(together(get, times // 8), together(floor, 25_000)) for _ in range(7)]
    return {
        "hit ns": statistics.median(pair[0] for pair in alone),
        "x floor": statistics.median(a / b for a, b in alone),
        "8 threads ns": statistics.median(pair[0] for pair in eight),
        "8 threads x floor": statistics.median(a / b for a, b in eight),
    }


def crowd(get, size=64):
    """Milliseconds that the second slowest of many threads waits, all of which ask at once."""
    barrier, waits = threading.Barrier(size + 1), []

    def run():
        barrier.wait()
        waits.append(attempt(get, NAMES[0])[1])

    threads = [threading.Thread(target=run) for _ in range(size)]
    for thread in threads:
        thread.start()
    barrier.wait()
    for thread in threads:
        thread.join()
    return sorted(waits)[-2]


def attempt(get, name):
    start = time.perf_counter()
    try:
        get(name)
        what = "stale"
    except Exception as error:  # noqa: BLE001 - peers raise all kinds
        what = type(error).__name__
    return what, (time.perf_counter() - start) * 1e3


def herd(make, server):
    server.tell("delay 0.02")
    get, _ = make(1)
    server.tell("reset")
    crowd(get)
    calls = server.tell("count")
    time.sleep(2.2)
    row = {"herd cold calls": calls, "herd expired ms": crowd(get)}
    time.sleep(0.5)
    return row


def batch(make, server):
    make(300)[0](NAMES[0])  # the client is there, as it is in an app
    server.tell("delay 0.02")
    _, prefetch = make(300)
    server.tell("reset")
    start = time.perf_counter()
    prefetch(*NAMES)
    return {
        "40 secrets ms": (time.perf_counter() - start) * 1e3,
        "40 secrets calls": server.tell("count"),
    }


def outage(make, server):
    get, _ = make(1)
    get(NAMES[0])
    time.sleep(2.2)
    server.tell("fault broken")
    what, took = attempt(get, NAMES[0])
    return {"outage": what, "outage ms": took}


def slow(make, server):
    """How many of the reads of 16 threads wait when AWS takes a second over the answer, just when the value expires."""
    get, _ = make(1)
    get(NAMES[0])
    time.sleep(2.2)
    server.tell("delay 1")
    waits, end = [], time.monotonic() + 3

    def run():
        while time.monotonic() < end:
            waits.append(attempt(get, NAMES[0])[1])
            time.sleep(0.05)

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.tell("delay 0")
    time.sleep(1.5)
    return {"slow server: waited": sum(wait > 100 for wait in waits), "of reads": len(waits)}


def in_child(function, seconds=5):
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            function()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - peers raise all kinds
            os._exit(3)
    return pid


def ended(pid):
    _, status = os.waitpid(pid, 0)
    return "hangs" if os.WIFSIGNALED(status) else "error" if status else "ok"


def fork(make, server):
    """A fork while another thread fetches; then eight children of a warm parent that read 30 secrets each."""
    get, _ = make(300)
    get(NAMES[0])
    server.tell("delay 1")
    thread = threading.Thread(target=get, args=(NAMES[1],))
    thread.start()
    time.sleep(0.3)
    during = ended(in_child(lambda: get(NAMES[1])))
    thread.join()
    server.tell("delay 0")

    def read():
        assert all(get(name) == f"value-of-{name}" for name in NAMES[:30])

    children = [ended(pid) for pid in [in_child(read, 60) for _ in range(8)]]
    server.tell("reset")
    for pid in [in_child(lambda: get(NAMES[0])) for _ in range(4)]:
        ended(pid)
    return {
        "fork in a fetch": during,
        "fork: wrong of 8": 8 - children.count("ok"),
        "fork: warm calls": server.tell("count"),
    }


def resident():
    """Bytes of memory that this process holds."""
    status = Path("/proc/self/status").read_text()
    return (
        next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        * 1024
    )


def missing(make, server):
    """What a secret that does not exist leaves behind a call: 100,000 calls, or as many as 12 seconds take."""
    server.tell("fault missing")
    get, _ = make(300)
    for _ in range(500):
        attempt(get, "missing")
    gc.collect()
    server.tell("reset")
    before, calls, end = resident(), 0, time.monotonic() + 12
    while calls < MISSING and time.monotonic() < end:
        for _ in range(100):
            attempt(get, "missing")
        calls += 100
    gc.collect()
    return {
        "failing: calls": calls,
        "failing: bytes": (resident() - before) / calls,
        "failing: to AWS": server.tell("count"),
    }


ROWS = (hit, herd, batch, outage, slow, fork, missing)
