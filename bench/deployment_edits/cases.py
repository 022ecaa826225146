"""Make a small app of a deployment file, edit it, and roll it back."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import yaml

from shield_ai.flow.apply.run import Applier
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.deployment_plan import (
    deployment_inputs,
    find_sources,
    kept_values,
    plan_edits,
)
from shield_ai.flow.rollback.run import Rollback
from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Secret
from shield_ai.model.plan import Plan
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.finder import find_deployment
from shield_ai.scan.deployment.pipeline_file import find_pipeline
from shield_ai.scan.deployment.workflow_file import find_workflow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.edit import Edit

# Names that are like those of secrets.
SECRET_NAME = re.compile(
    r"\b(?=[A-Z])[A-Z0-9_]*(?:SECRET|TOKEN|PASSWORD|PASSWD|_PASS|API_?KEY|_KEY|CREDENTIAL|DSN"
    r"|(?:DATABASE|DB|REDIS|BROKER|CACHE)_URL)[A-Z0-9_]*\b"
)
# The variables of a database are fields of one JSON secret.
FIELD_NAME = re.compile(r"(?:DB|DATABASE|POSTGRES|MYSQL)_(\w+)")
REGION = re.compile(rb"AWS_REGION\W{1,90}(?:value\W{1,9})?([a-z]{2}-[a-z]+-\d)\b")
MOST_SECRETS = 100  # of a file
ACCOUNT = "123456789012"
AWS_IMAGE = "registry.gitlab.com/gitlab-org/cloud-deploy/aws-base:latest"


def prepare_pipeline(raw: bytes) -> bytes:
    """Let each job run for one branch, in an image with the AWS CLI, to get more edits.

    Few public pipelines meet all conditions of an edit. The scripts and variables remain.
    """
    pipeline = yaml.safe_load(raw)
    jobs = [job for job in pipeline.values() if isinstance(job, dict) and "script" in job]
    for job in jobs:
        for key in ("rules", "except", "extends", "services", "inherit"):
            job.pop(key, None)
        job |= {"image": AWS_IMAGE, "only": ["main"]}
    for key in ("include", "workflow", "image", "services"):
        pipeline.pop(key, None)
    plain = json.loads(json.dumps(pipeline))  # without anchors
    return yaml.safe_dump(plain, sort_keys=False).encode()


class Mode(NamedTuple):
    """A way to edit a kind of files."""

    label: str
    kind: DeploymentKind
    path: str  # of the file in the app: one for production
    key: str  # of the [deployment] table, which names the services, containers or jobs
    prepare: Callable[[bytes], bytes] = lambda raw: raw  # changes a file first


MODES = (
    Mode("Compose", DeploymentKind.COMPOSE, "docker-compose.yml", "containers"),
    Mode("Kubernetes", DeploymentKind.KUBERNETES, "app.yaml", "containers"),
    Mode("Kubernetes, inject", DeploymentKind.KUBERNETES, "app.yaml", "inject"),
    Mode("ECS", DeploymentKind.ECS, "task-definition.json", "containers"),
    Mode("ECS, inject", DeploymentKind.ECS, "task-definition.json", "inject"),
    Mode("GitHub", DeploymentKind.GITHUB, ".github/workflows/app.yml", "jobs"),
    Mode("GitLab", DeploymentKind.GITLAB, ".gitlab-ci.yml", "jobs"),
    Mode("GitLab, prepared", DeploymentKind.GITLAB, ".gitlab-ci.yml", "jobs", prepare_pipeline),
)


class Edited(NamedTuple):
    """A file after its edits, and what the plan says of its lines."""

    after: bytes
    restored: bytes
    lines: list[DeploymentVariable]
    reasons: dict[int, str]  # of the lines that remain
    changed_lines: set[int]
    read: set[tuple[str, str]]  # the jobs of a pipeline that read a variable from AWS

    @property
    def moved(self) -> list[DeploymentVariable]:
        """The lines with a variable that moves to AWS."""
        return [item for item in self.lines if not self._reason(item) and self._is_changed(item)]

    @property
    def unexplained(self) -> list[DeploymentVariable]:
        """The lines that neither change nor have a reason."""
        return [
            item for item in self.lines if not self._reason(item) and not self._is_changed(item)
        ]

    def _reason(self, item: DeploymentVariable) -> str:
        return self.reasons.get(item.line, "")

    def _is_changed(self, item: DeploymentVariable) -> bool:
        # The edit inserts a command that sets the variables, and leaves the other commands alone.
        return item.line in self.changed_lines or (item.unit, item.variable) in self.read


def edit(root: Path, mode: Mode, raw: bytes) -> Edited | None:
    """Edit a file in an empty folder and roll back; None if no line sets a secret."""
    path = root / mode.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    manifest = describe(mode, raw)
    names = manifest.variables()
    deployment = find_deployment(root, manifest.secret)
    lines = [
        msgspec.structs.replace(item, use=Use.PRODUCTION)
        for item in deployment.variables
        if item.kind is mode.kind
    ]
    tree = Tree(root)
    sources = find_sources(root, tree.read, deployment, manifest, "", names)
    if not lines or sources is None:
        return None
    sources = dataclasses.replace(sources, variables=lines)
    stored = {secret.name for secret in manifest.secret}
    different = kept_values(sources, lambda *_: True)
    inputs = deployment_inputs(sources, manifest, (), (), stored, different)
    outcome = plan_edits(sources, inputs, manifest, ACCOUNT)
    after = apply(tree, Plan(app="shop", files=tuple(outcome.changes)), path)
    changes = [change for file in outcome.changes for change in file.edits]
    reasons = {item.line: item.reason for item in outcome.skipped}
    lines_changed = changed_lines(mode, raw, changes)
    return Edited(
        after, path.read_bytes(), lines, reasons, lines_changed, jobs_that_read(mode, after, names)
    )


def jobs_that_read(mode: Mode, raw: bytes, names: Collection[str]) -> set[tuple[str, str]]:
    """Return the jobs of a pipeline with the variables that they read from AWS."""
    jobs = find_pipeline(raw, names).jobs if mode.kind is DeploymentKind.GITLAB else ()
    return {(job.name, name) for job in jobs for name in job.read}


def changed_lines(mode: Mode, raw: bytes, changes: Sequence[Edit]) -> set[int]:
    """Return the lines of all variables that edits change."""
    spans = [(change.start, change.end) for change in changes if change.start < change.end]
    if mode.key != "jobs":
        for block in find_environments(raw, mode.kind).blocks:
            for entry in block.entries:
                if any(start < entry.end and end > entry.start for start, end in spans):
                    spans.append((entry.start, entry.end))
    lines: set[int] = set()
    for start, end in spans:
        lines.update(range(raw.count(b"\n", 0, start) + 1, raw.count(b"\n", 0, end - 1) + 2))
    return lines


def apply(tree: Tree, plan: Plan, path: Path) -> bytes:
    """Apply a plan and roll it back; return the file in between."""
    if not plan.files:
        return path.read_bytes()
    ignored = {"aws": None, "on_receipt": lambda _: None}
    with Journal(tree.root).locked() as journal:
        values = Values({}, {})
        Applier(tree=tree, journal=journal, values=values, **ignored).apply(plan)
    after = path.read_bytes()
    with Journal(tree.root).locked() as journal:
        Rollback(tree=tree, journal=journal, **ignored).undo(journal.last_steps(), force=False)
    return after


def describe(mode: Mode, raw: bytes) -> Manifest:
    """Return shield.toml with all variables of secrets and all services, containers or jobs."""
    names = sorted(set(SECRET_NAME.findall(raw.decode(errors="replace"))))[:MOST_SECRETS]
    fields = {name: match[1].lower() for name in names if (match := FIELD_NAME.fullmatch(name))}
    fields = {field: name for name, field in fields.items()}
    secrets = [
        Secret(name=f"secret-{number}", env=name)
        for number, name in enumerate(names)
        if name not in fields.values()
    ]
    if fields:
        secrets.append(Secret(name="database", fields=fields))
    return Manifest(
        app=App(name="shop", region=region(raw), prefix="shop/"),
        deployment=DeploymentEdits(edit=(mode.kind,), **{mode.key: units(mode, raw, names)}),
        secret=tuple(secrets),
    )


def region(raw: bytes) -> str:
    """Return the region that a file sets."""
    match = REGION.search(raw)
    return match[1].decode() if match else "us-east-1"


def units(mode: Mode, raw: bytes, names: Collection[str]) -> tuple[str, ...]:
    """Return the services, containers or jobs of a file."""
    if mode.kind is DeploymentKind.GITHUB:
        found = [job.name for job in find_workflow(raw).jobs]
    elif mode.kind is DeploymentKind.GITLAB:
        found = [job.name for job in find_pipeline(raw, names).jobs]
    else:
        found = [block.unit for block in find_environments(raw, mode.kind).blocks]
    return tuple(dict.fromkeys(filter(None, found)))
