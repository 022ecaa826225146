"""get_secret() beside its peers, in one run: ratios within it count, its milliseconds do not.

    python bench/runtime/run.py [--rounds 3] [--only shield,lru_cache] [--json FILE]

Each library and each row runs in a process of its own against a server of its own, in random order. `make
bench-runtime` brings the peers; one that is not installed is left out. lru_cache never sees a rotation.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

import peers
import rows


def fresh(libraries, times):
    """What a fresh process takes beyond one that does nothing: for the import, for the first secret, and its memory."""
    server = peers.Server()
    codes = {("pass", "nothing"): "pass"}
    for name in libraries:
        codes |= {(name, "import"): peers.IMPORT[name], (name, "first secret"): peers.FIRST[name]}
    taken = {code: [] for code in codes}
    try:
        for number in range(times + 1):
            for code in random.sample(list(codes), len(codes)):
                start = time.perf_counter()
                process = subprocess.Popen([sys.executable, "-c", codes[code]])
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                assert not process.returncode
                if number:  # the first one compiles what is not
                    taken[code].append(
                        ((time.perf_counter() - start) * 1e3, usage.ru_maxrss / 1024)
                    )
    finally:
        server.stop()
    middle = {
        code: [statistics.median(column) for column in zip(*pairs, strict=True)]
        for code, pairs in taken.items()
    }
    zero = middle["pass", "nothing"]
    return {
        name: {
            "import ms": middle[name, "import"][0] - zero[0],
            "first secret ms": middle[name, "first secret"][0] - zero[0],
            "first secret MB": middle[name, "first secret"][1] - zero[1],
        }
        for name in libraries
    }


def worker(library, row):
    server = peers.Server()
    try:
        print(json.dumps(getattr(rows, row)(getattr(peers, library), server)))
    finally:
        server.stop()


def measure(libraries, times):
    """The rows of each library, one dictionary a round."""
    taken = {name: [{} for _ in range(times)] for name in libraries}
    for number in range(times):
        jobs = [(name, row.__name__) for name in libraries for row in rows.ROWS]
        for name, row in random.sample(jobs, len(jobs)):
            out = subprocess.check_output(
                [sys.executable, __file__, "--worker", f"{name},{row}"], text=True
            )
            taken[name][number][row] = json.loads(out)
    return {
        name: [{k: v for row in rows.ROWS for k, v in one[row.__name__].items()} for one in each]
        for name, each in taken.items()
    }


def middle(cells):
    numbers = not isinstance(cells[0], str)
    return f"{statistics.median(cells):.4g}" if numbers else " / ".join(dict.fromkeys(cells))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(peers.PACKAGES))
    parser.add_argument("--json")
    args = parser.parse_args()
    if args.worker:
        return worker(*args.worker.split(","))
    libraries = [
        name for name in args.only.split(",") if importlib.util.find_spec(peers.PACKAGES[name])
    ]
    rounds = measure(libraries, args.rounds)
    for name, taken in fresh(libraries, 5 * args.rounds).items():
        rounds[name] = [taken | row for row in rounds[name]]
    version, load = platform.python_version(), os.getloadavg()[0]
    print(
        f"Python {version}, {os.cpu_count()} processors, load {load:.1f}, median of {args.rounds}"
    )
    print(f"{'':20}" + "".join(f"{name:>22}" for name in libraries))
    for column in rounds[libraries[0]][0]:
        cells = [middle([row[column] for row in rounds[name]]) for name in libraries]
        print(f"{column:20}" + "".join(f"{cell:>22}" for cell in cells))
    if args.json:
        Path(args.json).write_text(json.dumps(rounds, indent=1))
    return None


if __name__ == "__main__":
    main()
