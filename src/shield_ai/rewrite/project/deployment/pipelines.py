"""Let the jobs of a GitLab pipeline read secrets from AWS instead of from GitLab.

The jobs are named in the [deployment] table of shield.toml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.export.gitlab_ci import read_script, role_name
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT, EditOutcome
from shield_ai.rewrite.project.deployment.pipeline_check import PipelineEdit, is_exact_pipeline_edit
from shield_ai.rewrite.project.deployment.pipeline_choice import PipelineChooser
from shield_ai.rewrite.project.deployment.pipeline_edits import PipelineEditor
from shield_ai.rewrite.project.deployment.workflows import (
    DEFAULT_BRANCH,
    NO_JOB,
    NOT_NAMED,
    ROLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.edit import Edit
    from shield_ai.model.pipeline import Pipeline, PipelineJob, VariableUse
    from shield_ai.model.skip import Skipped

NOT_A_VARIABLE = "not a line of `variables` or of a command that shield edits"
REMOVE = (
    "{}: the job {} reads {} from AWS, and GitLab does not mask the values that it reads: do not "
    "let its commands print them; then remove from the CI/CD variables of GitLab what no other job "
    "or script needs"
)


class PipelineInputs(NamedTuple):
    """What the edits of pipelines depend on."""

    files: Mapping[str, Pipeline]
    variables: Sequence[DeploymentVariable]  # the lines that set variables
    unavailable: Mapping[str, str]  # why a variable can't be read from AWS, by its name
    different: Mapping[str, str]  # why AWS has another value than a file, by the variable
    target: Target
    command: str  # the command that exports the policies of the role, without --branch


def edit_pipelines(inputs: PipelineInputs) -> EditOutcome:
    """Edit the pipelines.

    Args:
        inputs: The pipelines.
    """
    outcome = EditOutcome([], [], [])
    for path, pipeline in inputs.files.items():
        planner = _FilePlanner(path, pipeline, inputs)
        edits = planner.edits()
        outcome.skipped.extend(planner.skipped())
        if edits:
            outcome.changes.append(file_change(path, pipeline.raw, edits))
            outcome.next_steps.extend(planner.next_steps())
    return outcome


class _FilePlanner:
    """Plans the edits of one pipeline."""

    def __init__(self, path: str, pipeline: Pipeline, inputs: PipelineInputs) -> None:
        self._path = path
        self._pipeline = pipeline
        self._inputs = inputs
        self._named = inputs.target.manifest.deployment.jobs
        variables = inputs.target.variables()
        self._fields = {item.name: item for item in variables}
        self._chooser = PipelineChooser(
            pipeline, variables, inputs.unavailable, inputs.different, self._job_problem
        )
        choice = self._chooser.choose()
        self._chosen, self._reasons = choice.chosen, choice.reasons
        self._problem = ""

    def _job_problem(self, job: PipelineJob) -> str:
        if self._is_not_named(job.name):
            return NOT_NAMED.format(job.name)
        return self._pipeline.problem or job.problem

    def _is_not_named(self, job: str) -> bool:
        in_file = f"{self._path.rpartition('/')[2]}:{job}"
        return job not in self._named and in_file not in self._named

    def _jobs(self) -> list[PipelineJob]:
        """Return the jobs to edit."""
        return [job for job in self._pipeline.jobs if self._chosen.get(job.name)]

    def edits(self) -> list[Edit]:
        """Return the edits; empty if nothing can be edited with certainty."""
        jobs = {job.name: self._job_edit(job) for job in self._jobs()}
        if not jobs:
            return []
        names = set().union(*(self._chosen[name] for name in jobs))
        removed = names.intersection(self._pipeline.values)
        editor = PipelineEditor(self._path, self._pipeline.raw)
        try:
            edits = list(self._edits(editor, jobs))
            if self._pipeline.variables and removed:
                edits += editor.remove(self._pipeline.variables, removed)
        except EditError as error:
            self._problem = str(error)
            return []
        after = apply_edits(self._pipeline.raw, edits)
        if is_exact_pipeline_edit(self._pipeline.raw, after, jobs, removed):
            return edits
        self._problem = NOT_EXACT
        return []

    def _edits(self, editor: PipelineEditor, jobs: Mapping[str, PipelineEdit]) -> Iterator[Edit]:
        for job in self._jobs():
            edit = jobs[job.name]
            yield from editor.pipeline_job_edits(job, edit)
            if job.variables and edit.removed:
                yield from editor.remove(job.variables, edit.removed)

    def _job_edit(self, job: PipelineJob) -> PipelineEdit:
        """Describe the edits of a job."""
        chosen = sorted(self._chosen[job.name])
        target = self._inputs.target
        item = job.script[job.position]
        return PipelineEdit(
            key=item.key,
            number=item.number,
            command=read_script(target, [self._fields[name] for name in chosen]),
            audience=target.audience,
            removed=[name for name in chosen if name in job.values],
        )

    def skipped(self) -> Iterator[Skipped]:
        """Yield the lines that remain, with the reasons.

        In jobs that are not named, these are only the lines that set or read variables.
        """
        lines = [item for item in self._inputs.variables if item.path == self._path]
        listed = {(item.line, item.variable) for item in lines}
        known = set()
        reported = set()
        for use in filter(self._is_reported, self._pipeline.uses):
            place = (use.line, use.variable)
            is_new = place not in known
            known.add(place)
            key = (use.job, use.variable, use.is_set)
            reason = self._reason(use.job, use.variable)
            if reason and is_new and (place in listed or key not in reported):
                reported.add(key)
                yield self._skip(use.line, use.variable, reason)
        for item in lines:
            if (item.line, item.variable) not in known:
                yield self._skip(item.line, item.variable, self._line_reason(item.unit))

    def _is_reported(self, use: VariableUse) -> bool:
        """Return whether shield.toml names the job of a use, or another job for a common use."""
        if use.job:
            return not self._is_not_named(use.job)
        return not self._names_no_job()

    def _names_no_job(self) -> bool:
        """Return whether shield.toml names no job of the pipeline."""
        jobs = self._chooser.job_problems
        return bool(jobs) and all(map(self._is_not_named, jobs))

    def _line_reason(self, job: str) -> str:
        """Return why a line that sets or reads a variable remains."""
        if self._names_no_job():
            return NO_JOB
        problem = self._chooser.job_problems.get(job, "")
        return self._pipeline.problem or problem or NOT_A_VARIABLE

    def _reason(self, job: str, variable: str) -> str:
        """Return why a use remains; empty if it is edited."""
        if self._pipeline.problem:
            return self._pipeline.problem
        jobs = [job] if job else sorted(self._chooser.job_problems, key=self._is_not_named)
        reasons = (self._reasons.get((name, variable), "") for name in jobs)
        return next(filter(None, reasons), self._problem)

    def _skip(self, line: int, name: str, reason: str) -> Skipped:
        return SkipId.LINE_REMAINS.reason(problem=reason).entry(self._path, line, name)

    def next_steps(self) -> Iterator[str]:
        """Yield what to do before and after the pipeline runs again."""
        role = role_name(self._inputs.target.manifest.app)
        for branch in dict.fromkeys(job.branch or DEFAULT_BRANCH for job in self._jobs()):
            command = f"{self._inputs.command} --branch {branch}"
            yield ROLE.format(self._path, role, command)
        for job in self._jobs():
            names = ", ".join(sorted(self._chosen[job.name]))
            yield REMOVE.format(self._path, job.name, names)
