"""Collect what the edits of GitHub workflows depend on, and plan them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from shield_ai.aws.export.platform import Target
from shield_ai.project.git import origin_name
from shield_ai.rewrite.project.deployment.workflows import WorkflowInputs, edit_workflows
from shield_ai.scan.deployment.workflow_file import find_workflow
from shield_ai.scan.files.walk import display_path
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.flow.plan.job_files import JobFiles
    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.workflow import Workflow, WorkflowJob
    from shield_ai.rewrite.project.deployment.containers import DeploymentInputs
    from shield_ai.rewrite.project.deployment.outcome import EditOutcome

FOLDER = ".github/workflows"
GITHUB = re.compile(r"github\.com(?::\d+)?/(?P<repository>[^/]+/[^/]+)", re.IGNORECASE)
UNKNOWN_REPOSITORY = "OWNER/NAME"
NO_ENVIRONMENT = "shield.toml has environments: select one with --environment"
OTHER_ENVIRONMENT = "the path of the file does not contain the environment {}"
OTHER_JOB = "neither the path of the file nor the name or environment of the job contains {}"


def environment_pattern(environment: str) -> re.Pattern[str]:
    """Return a pattern that finds the name of an environment in a path or in the name of a job.

    Args:
        environment: The name of the environment.
    """
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(environment)}(?![A-Za-z0-9])")


def find_workflows(root: Path, manifest: Manifest, environment: str) -> dict[str, Workflow]:
    """Return the workflows of an app, by path, but not links to files outside.

    Args:
        root: The app's folder.
        manifest: shield.toml.
        environment: The selected environment; empty: none.
    """
    try:
        names = sorted(entry.name for entry in (root / FOLDER).iterdir())
    except OSError:
        return {}
    read = reader(str(root))
    workflows = {}
    for name in names:
        path = f"{FOLDER}/{name}"
        is_workflow = name.endswith((".yml", ".yaml")) and path == display_path(path)
        raw = read(path) if is_workflow else None
        if raw is not None:
            workflow = find_workflow(raw)
            workflows[path] = _for_environment(workflow, path, manifest, environment)
    return workflows


def _for_environment(
    workflow: Workflow, path: str, manifest: Manifest, environment: str
) -> Workflow:
    """Return a workflow with the problems of jobs that are not for the selected environment."""
    if not manifest.environments:
        return workflow
    if not environment:
        return workflow._replace(problem=workflow.problem or NO_ENVIRONMENT)
    pattern = environment_pattern(environment)

    def with_problem(job: WorkflowJob) -> WorkflowJob:
        if any(pattern.search(text) for text in (path, job.name, job.environment)):
            return job
        return job._replace(problem=OTHER_JOB.format(environment))

    return workflow._replace(jobs=tuple(map(with_problem, workflow.jobs)))


def repository_name(root: Path) -> str:
    """Return the GitHub repository of an app, as OWNER/NAME; empty if it is not on GitHub.

    Args:
        root: The app's folder.
    """
    match = GITHUB.fullmatch(origin_name(root))
    return match["repository"] if match else ""


def plan_workflows(
    files: JobFiles,
    variables: Sequence[DeploymentVariable],
    target: Manifest,
    inputs: DeploymentInputs,
) -> EditOutcome:
    """Plan the edits of workflows.

    Args:
        files: The workflows.
        variables: The lines that set variables.
        target: shield.toml, with the settings of the environment.
        inputs: Why variables can't be read from AWS, and the account.
    """
    repository = shlex.quote(files.repository or UNKNOWN_REPOSITORY)
    workflow_inputs = WorkflowInputs(
        files=files.workflows,
        variables=variables,
        unavailable=inputs.unavailable,
        target=Target(manifest=target, account=inputs.account),
        command=f"{inputs.command} --format github-actions --repository {repository}",
    )
    return edit_workflows(workflow_inputs)


def export_command(account: str, environment: str) -> str:
    """Return the start of the command that exports what a platform needs.

    Args:
        account: The ID of the AWS account.
        environment: The selected environment; empty: none.
    """
    options = ["--environment", environment] if environment else []
    return shlex.join(["shield", "export", *options, "--account", account])
