"""Find the GitHub workflows and the GitLab pipeline of an app, and plan the edits of their jobs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.flow.plan.pipeline_plan import find_pipelines, plan_pipelines, project_name
from shield_ai.flow.plan.workflow_plan import find_workflows, plan_workflows, repository_name
from shield_ai.model.deployment import DeploymentKind, ValueForm
from shield_ai.rewrite.project.deployment.outcome import EditOutcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.pipeline import Pipeline
    from shield_ai.model.workflow import Workflow
    from shield_ai.rewrite.project.deployment.containers import DeploymentInputs


@dataclasses.dataclass(frozen=True, kw_only=True)
class JobFiles:
    """The files with CI jobs.

    Args:
        workflows: The GitHub workflows, by path.
        pipelines: The .gitlab-ci.yml, by path.
        repository: The repository on GitHub, as OWNER/NAME; empty: not known.
        project: The project on GitLab, or the placeholder GROUP/PROJECT.
        environment: The selected environment of shield.toml; empty: none.
    """

    workflows: Mapping[str, Workflow] = dataclasses.field(default_factory=dict)
    pipelines: Mapping[str, Pipeline] = dataclasses.field(default_factory=dict)
    repository: str = ""
    project: str = ""
    environment: str = ""

    def paths(self) -> set[str]:
        """Return the files."""
        return {*self.workflows, *self.pipelines}


def find_job_files(
    root: Path, manifest: Manifest, environment: str, kinds: Collection[DeploymentKind]
) -> JobFiles:
    """Return the files of the kinds to edit.

    Args:
        root: The app's folder.
        manifest: shield.toml.
        environment: The selected environment; empty: none.
        kinds: The kinds of files to edit.
    """
    workflows: dict[str, Workflow] = {}
    if DeploymentKind.GITHUB in kinds:
        workflows = find_workflows(root, manifest, environment)
    pipelines: dict[str, Pipeline] = {}
    if DeploymentKind.GITLAB in kinds:
        pipelines = find_pipelines(root, manifest, environment)
    return JobFiles(
        workflows=workflows,
        pipelines=pipelines,
        repository=repository_name(root),
        project=project_name(root),
        environment=environment,
    )


def plan_jobs(
    files: JobFiles,
    variables: Sequence[DeploymentVariable],
    target: Manifest,
    inputs: DeploymentInputs,
) -> EditOutcome:
    """Plan the edits of jobs.

    Args:
        files: The files.
        variables: The lines that set variables.
        target: shield.toml, with the settings of the environment.
        inputs: Why variables can't be read from AWS, and the account.
    """
    outcome = EditOutcome([], [], [])
    planned = []
    if files.workflows:
        planned.append(plan_workflows(files, variables, target, inputs))
    if files.pipelines:
        planned.append(plan_pipelines(files, variables, target, inputs))
    for edited in planned:
        outcome.changes.extend(edited.changes)
        outcome.skipped.extend(edited.skipped)
        outcome.next_steps.extend(edited.next_steps)
    return outcome


def pipeline_values(
    files: JobFiles, variables: Sequence[DeploymentVariable]
) -> Iterator[tuple[str, str]]:
    """Yield the variables and values that pipelines contain, including those for development.

    Args:
        files: The files.
        variables: The lines that set variables.
    """
    literal = {
        (item.path, item.unit, item.variable)
        for item in variables
        if item.form in {ValueForm.LITERAL, ValueForm.URL}
    }
    for path, pipeline in files.pipelines.items():
        values = {"": pipeline.values} | {job.name: job.values for job in pipeline.jobs}
        for unit, assigned in values.items():
            for name, value in assigned.items():
                if value is not None and (path, unit, name) in literal:
                    yield name, value
