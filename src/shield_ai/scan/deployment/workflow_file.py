"""Parse a workflow of GitHub Actions for edits of its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.workflow import Workflow, WorkflowEnv, WorkflowJob, WorkflowStep
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.blocks import ALIASES, INVALID, has_aliases
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.node_span import node_end, node_start
from shield_ai.scan.deployment.workflow_permissions import find_permissions
from shield_ai.scan.deployment.workflow_triggers import find_subject
from shield_ai.scan.deployment.workflow_uses import find_workflow_uses
from shield_ai.scan.text.config_parsers import yaml_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.config_node import Node

TOO_LARGE = "too large"
MAX_STEPS = 1000  # of a job; more than GitHub allows
CALLS = "the job calls another workflow, which has no steps here"
MAX_JOBS = 500
NO_STEPS = "the job has no list of steps"
TOO_MANY = "the job has too many steps"
COMPUTED = "the job computes the names of secrets, or passes on all of them"
SECRETS_ACTION = "aws-actions/aws-secretsmanager-get-secrets"
READS_SECRETS = f"the job already reads secrets with {SECRETS_ACTION}: add the secret to that step"
SHELL = regex(r"(?:bash|sh)(?:\s.*)?")
# Runners of GitHub on which the default shell is bash.
UNIX_RUNNER = regex(r"(?i)(?:ubuntu|macos|linux)[\w.-]*")


def find_workflow(raw: bytes) -> Workflow:
    """Parse a workflow.

    Args:
        raw: The file.
    """
    problem = TOO_LARGE if len(raw) > MAX_SIZE else ""
    if not problem and has_aliases(raw):
        problem = ALIASES
    roots = [] if problem else yaml_values(raw)
    nodes = list(_jobs(roots[0])) if len(roots) == 1 else []
    problem = problem or _document_problem(roots, nodes)
    if problem:
        return Workflow(raw, problem=problem)
    root = roots[0]
    shells: dict[tuple[str, int], bool] = {}
    for key, job_node in nodes:
        for number, step in enumerate(_steps(job_node)):
            shells[key.text, number] = _is_shell(root, job_node, step)
    uses = find_workflow_uses(raw, root, shells)
    jobs = []
    for key, node in nodes:
        job = _job(raw, root, key, node)
        is_computed = not uses.computed.isdisjoint({key.text, ""})
        if is_computed and not job.problem:
            job = job._replace(problem=COMPUTED)
        jobs.append(job)
    return Workflow(raw, _env(raw, root), tuple(jobs), tuple(uses.named))


def _document_problem(roots: list[Node], jobs: list[tuple[Node, Node]]) -> str:
    if len(roots) != 1 or len({key.text for key, _ in jobs}) < len(jobs):
        return INVALID
    return TOO_LARGE if len(jobs) > MAX_JOBS else ""


def _text(node: Node, name: str) -> str:
    value = node.child(name)
    return value.text if value else ""


def _jobs(root: Node) -> Iterator[tuple[Node, Node]]:
    jobs = root.child("jobs")
    if jobs:
        yield from jobs.pairs


def _steps(job: Node) -> tuple[Node, ...]:
    steps = job.child("steps")
    return steps.items if steps else ()


def _job(raw: bytes, root: Node, key: Node, job: Node) -> WorkflowJob:
    subject = find_subject(root.child("on"), _text(job, "if"), job.child("environment"))
    permissions = find_permissions(raw, root, job)
    steps = [_step(raw, step) for step in _steps(job)]
    starts = [node_start(raw, name) for name, _ in job.pairs if name.text == "steps"]
    return WorkflowJob(
        name=key.text,
        steps_start=starts[0] if starts else job.start,
        steps=tuple(steps),
        env=_env(raw, job),
        permissions=permissions,
        branch=subject.branch,
        environment=subject.environment,
        problem=_job_problem(job) or subject.problem or permissions.problem,
        reads_secrets=_reads_secrets(job),
    )


def _job_problem(job: Node) -> str:
    if job.child("uses"):
        return CALLS
    if not _steps(job) or not all(step.pairs for step in _steps(job)):
        return NO_STEPS
    if len(_steps(job)) > MAX_STEPS:
        return TOO_MANY
    return READS_SECRETS if _reads_secrets(job) else ""


def _reads_secrets(job: Node) -> bool:
    return any(_text(step, "uses").partition("@")[0] == SECRETS_ACTION for step in _steps(job))


def _step(raw: bytes, step: Node) -> WorkflowStep:
    return WorkflowStep(step.start, node_end(raw, step), _text(step, "if"), _env(raw, step))


def _env(raw: bytes, node: Node) -> WorkflowEnv | None:
    """Return the `env` of a workflow, a job or a step."""
    for number, (key, value) in enumerate(node.pairs):
        if key.text != "env" or not value.is_container:
            continue
        entries = tuple(
            (name.text, node_start(raw, name), max(node_end(raw, name), node_end(raw, text)))
            for name, text in value.pairs
        )
        is_first = number == 0 and len(node.pairs) > 1
        next_key = node_start(raw, node.pairs[1][0]) if is_first else 0
        return WorkflowEnv(node_start(raw, key), node_end(raw, value), entries, next_key)
    return None


def _is_shell(root: Node, job: Node, step: Node) -> bool:
    """Return whether the script of a step runs in bash or sh."""
    shell = _text(step, "shell")
    for node in (job, root):
        defaults = node.child("defaults")
        run = defaults.child("run") if defaults else None
        if not shell and run:
            shell = _text(run, "shell")
    if shell:
        return SHELL.fullmatch(shell) is not None
    runner = job.child("runs-on")
    if runner is None:
        return False
    labels = [item.text for item in runner.items] or [runner.text]
    return any(UNIX_RUNNER.fullmatch(label) for label in labels)
