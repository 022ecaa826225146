"""The measurements: each function takes a library and the server, and returns rows of the table."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import statistics
import threading
import time
from pathlib import Path

from peers import NAMES, baseline

MISSING_READS = 100_000
EXPIRED = 2.2  # seconds after which a value with a TTL of 1 s has expired in every library


def nanoseconds(get, times):
    """Measure a read in nanoseconds."""
    start = time.perf_counter_ns()
    for name in itertools.repeat(NAMES[0], times):
        get(name)
    return (time.perf_counter_ns() - start) / times


def nanoseconds_in_threads(get, times, size=8):
    start = time.perf_counter_ns()
    run_in_threads(lambda: nanoseconds(get, times), size)
    return (time.perf_counter_ns() - start) / times / size


def run_in_threads(function, size):
    threads = [threading.Thread(target=function) for _ in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def hit(make, _server):
    """Measure a cached read in one thread and in eight, alternating with the baseline."""
    get, _ = make(300)
    get(NAMES[0])
    baseline(NAMES[0])
    times = max(2000, int(4e7 / nanoseconds(get, 200)))
    single = [(nanoseconds(get, times), nanoseconds(baseline, 200_000)) for _ in range(7)]
    eight = []
    for _ in range(7):
        measured = nanoseconds_in_threads(get, times // 8)
        eight.append((measured, nanoseconds_in_threads(baseline, 25_000)))
    return {
        "hit ns": statistics.median(pair[0] for pair in single),
        "x baseline": statistics.median(a / b for a, b in single),
        "8 threads ns": statistics.median(pair[0] for pair in eight),
        "8 threads x baseline": statistics.median(a / b for a, b in eight),
    }


def second_longest_wait(get, size=64):
    """Let many threads read at once; return the second longest wait in milliseconds."""
    barrier = threading.Barrier(size)
    waits = []

    def read():
        barrier.wait()
        waits.append(attempt(get, NAMES[0])[1])

    run_in_threads(read, size)
    return sorted(waits)[-2]


def attempt(get, name):
    """Read a secret; return "stale" or the type of the error, and the milliseconds."""
    start = time.perf_counter()
    try:
        get(name)
        result = "stale"
    except Exception as error:  # noqa: BLE001  # each library raises different exceptions
        result = type(error).__name__
    return result, (time.perf_counter() - start) * 1e3


def herd(make, server):
    """Let 64 threads read a secret that is not in the cache, and again when it has expired."""
    server.send("delay 0.02")
    get, _ = make(1)
    server.send("reset")
    second_longest_wait(get)
    calls = server.send("count")
    time.sleep(EXPIRED)
    row = {"herd cold calls": calls, "herd expired ms": second_longest_wait(get)}
    time.sleep(0.5)
    return row


def batch(make, server):
    """Read 40 secrets at once."""
    make(300)[0](NAMES[0])  # creates the client, as in a running app
    server.send("delay 0.02")
    _, get_many = make(300)
    server.send("reset")
    start = time.perf_counter()
    get_many(*NAMES)
    return {
        "40 secrets ms": (time.perf_counter() - start) * 1e3,
        "40 secrets calls": server.send("count"),
    }


def outage(make, server):
    """Read an expired value while the server returns errors."""
    get, _ = make(1)
    get(NAMES[0])
    time.sleep(EXPIRED)
    server.send("fault broken")
    result, milliseconds = attempt(get, NAMES[0])
    return {"outage": result, "outage ms": milliseconds}


def slow(make, server):
    """Count the reads of 16 threads that wait while the server needs a second to answer."""
    get, _ = make(1)
    get(NAMES[0])
    time.sleep(EXPIRED)
    server.send("delay 1")
    waits = []
    end = time.monotonic() + 3

    def read():
        while time.monotonic() < end:
            waits.append(attempt(get, NAMES[0])[1])
            time.sleep(0.05)

    run_in_threads(read, 16)
    server.send("delay 0")
    time.sleep(1.5)
    return {"slow server: waited": sum(wait > 100 for wait in waits), "of reads": len(waits)}


def fork(make, server):
    """Fork while another thread reads; then fork eight children that read 30 secrets each."""
    get, _ = make(300)
    get(NAMES[0])
    server.send("delay 1")
    thread = threading.Thread(target=get, args=(NAMES[1],))
    thread.start()
    time.sleep(0.3)
    during = exit_status(in_child(lambda: get(NAMES[1])))
    thread.join()
    server.send("delay 0")

    def read():
        assert all(get(name) == f"value-of-{name}" for name in NAMES[:30])

    children = [in_child(read, 60) for _ in range(8)]
    statuses = [exit_status(child) for child in children]
    server.send("reset")
    for child in [in_child(lambda: get(NAMES[0])) for _ in range(4)]:
        exit_status(child)
    return {
        "fork during a read": during,
        "fork: failed of 8": 8 - statuses.count("ok"),
        "fork: warm calls": server.send("count"),
    }


def in_child(function, seconds=5):
    """Run a function in a forked process and return its ID."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            function()
            os._exit(0)
        except BaseException:  # noqa: BLE001  # each library raises different exceptions
            os._exit(3)
    return pid


def exit_status(pid):
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return "hangs"
    return "error" if status else "ok"


def missing(make, server):
    """Measure the memory per failed read of a missing secret, for at most 12 seconds."""
    server.send("fault missing")
    get, _ = make(300)
    for _ in range(500):
        attempt(get, "missing")
    gc.collect()
    server.send("reset")
    before = resident_bytes()
    calls = 0
    end = time.monotonic() + 12
    while calls < MISSING_READS and time.monotonic() < end:
        for _ in range(100):
            attempt(get, "missing")
        calls += 100
    gc.collect()
    return {
        "failing: calls": calls,
        "failing: bytes": (resident_bytes() - before) / calls,
        "failing: to AWS": server.send("count"),
    }


def resident_bytes():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    raise AssertionError


ROWS = (hit, herd, batch, outage, slow, fork, missing)
