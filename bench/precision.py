"""Measure the precision of the scan above low on findings that were labeled by hand.

    python bench/precision.py [--mirror FOLDER] [--part NAME] [--wrong]

FOLDER contains git clones named owner+name, bare or not; the default is mirror/. Repositories
without a clone are skipped. precision.tsv has one finding per row: repository, commit, path, line,
column, rule, label, and the part of the sample. It contains neither code nor values.

The findings are all those above low that an older version of the scan reported for the newest
commits of some web applications (Django, Flask, FastAPI, Pyramid). Each was labeled by reading the
code around it. Only the folder unittests/ of DefectDojo was left out: it
contains 816 such findings, all in reports of other scanners.

Labels:

- true: a secret, or a read of one; it should be reported above low.
- weak: a weak password of development, of containers or of CI; it should be low.
- dummy: a value of a test, a fixture or an example; it should be low.
- not: not a secret; it should be low or not reported.

*Above low* means the severities medium, high and critical.

Parts: the rules were developed in rounds. Each part was scored before rules were written for its
errors, and used for development afterwards, so only the score of the newest part approximates new
code. No part is fully independent: `second` had been read before it was scored, and `third` and
`fourth` were labeled after the first rules existed. The parts from `fifth` on contain the findings
of the rules for the first four parts, in other projects.

`tenth` and `eleventh` are halves of 28 applications, split by a coin: rules were written for the
errors in `tenth`, then `eleventh` was scored, then used as well. `twelfth` and `thirteenth` are 8
applications each; no rule was written for the errors in `thirteenth`. `fourteenth` is 20
applications: 0.88 when it was scored, and then used as well. A project with more than 60 findings
contributes 60 of them, chosen at random, except in `fourteenth`.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import reads

TABLE = Path(__file__).with_suffix(".tsv")

Row = dict[str, str]
Place = tuple[str, int, int, str]  # path, line, column and rule


def scan(folder: Path) -> set[Place]:
    """Return the places of the findings above low."""
    command = [sys.executable, "-m", "shield_ai", "scan", ".", "--format", "json"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    return {
        (finding["path"], finding["line"], finding["column"], finding["rule"])
        for finding in json.loads(text)["findings"]
        if finding["severity"] != "low"
    }


def scan_commit(clone: Path, commit: str) -> set[Place]:
    with tempfile.TemporaryDirectory() as scratch:
        reads.extract(clone, commit, Path(scratch), skipped=reads.BINARY_FILES)
        return scan(Path(scratch))


def place_of(row: Row) -> Place:
    return row["path"], int(row["line"]), int(row["column"]), row["rule"]


def print_table(counts: collections.Counter[tuple[str, str, bool]], parts: list[str]) -> None:
    print(f"{'':10} {'above low':>10} {'wrong':>6} {'precision':>10} {'true, now low':>14}")
    for part in parts:
        right = counts[part, "true", True]
        wrong = sum(counts[part, label, True] for label in ("weak", "dummy", "not"))
        precision = right / max(1, right + wrong)
        lost = counts[part, "true", False]
        print(f"{part:10} {right + wrong:10} {wrong:6} {precision:10.3f} {lost:14}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, default=Path("mirror"))
    parser.add_argument("--part", help="use only this part of the sample")
    parser.add_argument("--wrong", action="store_true", help="list the wrong results")
    arguments = parser.parse_args()
    projects: dict[str, list[Row]] = collections.defaultdict(list)
    parts: list[str] = []
    with TABLE.open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if arguments.part not in {None, row["part"]}:
                continue
            projects[row["repository"]].append(row)
            if row["part"] not in parts:
                parts.append(row["part"])
    counts: collections.Counter[tuple[str, str, bool]] = collections.Counter()
    for repository, rows in projects.items():
        clone = reads.find_clone(arguments.mirror, repository)
        if clone is None:
            print(f"{repository}: skipped, no clone", file=sys.stderr)
            continue
        found = scan_commit(clone, rows[0]["commit"])
        for row in rows:
            is_found = place_of(row) in found
            counts[row["part"], row["label"], is_found] += 1
            if arguments.wrong and is_found != (row["label"] == "true"):
                print(repository, f"{row['path']}:{row['line']}", row["rule"], row["label"])
    print_table(counts, parts)


if __name__ == "__main__":
    main()
