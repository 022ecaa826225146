"""Measure how the time of a fleet scan grows with the number of repositories.

    python bench/fleet.py [--sizes 10,20,40] [--engine ray]

The time per repository must not grow. Each repository is a different copy of the sample shop. The
second scan of each size finds all repositories unchanged.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from shield_ai.flow.fleet import scan_repositories
from shield_ai.project.repository_list import Repository

SHOP = Path(__file__).parent.parent / "examples" / "storefront"
IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"]


def make_repository(folder, number):
    shop = folder / f"shop-{number}"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__"))
    (shop / "number.py").write_text(f"NUMBER = {number}\n")
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", "-C", shop, *IDENTITY, *arguments], check=True)
    return Repository(str(shop))


def measure_scan(repositories, out, engine):
    start = time.monotonic()
    outcomes = scan_repositories(repositories, out, engine=engine)
    assert not any(outcome.error for outcome in outcomes)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="10,20,40")
    parser.add_argument("--engine", default="local")
    args = parser.parse_args()
    sizes = [int(size) for size in args.sizes.split(",")]
    print(f"{'repositories':>12} {'seconds':>8} {'each':>6} {'again':>6}  ({args.engine})")
    with tempfile.TemporaryDirectory() as scratch:
        repositories = [make_repository(Path(scratch), number) for number in range(max(sizes))]
        for size in sizes:
            out = Path(scratch, f"out-{size}")
            first = measure_scan(repositories[:size], out, args.engine)
            again = measure_scan(repositories[:size], out, args.engine)
            print(f"{size:>12} {first:>8.1f} {first / size:>6.2f} {again:>6.1f}", flush=True)


if __name__ == "__main__":
    main()
