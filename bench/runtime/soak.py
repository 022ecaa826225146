"""64 threads read 200 secrets for two minutes from a server that fails, slows down and rotates at random.

    python bench/runtime/soak.py [--seconds 120] [--seed 1]

Ends with 1 when a value was wrong or went back in time, a call was made that was not needed, a thread hung, or the
process grew.
"""

from __future__ import annotations

import argparse
import collections
import gc
import logging
import os
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))

from runtime_server import Handler, Server

from shield_ai import runtime

THREADS, NAMES, TTL = 64, [f"soak-{i:03}" for i in range(200)], 2.0
FAULTS = [
    None,
    None,
    None,
    "broken",
    "throttled",
    "denied",
    "garbage",
    "empty",
    "cut",
    "missing",
    "delay",
]


class Counting(Handler):
    """Knows how many calls for one secret were under way at once."""

    flying = collections.Counter()  # noqa: RUF012 - one for all, as there is one server
    most = 0

    def secret(self, name, stage):
        with self.server.lock:
            Counting.flying[name] += 1
            Counting.most = max(Counting.most, Counting.flying[name])
        if self.server.lag:
            time.sleep(random.random() * self.server.lag)
        try:
            return super().secret(name, stage)
        finally:
            with self.server.lock:
                Counting.flying[name] -= 1


class Readers:
    def __init__(self, seed):
        self.reads = self.errors = 0
        self.wrong, self.slowest, self.stop, self.seed = [], 0.0, threading.Event(), seed

    def run(self, number):
        rng, seen, reads, errors, slowest = random.Random(self.seed + number), {}, 0, 0, 0.0
        while not self.stop.is_set():
            name = NAMES[min(int(rng.expovariate(1 / 40)), len(NAMES) - 1)]
            start = time.monotonic()
            try:
                value = self.read(rng, name)
            except runtime.SecretError:
                errors += 1
            else:
                owner, _, version = value.partition(":")
                if owner != name or int(version) < seen.get(name, 0):
                    self.wrong.append((name, value, seen.get(name)))
                seen[name] = int(version)
            slowest = max(slowest, time.monotonic() - start)
            reads += 1
            time.sleep(0.001)
        self.reads, self.errors, self.slowest = (
            self.reads + reads,
            self.errors + errors,
            max(self.slowest, slowest),
        )

    @staticmethod
    def read(rng, name):
        if rng.random() < 0.02:
            return runtime.get_secret(name, lambda: os.environ["SOAK"], env="SOAK")
        return runtime.get_secret(name)


def resident():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def disturb(server, rng, versions):
    for name in rng.sample(NAMES, 20):
        versions[name] += 1
        server.put(name, f"{name}:{versions[name]}")
    fault = rng.choice(FAULTS)
    server.lag = 0.3 if fault == "delay" else 0.0
    server.fault = None if fault == "delay" else fault
    with server.lock:
        server.calls.clear()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    # else each of thousands of threads may keep some memory
    if "MALLOC_ARENA_MAX" not in os.environ:
        os.execve(
            sys.executable, [sys.executable, *sys.argv], {**os.environ, "MALLOC_ARENA_MAX": "1"}
        )
    server = Server()
    server.RequestHandlerClass, server.lag = Counting, 0.0
    os.environ.update(USE_AWS_SECRETS="true", DJANGO_ENV="production", AWS_SECRETS_TTL=str(TTL))
    os.environ.update(
        AWS_ENDPOINT_URL=server.url, AWS_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true"
    )
    os.environ.update(AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing")
    logging.getLogger("shield_ai").addHandler(logging.NullHandler())
    runtime.SECRET_CACHE_SIZE = 256
    rng, versions, readers = random.Random(args.seed), dict.fromkeys(NAMES, 1), Readers(args.seed)
    for name in NAMES:
        server.put(name, f"{name}:1")
    runtime.prefetch(*NAMES)
    threads = [threading.Thread(target=readers.run, args=(i,)) for i in range(THREADS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    early = None
    while time.monotonic() - start < args.seconds:
        disturb(server, rng, versions)
        time.sleep(rng.uniform(0.2, 1.5))
        if early is None and time.monotonic() - start > args.seconds / 2:
            gc.collect()
            early = resident()
    server.fault, server.lag = None, 0.0
    readers.stop.set()
    for thread in threads:
        thread.join(40)
    return judge(readers, threads, time.monotonic() - start, early)


def judge(readers, threads, seconds, early):
    gc.collect()
    counts, hung = runtime.stats(), sum(thread.is_alive() for thread in threads)
    needed = len(NAMES) * (seconds / (0.9 * TTL) + 1) + counts["SecretErrors"]
    grown = resident() - (early or resident())
    calls = counts["SecretsManagerCalls"]
    print(
        f"{seconds:.0f} s, {readers.reads} reads, {readers.errors} errors raised, slowest {readers.slowest:.2f} s"
    )
    print(
        f"{calls:.0f} calls, at most {needed:.0f} needed, most at once for one secret: {Counting.most}"
    )
    print(
        f"wrong {len(readers.wrong)}, hung {hung}, grown {grown:.1f} MB, {threading.active_count()} threads left"
    )
    bad = readers.wrong or hung or calls > needed or Counting.most > 1 or grown > 8
    print("failed" if bad else "passed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
