"""The scan beside kingfisher and betterleaks, on whole trees: CPU seconds, wall-clock seconds, memory, findings.

    bench/scan.py [--bin FOLDER] [--runs N] [TREE]...

FOLDER holds the peers' commands, .venv-bench/bin by default; a peer that is not there is left out. Without a TREE:
Django, as it is installed beside this Python. Each command runs once to warm caches up (all of them keep compiled
rules, and Python its bytecode), then N times; the median is shown. betterleaks is a script that starts a program: its
CPU is counted with it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve()
# As users run it: compiled once, not at every start.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def commands(folder: Path, tree: Path) -> dict[str, list[str]]:
    made = {
        "shield": [sys.executable, "-m", "shield_ai", "scan", str(tree), "--format", "json"],
        "shield --jobs 1": [
            sys.executable,
            "-m",
            "shield_ai",
            "scan",
            str(tree),
            "--format",
            "json",
            "--jobs",
            "1",
        ],
    }
    kingfisher, betterleaks = folder / "kingfisher", folder / "betterleaks"
    if kingfisher.exists():
        made["kingfisher"] = [
            str(kingfisher),
            "scan",
            "--no-validate",
            "--no-update-check",
            "--format",
            "json",
            str(tree),
        ]
    if betterleaks.exists():
        made["betterleaks"] = [str(betterleaks), "filesystem", str(tree), "--exit-code=0"]
    return made


def measure(command: list[str]) -> dict[str, float]:
    """Run once in a child of its own, so that its resources are counted alone."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        _, _, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        out.seek(0)
        text = out.read()
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "wall": wall,
        "mb": used.ru_maxrss / 1024,
        "found": text.count(b'"fingerprint"') or text.count(b"Fingerprint:"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--bin", type=Path, default=HERE.parents[1] / ".venv-bench" / "bin")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for tree in arguments.trees or [Path(sysconfig.get_path("purelib")) / "django"]:
        size = sum(p.stat().st_size for p in tree.rglob("*") if p.is_file()) / 1e6
        print(f"\n{tree.name}, {size:.0f} MB, median of {arguments.runs}")
        print(f"  {'':18} {'CPU s':>8} {'wall s':>8} {'MB':>6} {'findings':>9}")
        for name, command in commands(arguments.bin, tree).items():
            measure(command)
            runs = [measure(command) for _ in range(arguments.runs)]
            row = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            rows.append({"tree": tree.name, "tool": name, **row})
            print(
                f"  {name:18} {row['cpu']:8.2f} {row['wall']:8.2f} {row['mb']:6.0f} {row['found']:9.0f}"
            )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
