"""Compare get_secret() with other libraries.

    python bench/runtime/run.py [--rounds 3] [--only shield,lru_cache] [--json FILE]

Each measurement of each library runs in a separate process with a separate server, in random order.
Compare the ratios within one run, not the milliseconds of several runs. `make bench-runtime`
installs the other libraries; libraries that are not installed are skipped. lru_cache never sees a
rotation.
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

DO_NOTHING = "pass"


def measure_fresh_processes(libraries, times):
    """Measure the import, the first secret and its memory, compared to an empty process."""
    programs = {"nothing": DO_NOTHING}
    for name in libraries:
        programs[f"import {name}"] = peers.IMPORT[name]
        programs[f"first {name}"] = peers.FIRST[name]
    measured = {label: [] for label in programs}
    server = peers.Server()
    try:
        for number in range(times + 1):
            for label in random.sample(list(programs), len(programs)):
                figures = run_program(programs[label])
                if number:  # the first run compiles bytecode
                    measured[label].append(figures)
    finally:
        server.stop()
    medians = {}
    for label, figures in measured.items():
        milliseconds, megabytes = zip(*figures, strict=True)
        medians[label] = (statistics.median(milliseconds), statistics.median(megabytes))
    base_milliseconds, base_megabytes = medians["nothing"]
    return {
        name: {
            "import ms": medians[f"import {name}"][0] - base_milliseconds,
            "first secret ms": medians[f"first {name}"][0] - base_milliseconds,
            "first secret MB": medians[f"first {name}"][1] - base_megabytes,
        }
        for name in libraries
    }


def run_program(program):
    """Return the milliseconds and the megabytes of a Python program."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", program])
    _, status, usage = os.wait4(process.pid, 0)
    milliseconds = (time.perf_counter() - start) * 1e3
    process.returncode = os.waitstatus_to_exitcode(status)
    assert not process.returncode
    return milliseconds, usage.ru_maxrss / 1024


def print_measurement(library, row):
    """Run one measurement; used in a separate process."""
    server = peers.Server()
    try:
        print(json.dumps(getattr(rows, row)(getattr(peers, library), server)))
    finally:
        server.stop()


def measure_round(libraries):
    """Run all measurements once; return the rows of each library."""
    jobs = [(name, row.__name__) for name in libraries for row in rows.ROWS]
    results = {}
    for name, row in random.sample(jobs, len(jobs)):
        command = [sys.executable, __file__, "--worker", f"{name},{row}"]
        results[name, row] = json.loads(subprocess.check_output(command, text=True))
    merged = {name: {} for name in libraries}
    for name in libraries:
        for row in rows.ROWS:
            merged[name].update(results[name, row.__name__])
    return merged


def summarize(cells):
    """Return the median of numbers, or the different texts."""
    if isinstance(cells[0], str):
        return " / ".join(dict.fromkeys(cells))
    return f"{statistics.median(cells):.4g}"


def print_table(libraries, rounds):
    print(f"{'':20}" + "".join(f"{name:>22}" for name in libraries))
    for column in rounds[0][libraries[0]]:
        cells = [summarize([results[name][column] for results in rounds]) for name in libraries]
        print(f"{column:20}" + "".join(f"{cell:>22}" for cell in cells))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(peers.PACKAGES))
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if args.worker:
        print_measurement(*args.worker.split(","))
        return
    libraries = []
    for name in args.only.split(","):
        if importlib.util.find_spec(peers.PACKAGES[name]):
            libraries.append(name)
    rounds = [measure_round(libraries) for _ in range(args.rounds)]
    fresh = measure_fresh_processes(libraries, 5 * args.rounds)
    for results in rounds:
        for name in libraries:
            results[name] = fresh[name] | results[name]
    version = platform.python_version()
    load = os.getloadavg()[0]
    print(
        f"Python {version}, {os.cpu_count()} processors, load {load:.1f}, median of {args.rounds}"
    )
    print_table(libraries, rounds)
    if args.json:
        args.json.write_text(json.dumps(rounds, indent=1))


if __name__ == "__main__":
    main()
