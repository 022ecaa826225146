"""Stress test of the runtime: 64 threads read 200 secrets while the server misbehaves.

    python bench/runtime/soak.py [--seconds 120] [--seed 1]

The server fails, slows down and rotates secrets at random. Exits with 1 if a value was wrong or
older than one read before, if there were unnecessary calls, if a thread hung, or if the memory of
the process grew.
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

import shield_runtime
from shield_runtime import cache

THREADS = 64
NAMES = [f"soak-{i:03}" for i in range(200)]
TTL = 2.0
NO_FAULT = None
FAULTS = [
    *(NO_FAULT, NO_FAULT, NO_FAULT),
    *("broken", "throttled", "denied", "garbage", "empty", "cut", "missing", "delay"),
]
MAX_GROWTH = 8  # MB


class CountingHandler(Handler):
    """Count the concurrent calls for each secret."""

    concurrent = collections.Counter()  # noqa: RUF012  # shared by all requests
    maximum = 0

    def secret(self, name, stage):
        with self.server.lock:
            self.concurrent[name] += 1
            CountingHandler.maximum = max(self.maximum, self.concurrent[name])
        if self.server.lag:
            time.sleep(random.random() * self.server.lag)
        try:
            return super().secret(name, stage)
        finally:
            with self.server.lock:
                self.concurrent[name] -= 1


class Readers:
    """The threads that read secrets, and what they found."""

    def __init__(self, seed):
        self.seed = seed
        self.stop = threading.Event()
        self.reads = 0
        self.errors = 0
        self.slowest = 0.0
        self.wrong = []

    def run(self, number):
        rng = random.Random(self.seed + number)
        seen = {}
        reads = 0
        errors = 0
        slowest = 0.0
        while not self.stop.is_set():
            name = NAMES[min(int(rng.expovariate(1 / 40)), len(NAMES) - 1)]
            start = time.monotonic()
            try:
                value = self.read(rng, name)
            except shield_runtime.SecretError:
                errors += 1
            else:
                self.check(name, value, seen)
            slowest = max(slowest, time.monotonic() - start)
            reads += 1
            time.sleep(0.001)
        self.reads += reads
        self.errors += errors
        self.slowest = max(self.slowest, slowest)

    @staticmethod
    def read(rng, name):
        if rng.random() < 0.02:
            return shield_runtime.get_secret(name, lambda: os.environ["SOAK"], env="SOAK")
        return shield_runtime.get_secret(name)

    def check(self, name, value, seen):
        owner, _, version = value.partition(":")
        if owner != name or int(version) < seen.get(name, 0):
            self.wrong.append((name, value, seen.get(name)))
        seen[name] = int(version)


def resident_megabytes():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def disturb(server, rng, versions):
    """Rotate some secrets and choose a fault."""
    for name in rng.sample(NAMES, 20):
        versions[name] += 1
        server.put(name, f"{name}:{versions[name]}")
    fault = rng.choice(FAULTS)
    server.lag = 0.3 if fault == "delay" else 0.0
    server.fault = None if fault == "delay" else fault
    with server.lock:
        server.calls.clear()


def start_server():
    server = Server()
    server.RequestHandlerClass = CountingHandler
    server.lag = 0.0
    os.environ.update(
        USE_AWS_SECRETS="true",
        DJANGO_ENV="production",
        AWS_SECRETS_TTL=str(TTL),
        AWS_ENDPOINT_URL=server.url,
        AWS_REGION="us-east-1",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
    )
    for name in NAMES:
        server.put(name, f"{name}:1")
    return server


def run(seconds, seed):
    server = start_server()
    logging.getLogger("shield_runtime").addHandler(logging.NullHandler())
    cache.SIZE = 256
    shield_runtime.prefetch(*NAMES)
    readers = Readers(seed)
    threads = [threading.Thread(target=readers.run, args=(i,)) for i in range(THREADS)]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    rng = random.Random(seed)
    versions = dict.fromkeys(NAMES, 1)
    early = None
    while time.monotonic() - start < seconds:
        disturb(server, rng, versions)
        time.sleep(rng.uniform(0.2, 1.5))
        if early is None and time.monotonic() - start > seconds / 2:
            gc.collect()
            early = resident_megabytes()
    server.fault = None
    server.lag = 0.0
    readers.stop.set()
    for thread in threads:
        thread.join(40)
    hung = sum(thread.is_alive() for thread in threads)
    return has_failed(readers, hung, time.monotonic() - start, early)


def has_failed(readers, hung, seconds, early):
    gc.collect()
    stats = shield_runtime.stats()
    needed = len(NAMES) * (seconds / (0.9 * TTL) + 1) + stats["SecretErrors"]
    calls = stats["SecretsManagerCalls"]
    growth = resident_megabytes() - (early or resident_megabytes())
    reads = f"{readers.reads} reads, {readers.errors} errors, slowest {readers.slowest:.2f} s"
    print(f"{seconds:.0f} s, {reads}")
    concurrent = CountingHandler.maximum
    print(f"{calls:.0f} calls, {needed:.0f} allowed, {concurrent} concurrent for one secret")
    left = threading.active_count()
    print(f"{len(readers.wrong)} wrong, {hung} hung, {growth:.1f} MB growth, {left} threads left")
    failed = readers.wrong or hung or calls > needed or concurrent > 1 or growth > MAX_GROWTH
    print("failed" if failed else "passed")
    return bool(failed)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    # With one arena, the allocator does not keep memory for each of the threads.
    if "MALLOC_ARENA_MAX" not in os.environ:
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)
    return run(args.seconds, args.seed)


if __name__ == "__main__":
    sys.exit(main())
