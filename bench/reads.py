"""Measure precision and recall of the scan on environment reads that were labeled by hand.

    python bench/reads.py [--mirror FOLDER] [--half first|second] [--wrong]

The reads are from real projects. FOLDER contains git clones named owner+name, bare or not; the
default is mirror/. Repositories without a clone are skipped. reads.tsv has one read per row:
repository, commit, path, line, variable, and the expected result, which was decided before any
scan ran.

The reads were selected by syntax alone from all files except tests, documentation, examples and
migrations: reads such as `environ[…]`, `environ.get` and `getenv`; calls of functions named like
env, config, setting or secret with an upper-case constant as first argument; and fields of
settings classes. In each project, up to ten were chosen at random (sample 1), and up to nine of
the others if their name contains a word such as key, url, db or auth (sample 2).

Samples 3 to 7 are whole projects: every read of a secret outside tests, and every other read with
such a word in its name. They were labeled before any scan ran (a few wrong labels were corrected
afterwards), scored, and then used for development. So were samples 8 and 9, of which only reads of
secrets were labeled: they say nothing about precision.

Expected results:

- secret, credential-url, dsn, identifier: the scan must report this line.
- harmless: a read of something else.
- no-read: not an environment read, for example of a request, a dict or Django's settings.
- aside: undecidable from the code; the row gives the reason. These rows are not counted.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TABLE = Path(__file__).with_suffix(".tsv")
# Files without environment reads, which a clone may lack.
SKIPPED_FILES = re.compile(
    r"\.(png|jpe?g|gif|svg|ico|pdf|woff2?|ttf|eot|mp[34]|zip|gz|po|mo|ipynb|csv|map|[jt]sx?"
    r"|css|scss|vue|html?|json|md|rst|txt|xml|sql|lock)$",
    re.IGNORECASE,
)
BINARY_FILES = re.compile(
    r"\.(png|jpe?g|gif|ico|pdf|woff2?|ttf|eot|mp[34]|zip|gz|mo)$", re.IGNORECASE
)
RULES = {"CSEC34.environ-read", "CSEC34.literal"}
CONFIG_RULE = "CSEC34.config-read"
SAMPLES = 15
SECRETS = {"secret", "credential-url", "dsn", "identifier"}

Row = dict[str, str]
Hit = tuple[str, int, str]  # path, line and variable in upper case


def find_clone(mirror: Path, repository: str) -> Path | None:
    folder = mirror / repository.replace("/", "+")
    for candidate in (folder / "repo" / ".git", folder / "repo", folder):
        if (candidate / "HEAD").is_file():
            return candidate
    return None


def extract(
    clone: Path, commit: str, target: Path, skipped: re.Pattern[str] = SKIPPED_FILES
) -> None:
    """Write the files of a commit, except some."""
    git = ["git", "--git-dir", str(clone)]
    listing = subprocess.run(
        [*git, "ls-tree", "-r", "-z", commit], capture_output=True, check=True
    ).stdout
    blobs = []
    for entry in listing.split(b"\0"):
        head, _, raw_path = entry.partition(b"\t")
        path = raw_path.decode("utf-8", "surrogateescape")
        if head.startswith(b"100") and not skipped.search(path):
            blobs.append((head.split()[2], path))
    wanted = b"".join(blob + b"\n" for blob, _ in blobs)
    content = subprocess.run(
        [*git, "cat-file", "--batch"], input=wanted, capture_output=True, check=True
    ).stdout
    position = 0
    for _, path in blobs:
        end = content.index(b"\n", position)
        head = content[position:end].split()
        position = end + 1
        if len(head) == 3:  # blob, type and size; "missing" otherwise
            size = int(head[2])
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content[position : position + size])
            position += size + 1


def scan(folder: Path) -> set[Hit]:
    """Return the reads that the scan reports as secrets."""
    command = [sys.executable, "-m", "shield_ai", "scan", ".", "--format", "json"]
    text = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    hits = set()
    for finding in json.loads(text)["findings"]:
        is_read = finding["rule"] in RULES and finding["severity"] != "low"
        if not is_read and finding["rule"] != CONFIG_RULE:
            continue
        names = (finding["env"] or "").split(" or ")
        names.append(finding["name"].rpartition(".")[2])
        for line in range(finding["line"], finding["end_line"] + 1):
            hits.update((finding["path"], line, name.upper()) for name in names)
    return hits


def is_hit(row: Row, hits: set[Hit]) -> bool:
    """Tell whether a read was found; a settings class may add a prefix to its name."""
    variable = row["variable"].upper()
    for path, line, name in hits:
        same_line = path == row["path"] and line == int(row["line"])
        if same_line and (name == variable or name.endswith("_" + variable)):
            return True
    return False


def classify(row: Row, *, hit: bool) -> str:
    if row["expected"] == "aside":
        return "aside"
    if row["expected"] in SECRETS:
        return "tp" if hit else "fn"
    return "fp" if hit else "tn"


def scan_commit(clone: Path, commit: str) -> set[Hit]:
    with tempfile.TemporaryDirectory() as scratch:
        extract(clone, commit, Path(scratch))
        return scan(Path(scratch))


def print_table(counts: collections.Counter[tuple[str, str]]) -> None:
    columns = f"{'P':>6} {'R':>6} {'F1':>6} {'fp':>4} {'fn':>4} {'aside':>6}"
    print(f"{'':10} {'reads':>6} {'secret':>7} {columns}")
    for key in [*(f"sample {number}" for number in range(1, SAMPLES + 1)), "all"]:
        tp, fp, fn, tn = (counts[key, verdict] for verdict in ("tp", "fp", "fn", "tn"))
        precision = tp / max(1, tp + fp)
        recall = tp / max(1, tp + fn)
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        figures = f"{precision:6.3f} {recall:6.3f} {f1:6.3f} {fp:4} {fn:4} {counts[key, 'aside']:6}"
        print(f"{key:10} {tp + fp + fn + tn:6} {tp + fn:7} {figures}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, default=Path("mirror"))
    parser.add_argument(
        "--half", choices=["first", "second"], help="use only this half of the projects"
    )
    parser.add_argument("--wrong", action="store_true", help="list the wrong results")
    arguments = parser.parse_args()
    projects: dict[str, list[Row]] = collections.defaultdict(list)
    with TABLE.open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            projects[row["repository"]].append(row)
    names = list(projects)
    middle = len(names) // 2
    chosen = {"first": names[:middle], "second": names[middle:], None: names}[arguments.half]
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    for repository in chosen:
        clone = find_clone(arguments.mirror, repository)
        if clone is None:
            print(f"{repository}: skipped, no clone", file=sys.stderr)
            continue
        rows = projects[repository]
        hits = scan_commit(clone, rows[0]["commit"])
        for row in rows:
            verdict = classify(row, hit=is_hit(row, hits))
            counts["all", verdict] += 1
            counts[f"sample {row['sample']}", verdict] += 1
            if arguments.wrong and verdict in {"fn", "fp"}:
                place = f"{row['path']}:{row['line']}"
                print(verdict, repository, place, row["variable"], row["expected"])
    print_table(counts)


if __name__ == "__main__":
    main()
