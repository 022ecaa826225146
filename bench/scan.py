"""Compare the CPU time, duration, memory and findings of the scan with other scanners.

    python bench/scan.py [--bin FOLDER] [--runs N] [--json FILE] [TREE]...

The other scanners are kingfisher and betterleaks, in FOLDER; the default is .venv-bench/bin.
Scanners that are not installed are skipped. The default TREE is the Django that is installed next
to this Python. Each command runs once to fill its caches, then N times, and the median is
printed. The CPU time of betterleaks includes the program that its script starts.
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

BIN = Path(__file__).resolve().parents[1] / ".venv-bench" / "bin"
SCAN = [sys.executable, "-m", "shield_ai", "scan"]
# As without the optional library.
WITHOUT_HYPERSCAN = (
    "import sys; sys.modules['hyperscan'] = None; "
    "from shield_ai.__main__ import main; sys.exit(main())"
)
# Users run with cached bytecode.
ENVIRONMENT = {**os.environ}
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def commands(folder: Path, tree: Path) -> dict[str, list[str]]:
    made = {
        "shield": [*SCAN, str(tree), "--format", "json"],
        "shield --jobs 1": [*SCAN, str(tree), "--format", "json", "--jobs", "1"],
        "without hyperscan": [
            *(sys.executable, "-c", WITHOUT_HYPERSCAN, "scan"),
            *(str(tree), "--format", "json", "--jobs", "1"),
        ],
    }
    kingfisher = folder / "kingfisher"
    if kingfisher.exists():
        options = ["--no-validate", "--no-update-check", "--format", "json"]
        made["kingfisher"] = [str(kingfisher), "scan", *options, str(tree)]
    betterleaks = folder / "betterleaks"
    if betterleaks.exists():
        made["betterleaks"] = [str(betterleaks), "filesystem", str(tree), "--exit-code=0"]
    return made


def measure(command: list[str]) -> dict[str, float]:
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


def measure_tree(tree: Path, bin_folder: Path, times: int) -> list[dict[str, object]]:
    size = sum(path.stat().st_size for path in tree.rglob("*") if path.is_file()) / 1e6
    print(f"\n{tree.name}, {size:.0f} MB, median of {times}")
    print(f"  {'':18} {'CPU s':>8} {'wall s':>8} {'MB':>6} {'findings':>9}")
    rows: list[dict[str, object]] = []
    for name, command in commands(bin_folder, tree).items():
        measure(command)  # fills the caches
        runs = [measure(command) for _ in range(times)]
        row = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        rows.append({"tree": tree.name, "tool": name, **row})
        figures = f"{row['cpu']:8.2f} {row['wall']:8.2f} {row['mb']:6.0f} {row['found']:9.0f}"
        print(f"  {name:18} {figures}")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("trees", nargs="*", type=Path)
    parser.add_argument("--bin", type=Path, default=BIN)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    rows = []
    for tree in arguments.trees or [Path(sysconfig.get_path("purelib")) / "django"]:
        rows += measure_tree(tree, arguments.bin, arguments.runs)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
