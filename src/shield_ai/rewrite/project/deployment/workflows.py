"""Let the jobs of GitHub workflows read secrets from AWS instead of from GitHub.

The jobs are named in the [deployment] table of shield.toml.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.export.github_actions import job_secrets, role_name
from shield_ai.model.deployment import ValueForm
from shield_ai.model.errors import ShieldError
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT, EditOutcome
from shield_ai.rewrite.project.deployment.workflow_check import JobEdit, is_exact_workflow_edit
from shield_ai.rewrite.project.deployment.workflow_choice import (
    VariableChooser,
    exported_names,
    is_removed,
    step_mentions_variable,
)
from shield_ai.rewrite.project.deployment.workflow_edits import WorkflowEditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.edit import Edit
    from shield_ai.model.skip import Skipped
    from shield_ai.model.workflow import SecretUse, Workflow, WorkflowEnv, WorkflowJob

NOT_NAMED = "{} is not in `jobs` of the [deployment] table"
NO_JOB = "`jobs` of the [deployment] table names no job of this workflow"
OTHER_SECRET = "set from the secret {} of GitHub, which can have another value"
NOT_A_SECRET = "its value is not a GitHub secret with the name of a variable in shield.toml"
ROLE = "before {} runs again, create the role {} with the policies of {}"
DEFAULT_BRANCH = "BRANCH"
PERMISSIONS = (
    "{}: the job {} had no `permissions`; its GITHUB_TOKEN now has only the permission "
    "contents: read"
)


class WorkflowInputs(NamedTuple):
    """What the edits of workflows depend on."""

    files: Mapping[str, Workflow]
    variables: Sequence[DeploymentVariable]  # the lines that set variables
    unavailable: Mapping[str, str]  # why a variable can't be read from AWS, by its name
    target: Target
    command: str  # the command that exports the policies of the role, without --branch


def edit_workflows(inputs: WorkflowInputs) -> EditOutcome:
    """Edit the workflows.

    Args:
        inputs: The workflows, and what their edits depend on.
    """
    outcome = EditOutcome([], [], [])
    for path, workflow in inputs.files.items():
        planner = _FilePlanner(path, workflow, inputs)
        edits = planner.edits()
        outcome.skipped.extend(planner.skipped())
        if edits:
            outcome.changes.append(file_change(path, workflow.raw, edits))
            outcome.next_steps.extend(planner.next_steps())
    return outcome


class _FilePlanner:
    """Plans the edits of one workflow."""

    def __init__(self, path: str, workflow: Workflow, inputs: WorkflowInputs) -> None:
        self._path = path
        self._workflow = workflow
        self._inputs = inputs
        self._named = inputs.target.manifest.deployment.jobs
        self._fields = {item.name: item for item in inputs.target.variables()}
        self._chooser = VariableChooser(
            workflow, inputs.target.variables(), inputs.unavailable, self._job_problem
        )
        choice = self._chooser.choose()
        self._chosen, self._reasons = choice.chosen, dict(choice.reasons)
        self._all_jobs = {job.name: job for job in workflow.jobs}
        self._job_edits: dict[str, JobEdit] = {}
        self._problem = ""

    def _job_problem(self, job: WorkflowJob) -> str:
        if self._is_not_named(job.name):
            return NOT_NAMED.format(job.name)
        return self._workflow.problem or job.problem

    def _jobs(self) -> Iterator[WorkflowJob]:
        """Yield the jobs to edit."""
        for job in self._workflow.jobs:
            if self._chosen.get(job.name):
                yield job

    def edits(self) -> list[Edit]:
        """Return the edits; empty if nothing can be edited with certainty."""
        try:
            edits = list(self._edits())
        except (EditError, ShieldError) as error:
            self._problem = str(error)
            return []
        if not edits:
            return []
        after = apply_edits(self._workflow.raw, edits)
        if is_exact_workflow_edit(self._workflow.raw, after, self._job_edits):
            return edits
        self._problem = NOT_EXACT
        return []

    def _edits(self) -> Iterator[Edit]:
        editor = WorkflowEditor(self._path, self._workflow.raw)
        removed: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        for job in self._jobs():
            edit = self._job_edits[job.name] = self._job_edit(job)
            yield from editor.job_edits(job, edit)
            for use in self._uses(job):
                variable = self._chooser.variable_name(use)
                if is_removed(use, self._fields[variable]):
                    removed[use.job, use.step].add(use.variable)
                else:
                    yield editor.replace(use, edit.names[use.secret])
        for place, names in removed.items():
            env = self._env(*place)
            if env:
                yield from editor.remove(env, names)

    def _uses(self, job: WorkflowJob) -> list[SecretUse]:
        chosen = sorted(self._chosen[job.name])
        return [use for name in chosen for use in self._chooser.uses(job.name, name)]

    def _env(self, name: str, step: int) -> WorkflowEnv | None:
        job = self._all_jobs.get(name)
        if job is None:
            return self._workflow.env
        return job.steps[step].env if step >= 0 else job.env

    def _job_edit(self, job: WorkflowJob) -> JobEdit:
        """Describe the edits of a job."""
        chosen = sorted(self._chosen[job.name])
        variables = []
        for name in chosen:
            for exported in sorted(exported_names(name, self._chooser.uses(job.name, name))):
                variables.append(self._fields[name]._replace(name=exported))
        secrets = job_secrets(self._inputs.target, variables)
        names = {name.upper(): secrets.names.get(name, name) for name in chosen}
        exported_texts = {item.name for item in variables if not item.field}
        position = self._position(job, chosen)
        return JobEdit(position, secrets.steps, names, exported_texts, job.permissions.added)

    def _position(self, job: WorkflowJob, chosen: Sequence[str]) -> int:
        """Return the first step that can use one of the variables."""
        if any(use.step < 0 for use in self._uses(job)):
            return 0
        for number, step in enumerate(job.steps):
            if any(step_mentions_variable(self._workflow, step, name) for name in chosen):
                return number
        return 0

    def skipped(self) -> Iterator[Skipped]:
        """Yield the lines that remain, with the reasons.

        In jobs that are not named, these are only the lines that set variables.
        """
        known = set()
        for use in filter(self._is_reported, self._workflow.uses):
            variable = self._chooser.variable_name(use)
            known |= {(use.line, variable), (use.line, use.variable)}
            name = variable or use.variable
            if name in self._fields and (reason := self._reason(use, variable)):
                yield self._skip(use.line, name, reason)
        reading = {job.name for job in self._workflow.jobs if job.reads_secrets}
        for item in self._inputs.variables:
            if item.path != self._path or (item.line, item.variable) in known:
                continue
            # A step that reads secrets from AWS passes them on, as in `${{ env.NAME }}`.
            if item.form is not ValueForm.REFERENCE or item.unit not in reading:
                yield self._skip(item.line, item.variable, self._line_reason(item.unit))

    def _is_reported(self, use: SecretUse) -> bool:
        """Return whether shield.toml names the job of a use.

        For a use in the workflow's `env`, this can be any job.
        """
        if use.job:
            return not self._is_not_named(use.job)
        return not self._names_no_job()

    def _line_reason(self, job: str) -> str:
        """Return why a line that sets a variable in another way remains."""
        if self._names_no_job():
            return NO_JOB
        problem = self._chooser.job_problems.get(job, "")
        return self._workflow.problem or problem or NOT_A_SECRET

    def _names_no_job(self) -> bool:
        """Return whether shield.toml names no job of the workflow."""
        jobs = self._chooser.job_problems
        return bool(jobs) and all(map(self._is_not_named, jobs))

    def _reason(self, use: SecretUse, variable: str) -> str:
        """Return why an expression remains; empty if it is edited."""
        if not variable:
            problem = self._chooser.job_problems.get(use.job, "")
            return problem or OTHER_SECRET.format(use.secret)
        jobs = [use.job] if use.job else sorted(self._chooser.job_problems, key=self._is_not_named)
        reasons = (self._reasons.get((job, variable), "") for job in jobs)
        return next(filter(None, reasons), self._problem)

    def _is_not_named(self, job: str) -> bool:
        in_file = f"{self._path.rpartition('/')[2]}:{job}"
        return job not in self._named and in_file not in self._named

    def _skip(self, line: int, name: str, reason: str) -> Skipped:
        return SkipId.LINE_REMAINS.reason(problem=reason).entry(self._path, line, name)

    def next_steps(self) -> Iterator[str]:
        """Yield what to do before the workflow runs again."""
        role = role_name(self._inputs.target.manifest.app)
        for option in dict.fromkeys(map(_subject_option, self._jobs())):
            yield ROLE.format(self._path, role, f"{self._inputs.command} {option}")
        for job in self._jobs():
            if job.permissions.is_guess:
                yield PERMISSIONS.format(self._path, job.name)


def _subject_option(job: WorkflowJob) -> str:
    """Return the option of shield export for the tokens of a job."""
    if job.environment:
        return f"--github-environment {shlex.quote(job.environment)}"
    return f"--branch {job.branch or DEFAULT_BRANCH}"
