"""Collect what the edits of a GitLab pipeline depend on, and plan them."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from shield_ai.aws.export.platform import Target
from shield_ai.flow.plan.workflow_plan import (
    NO_ENVIRONMENT,
    environment_pattern,
)
from shield_ai.model.pipeline import PIPELINE_FILE
from shield_ai.project.git import is_local, origin_name
from shield_ai.rewrite.project.deployment.pipelines import PipelineInputs, edit_pipelines
from shield_ai.scan.deployment.pipeline_file import find_pipeline
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.flow.plan.job_files import JobFiles
    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.pipeline import Pipeline, PipelineJob
    from shield_ai.rewrite.project.deployment.containers import DeploymentInputs
    from shield_ai.rewrite.project.deployment.outcome import EditOutcome

OTHER_JOB = "neither the name nor the environment of the job contains {}"
UNKNOWN_PROJECT = "GROUP/PROJECT"
PROJECT = re.compile(r"(?P<host>[A-Za-z0-9.-]+)(?::\d+)?/(?P<path>[\w./-]+)")


def find_pipelines(root: Path, manifest: Manifest, environment: str) -> dict[str, Pipeline]:
    """Return the .gitlab-ci.yml of an app, by path, but not a link to a file outside.

    Args:
        root: The app's folder.
        manifest: shield.toml.
        environment: The selected environment; empty: none.
    """
    raw = reader(str(root))(PIPELINE_FILE)
    if raw is None:
        return {}
    pipeline = find_pipeline(raw, manifest.variables())
    return {PIPELINE_FILE: _for_environment(pipeline, manifest, environment)}


def _for_environment(pipeline: Pipeline, manifest: Manifest, environment: str) -> Pipeline:
    """Return a pipeline with the problems of jobs that are not for the selected environment."""
    if not manifest.environments:
        return pipeline
    if not environment:
        return pipeline._replace(problem=pipeline.problem or NO_ENVIRONMENT)
    pattern = environment_pattern(environment)

    def with_problem(job: PipelineJob) -> PipelineJob:
        if pattern.search(job.name) or pattern.search(job.environment):
            return job
        return job._replace(problem=OTHER_JOB.format(environment))

    return pipeline._replace(jobs=tuple(map(with_problem, pipeline.jobs)))


def project_name(root: Path) -> str:
    """Return the GitLab project of an app, as --repository takes it, or a placeholder.

    Servers other than github.com are taken as GitLab servers.

    Args:
        root: The app's folder.
    """
    name = origin_name(root)
    match = None if is_local(name) else PROJECT.fullmatch(name)
    if not match or match["host"].lower() == "github.com":
        return UNKNOWN_PROJECT
    is_default = match["host"].lower() == "gitlab.com"
    return match["path"] if is_default else f"https://{match['host']}/{match['path']}"


def plan_pipelines(
    files: JobFiles,
    variables: Sequence[DeploymentVariable],
    target: Manifest,
    inputs: DeploymentInputs,
) -> EditOutcome:
    """Plan the edits of pipelines.

    Args:
        files: The pipelines.
        variables: The lines that set variables.
        target: shield.toml, with the settings of the environment.
        inputs: Why variables can't be read from AWS, and the account.
    """
    pipeline_inputs = PipelineInputs(
        files=files.pipelines,
        variables=variables,
        unavailable=inputs.unavailable,
        different=inputs.different,
        target=Target(manifest=target, account=inputs.account),
        command=f"{inputs.command} --format gitlab-ci --repository {shlex.quote(files.project)}",
    )
    return edit_pipelines(pipeline_inputs)
