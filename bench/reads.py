"""The scan on environment reads of real projects that were labelled by hand: precision and recall.

    bench/reads.py [--mirror FOLDER] [--half first|second] [--wrong]

FOLDER holds bare git copies, owner+name/repo each; mirror/ by default. A repository that is not there is left out.
reads.tsv beside this file has facts alone: repository, commit, path, line, variable, and what was expected before any
scan ran.

How the reads were chosen: in each project, from everything outside tests, documentation, examples and migrations that
has the form of a read by its syntax alone (`environ[…]`, `environ.get`, `getenv`; a call whose function is named like
env, config, setting or secret, with a constant in capitals first; a field of a class of settings), up to ten at random
(sample 1), and up to nine of the rest whose name holds a word like key, url, db or auth (sample 2).

- secret, credential-url, dsn, identifier: the scan has to say so on that line, more than as a part of a database.
- harmless: a read of something else. no-read: not the environment (a request, a dict, Django's settings).
- aside: nobody can tell from the code, with the reason; not counted.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).with_suffix(".tsv")
DATA = re.compile(
    r"\.(png|jpe?g|gif|svg|ico|pdf|woff2?|ttf|eot|mp[34]|zip|gz|po|mo|ipynb|csv|map|[jt]sx?|css|scss|vue|html?|json|md|rst|txt|xml|sql|lock)$",
    re.IGNORECASE,
)
WANTED = {"secret", "credential-url", "dsn", "identifier"}


def copy_of(mirror: Path, repository: str) -> Path | None:
    folder = mirror / repository.replace("/", "+")
    return next(
        (d for d in (folder / "repo" / ".git", folder / "repo", folder) if (d / "HEAD").is_file()),
        None,
    )


def extract(copy: Path, commit: str, into: Path) -> None:
    """Write the files of a commit, but not pictures and the like, which a copy may lack and no read stands in."""
    git = ["git", "--git-dir", str(copy)]
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "-z", commit], capture_output=True, check=True
    ).stdout
    entries = [entry.split(b"\t", 1) for entry in listed.split(b"\0") if entry.startswith(b"100")]
    entries = [(head.split()[2], path.decode("utf-8", "surrogateescape")) for head, path in entries]
    entries = [(blob, path) for blob, path in entries if not DATA.search(path)]
    wanted = b"".join(blob + b"\n" for blob, _ in entries)
    raw = subprocess.run(
        [*git, "cat-file", "--batch"], input=wanted, capture_output=True, check=True
    ).stdout
    at = 0
    for _, path in entries:
        end = raw.index(b"\n", at)
        head, at = raw[at:end].split(), end + 1
        if len(head) == 3:
            size = int(head[2])
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_bytes(raw[at : at + size])
            at += size + 1


def found(folder: Path) -> set[tuple[str, int, str]]:
    """Path, line and variable, in capitals, of each read that the scan calls one of a secret."""
    command = [sys.executable, "-m", "shield_ai", "scan", ".", "--format", "json"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    out = set()
    for f in json.loads(text)["findings"]:
        if f["rule"] in {"CSEC34.environ-read", "CSEC34.literal"} and f["severity"] != "low":
            names = [*(f["env"] or "").split(" or "), f["name"].rpartition(".")[2]]
            for line in range(f["line"], f["end_line"] + 1):
                out |= {(f["path"], line, name.upper()) for name in names}
    return out


def is_hit(row: dict[str, str], hits: set[tuple[str, int, str]]) -> bool:
    """Whether the read was found; a class of settings may put a prefix before the name."""
    name = row["variable"].upper()
    at = [n for path, line, n in hits if path == row["path"] and line == int(row["line"])]
    return any(n == name or n.endswith("_" + name) for n in at)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, default=Path("mirror"))
    parser.add_argument(
        "--half", choices=["first", "second"], help="only these projects of the table"
    )
    parser.add_argument("--wrong", action="store_true", help="list what the scan gets wrong")
    arguments = parser.parse_args()
    rows = list(csv.DictReader(TABLE.open(), delimiter="\t"))
    names = list(dict.fromkeys(row["repository"] for row in rows))
    middle = len(names) // 2
    chosen = {"first": names[:middle], "second": names[middle:], None: names}[arguments.half]
    count: collections.Counter[tuple[str, str]] = collections.Counter()
    for repository in chosen:
        mine = [row for row in rows if row["repository"] == repository]
        copy = copy_of(arguments.mirror, repository)
        if copy is None:
            print(f"{repository}: left out, no copy", file=sys.stderr)
            continue
        folder = Path(tempfile.mkdtemp())
        try:
            extract(copy, mine[0]["commit"], folder)
            hits = found(folder)
        finally:
            shutil.rmtree(folder)
        for row in mine:
            hit = is_hit(row, hits)
            verdict = (
                ("tp" if hit else "fn") if row["expected"] in WANTED else ("fp" if hit else "tn")
            )
            if row["expected"] == "aside":
                verdict = "aside"
            for key in ("all", f"sample {row['sample']}"):
                count[key, verdict] += 1
            if arguments.wrong and verdict in {"fn", "fp"}:
                print(
                    verdict,
                    repository,
                    f"{row['path']}:{row['line']}",
                    row["variable"],
                    row["expected"],
                )
    print(
        f"{'':10} {'reads':>6} {'secret':>7} {'P':>6} {'R':>6} {'F1':>6} {'fp':>4} {'fn':>4} {'aside':>6}"
    )
    for key in ("sample 1", "sample 2", "all"):
        tp, fp, fn, tn = (count[key, v] for v in ("tp", "fp", "fn", "tn"))
        p, r = tp / max(1, tp + fp), tp / max(1, tp + fn)
        f1 = 2 * p * r / max(1e-9, p + r)
        aside = count[key, "aside"]
        print(
            f"{key:10} {tp + fp + fn + tn:6} {tp + fn:7} {p:6.3f} {r:6.3f} {f1:6.3f} {fp:4} {fn:4} {aside:6}"
        )


if __name__ == "__main__":
    main()
