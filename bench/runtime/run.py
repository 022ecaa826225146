"""get_secret() beside its peers, in one run: ratios within it count, its milliseconds do not.

    python bench/runtime/run.py [--rounds 3] [--only shield,lru_cache] [--json FILE]

Each library runs in a process of its own against a server of its own, in random order. `make bench-runtime` brings the
peers; one that is not installed is left out. lru_cache never sees a rotation.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import itertools
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent
NAMES = [f"name-{i:02}" for i in range(40)]
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_MAX_ATTEMPTS": "2",
    "DJANGO_ENV": "production",
    "USE_AWS_SECRETS": "true",
    "AWS_SECRETS_TTL": "1",
    "POWERTOOLS_DEV": "false",
    "PYTHONDONTWRITEBYTECODE": "",
}
FIRST = {
    "shield": "from shield_ai.runtime import get_secret; get_secret('name-00')",
    "lru_cache": "import boto3; boto3.client('secretsmanager').get_secret_value(SecretId='name-00')",
    "caching": "from aws_secretsmanager_caching import SecretCache; SecretCache().get_secret_string('name-00')",
    "powertools": "from aws_lambda_powertools.utilities import parameters as p; p.get_secret('name-00')",
}
PACKAGES = {
    "shield": "shield_ai",
    "lru_cache": "boto3",
    "caching": "aws_secretsmanager_caching",
    "powertools": "aws_lambda_powertools",
}


class Server:
    def __init__(self):
        command = [sys.executable, str(HERE / "server.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        os.environ.update(ENVIRONMENT, AWS_ENDPOINT_URL=self.process.stdout.readline().strip())
        for name in NAMES:
            self.tell(f"put {name} value-of-{name}")

    def tell(self, line):
        print(line, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline().split()[0])

    def stop(self):
        self.process.kill()
        self.process.communicate()


def shield(ttl):
    os.environ["AWS_SECRETS_TTL"] = str(ttl)
    from shield_ai import runtime

    runtime.clear_secret_cache()
    return runtime.get_secret, runtime.prefetch


def lru_cache(_ttl):
    import functools

    import boto3

    client = boto3.client("secretsmanager")
    get = functools.lru_cache(128)(lambda name: client.get_secret_value(SecretId=name)["SecretString"])
    return get, lambda *names: [get(name) for name in names]


def caching(ttl):
    import boto3
    from aws_secretsmanager_caching import SecretCache, SecretCacheConfig

    config = SecretCacheConfig(secret_refresh_interval=max(ttl, 2))
    get = SecretCache(config=config, client=boto3.client("secretsmanager")).get_secret_string
    return get, lambda *names: [get(name) for name in names]


def powertools(ttl):
    import boto3
    from aws_lambda_powertools.utilities import parameters

    provider = parameters.SecretsProvider(boto3_client=boto3.client("secretsmanager"))
    return lambda name: provider.get(name, max_age=ttl), lambda *names: [provider.get(name) for name in names]


cache: dict = {}


def floor(name, ttl=300.0):
    entry = cache.get(name)
    if entry is not None and monotonic() < entry[0]:
        return entry[1]
    cache[name] = (monotonic() + ttl, name)
    return name


def nanoseconds(get, times):
    start = time.perf_counter_ns()
    for name in itertools.repeat(NAMES[0], times):
        get(name)
    return (time.perf_counter_ns() - start) / times


def herd(get, size=64):
    barrier, waits = threading.Barrier(size + 1), []

    def run():
        barrier.wait()
        start = time.perf_counter()
        try:
            get(NAMES[0])
        except Exception:  # noqa: BLE001 - peers raise all kinds
            waits.append(float("nan"))
        waits.append((time.perf_counter() - start) * 1e3)

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


def eight(get, times):
    threads = [threading.Thread(target=nanoseconds, args=(get, times)) for _ in range(8)]
    start = time.perf_counter_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter_ns() - start) / times / 8


def missing(get):
    def ask():
        for _ in range(200):
            attempt(get, "missing")

    ask()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    ask()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return grown / 200


def work(library, server):
    make, row = globals()[library], {}
    get, prefetch = make(300)
    get(NAMES[0]), floor(NAMES[0])
    times = max(2000, int(4e7 / nanoseconds(get, 200)))
    pairs = [(nanoseconds(get, times), nanoseconds(floor, 200_000)) for _ in range(7)]
    row["hit ns"] = statistics.median(pair[0] for pair in pairs)
    row["x floor"] = statistics.median(a / b for a, b in pairs)
    row["8 threads x 1"] = eight(get, times // 8) / row["hit ns"]
    server.tell("delay 0.02")
    get, prefetch = make(1)
    server.tell("reset")
    herd(get)
    row["herd cold calls"] = server.tell("count")
    time.sleep(2.2)
    row["herd expired ms"] = herd(get)
    time.sleep(0.5)
    get, prefetch = make(300)
    server.tell("reset")
    start = time.perf_counter()
    prefetch(*NAMES)
    row["40 secrets ms"] = (time.perf_counter() - start) * 1e3
    row["40 secrets calls"] = server.tell("count")
    server.tell("delay 0")
    get, prefetch = make(1)
    get(NAMES[0])
    time.sleep(2.2)
    server.tell("fault broken")
    row["outage"], row["outage ms"] = attempt(get, NAMES[0])
    server.tell("fault missing")
    get, prefetch = make(300)
    row["missing bytes"] = missing(get)
    return row


def first(libraries, times):
    """Milliseconds of a fresh process until it has had its first secret and ended, beyond one that does nothing."""
    server, codes = Server(), {"pass": "pass", **{name: FIRST[name] for name in libraries}}
    spent = {name: [] for name in codes}
    try:
        for number in range(times + 1):
            for name in random.sample(list(codes), len(codes)):
                start = time.perf_counter()
                subprocess.run([sys.executable, "-c", codes[name]], check=True)
                if number:  # the first one compiles what is not
                    spent[name].append((time.perf_counter() - start) * 1e3)
    finally:
        server.stop()
    nothing = statistics.median(spent.pop("pass"))
    return {name: statistics.median(taken) - nothing for name, taken in spent.items()}


def worker(library):
    server = Server()
    try:
        print(json.dumps(work(library, server)))
    finally:
        server.stop()


def middle(rows):
    numbers = not isinstance(rows[0], str)
    return f"{statistics.median(rows):.4g}" if numbers else " / ".join(dict.fromkeys(rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(PACKAGES))
    parser.add_argument("--json")
    args = parser.parse_args()
    if args.worker:
        return worker(args.worker)
    libraries = [name for name in args.only.split(",") if importlib.util.find_spec(PACKAGES[name])]
    rounds = {name: [] for name in libraries}
    for _ in range(args.rounds):
        for name in random.sample(libraries, len(libraries)):
            out = subprocess.check_output([sys.executable, __file__, "--worker", name], text=True)
            rounds[name].append(json.loads(out))
    for name, taken in first(libraries, 5 * args.rounds).items():
        rounds[name] = [{"first secret ms": taken, **row} for row in rounds[name]]
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, median of {args.rounds}")
    columns = list(rounds[libraries[0]][0])
    print(f"{'':20}" + "".join(f"{name:>22}" for name in libraries))
    for column in columns:
        cells = [middle([row[column] for row in rounds[name]]) for name in libraries]
        print(f"{column:20}" + "".join(f"{cell:>22}" for cell in cells))
    if args.json:
        Path(args.json).write_text(json.dumps(rounds, indent=1))
    return None


if __name__ == "__main__":
    main()
