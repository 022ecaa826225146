"""Measure which lines of deployment files and workflows are found to set variables of secrets.

    python bench/deployment.py [--mirror FOLDER] [--part NAME] [--wrong]

FOLDER contains git clones named owner+name, bare or not; the default is mirror/. Repositories
without a clone are skipped. deployment.tsv has a row for each line that names a variable with a
name like that of a secret: repository, commit, path, line, variable, label, group and part. It
contains neither code nor values.

The files of the first two parts were chosen at random from repositories that were in no other
table, at most two deployment files and one workflow each, among those that name such a variable;
the repositories were assigned to a part by a coin. The errors in part `first` were used for
development, then those in `second`. The files of part `third` were selected by hand afterwards, and
its errors were not looked at. Those of the parts `fourth` and `fifth`, of other repositories, were
chosen at random for each kind of file: 60 deployment files and 60 workflows, with repositories
assigned at random. The errors in `fourth` were used for development, before those in `fifth` were
looked at. A regular expression proposed a label for each line that names a variable; the labels
were corrected by reading the lines, before the search ran on any file of the part.

Labels:

- set: the line gives the variable a value, or takes it from the store of the platform, for a
  process, a container, a build or an object that passes it on. It should be found.
- no: the line only names or reads the variable, or declares it as an input without a value.
- aside: undecidable, for example a comment on the line of an env file; it is not counted.

*Found* is the share of the lines labeled `set` that are found. *Wrong* is the share of the found
lines that have another label or none.
"""

from __future__ import annotations

import argparse
import collections
import csv
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from reads import extract, find_clone

from shield_ai.model.deployment import ValueForm
from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

TABLE = Path(__file__).with_suffix(".tsv")
PARTS = ["first", "second", "third", "fourth", "fifth"]
KINDS = {
    "GitHub": r"\.github/workflows/",
    "GitLab": r"gitlab-ci|\.gitlab/",
    "Compose": r"compose[^/]*\.ya?ml",
    "Ansible": r"ansible/|inventory/|playbooks/|env[^/]*\.j2$",
    "ECS": r"task-?def[^/]*\.json$",
    "Serverless": r"serverless[^/]*\.ya?ml$",
    "Terraform": r"\.tf(vars)?$",
    "Helm": r"values[^/]*\.ya?ml$|/templates/",
    "platform": r"(app|vercel)\.json$|Procfile|fly[^/]*\.toml$|render\.yaml$|config/deploy\.yml$",
    "SAM": r"(^|/)template\.ya?ml$|cloudformation",
    "Kubernetes": r"(k8s|kubernetes|deploy|manifests)[^/]*/.*\.ya?ml$",
}
SKIPPED_FILES = re.compile(
    r"\.(png|jpe?g|gif|svg|ico|pdf|woff2?|ttf|eot|mp[34]|zip|gz|po|mo|ipynb|csv|map|mdx?|py|go"
    r"|[jt]sx?|css|scss|vue|html?|lock)$",
    re.IGNORECASE,
)

Row = dict[str, str]
Line = tuple[str, int, str]  # path, line and variable


def search(clone: Path, rows: list[Row]) -> set[Line]:
    """Return the lines that the search finds in the labeled files of a repository."""
    names = sorted({row["variable"] for row in rows})
    secrets = [Secret(name=f"secret-{number}", env=name) for number, name in enumerate(names)]
    with tempfile.TemporaryDirectory() as scratch:
        extract(clone, rows[0]["commit"], Path(scratch), SKIPPED_FILES)
        # Files that git tracks are searched, also those that a .gitignore file matches.
        for command in (["init", "--quiet"], ["add", "--all", "--force"]):
            subprocess.run(["git", *command], cwd=scratch, check=True, capture_output=True)
        deployment = find_deployment(Path(scratch), secrets)
    paths = {row["path"] for row in rows}
    return {
        (item.path, item.line, item.variable)
        for item in deployment.variables
        if item.path in paths and item.form not in {ValueForm.ENV_FILE, ValueForm.READ}
    }


def compare(rows: list[Row], lines: set[Line]) -> list[tuple[str, str, Line]]:
    """Return the verdict and the group of each labeled line, and of each other line found."""
    groups = {row["path"]: row["group"] for row in rows}
    labels = {(row["path"], int(row["line"]), row["variable"]): row["label"] for row in rows}
    verdicts = []
    for line in sorted(labels.keys() | lines):
        label = labels.get(line, "no")
        if label == "set":
            verdict = "found" if line in lines else "missed"
        elif label == "aside":
            verdict = "aside"
        else:
            verdict = "wrong" if line in lines else "ignored"
        verdicts.append((verdict, groups[line[0]], line))
    return verdicts


def file_kind(path: str) -> str:
    """Return the kind of a file by its path."""
    return next((kind for kind, form in KINDS.items() if re.search(form, path)), "other")


def print_table(counts: collections.Counter[tuple[str, str]], files: dict[str, set[str]]) -> None:
    print(f"{'':10} {'files':>6} {'set':>6} {'found':>7} {'wrong':>7} {'missed':>7} {'extra':>6}")
    for group in (*KINDS, "other", "manifest", "workflow", "all"):
        if not files[group]:
            continue
        found, missed, wrong = (counts[group, name] for name in ("found", "missed", "wrong"))
        shares = f"{found / max(1, found + missed):7.3f} {wrong / max(1, found + wrong):7.3f}"
        head = f"{group:10} {len(files[group]):6} {found + missed:6}"
        print(f"{head} {shares} {missed:7} {wrong:6}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, default=Path("mirror"))
    parser.add_argument("--part", choices=PARTS, help="use only this part")
    parser.add_argument("--wrong", action="store_true", help="list the wrong results")
    arguments = parser.parse_args()
    projects: dict[str, list[Row]] = collections.defaultdict(list)
    with TABLE.open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if arguments.part in {None, row["part"]}:
                projects[row["repository"]].append(row)
    counts: collections.Counter[tuple[str, str]] = collections.Counter()
    files: dict[str, set[str]] = collections.defaultdict(set)
    for repository, rows in projects.items():
        clone = find_clone(arguments.mirror, repository)
        if clone is None:
            print(f"{repository}: skipped, no clone", file=sys.stderr)
            continue
        for verdict, group, (path, line, variable) in compare(rows, search(clone, rows)):
            for name in (file_kind(path), group, "all"):
                counts[name, verdict] += 1
                files[name].add(f"{repository}/{path}")
            if arguments.wrong and verdict in {"missed", "wrong"}:
                print(verdict, repository, f"{path}:{line}", variable)
    print_table(counts, files)


if __name__ == "__main__":
    main()
