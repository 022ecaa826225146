"""Choose which secrets the jobs of a workflow read from AWS, and explain why others remain."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from shield_ai.model.workflow import Place
from shield_ai.rewrite.project.deployment.job_choice import (
    AWS_LOGIN,
    AWS_NAME,
    Choice,
    choose_variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import PlatformVariable
    from shield_ai.model.workflow import SecretUse, Workflow, WorkflowJob, WorkflowStep
    from shield_ai.rewrite.project.deployment.job_choice import JobVariable

RESERVED = "variables that start with GITHUB_ or RUNNER_ are set by GitHub"
OTHER_VALUE = "the job or the workflow sets {} to another value"
FIELD_IN_JOB = (
    "{} is a field of a JSON secret, and the env of a job can't read fields: set it in the steps "
    "that use it"
)
COMBINED_IN_JOB = "{} combines a secret with other text: set it in the steps that use it"
COMMON = "the env of the workflow sets it for all jobs, and the job {} still needs it there"
STATUS = "a step that uses it has if: {}, so it also runs if the secrets could not be read"
SAME_SECRET = "shield.toml has this variable more than once, in different case"
STATUS_CALL = re.compile(r"\b(?:always|failure|cancelled)\s*\(\s*\)")
RESERVED_NAME = re.compile(r"(?:GITHUB|RUNNER)_", re.IGNORECASE)


class VariableChooser:
    """Chooses the variables of one workflow.

    Args:
        workflow: The workflow.
        variables: The variables of the secrets in shield.toml.
        unavailable: Why a variable can't be read from AWS, by its name.
        job_problem: Returns why a job can't be edited; empty if it can.
    """

    def __init__(
        self,
        workflow: Workflow,
        variables: Sequence[PlatformVariable],
        unavailable: Mapping[str, str],
        job_problem: Callable[[WorkflowJob], str],
    ) -> None:
        self._workflow = workflow
        self._variables = {variable.name: variable for variable in variables}
        self._unavailable = unavailable
        self._names_by_secret: defaultdict[str, list[str]] = defaultdict(list)  # in upper case
        for variable in variables:
            self._names_by_secret[variable.name.upper()].append(variable.name)
        self._uses: defaultdict[JobVariable, list[SecretUse]] = defaultdict(list)
        for use in workflow.uses:
            self._uses[use.job, self.variable_name(use)].append(use)
        self._jobs = {job.name: job for job in workflow.jobs}
        self.job_problems = {job.name: job_problem(job) for job in workflow.jobs}

    def variable_name(self, use: SecretUse) -> str:
        """Return the variable in shield.toml with the name of a GitHub secret; empty without one.

        Args:
            use: An expression with the secret.
        """
        return next(iter(self._names_by_secret.get(use.secret, ())), "")

    def uses(self, job: str, variable: str) -> list[SecretUse]:
        """Return the uses of a variable in a job and in the `env` of the workflow.

        Args:
            job: The job; empty for the env of the workflow alone.
            variable: Its name in shield.toml.
        """
        common = self._uses.get(("", variable), []) if job else []
        return [*common, *self._uses.get((job, variable), [])]

    def choose(self) -> Choice:
        """Choose the variables."""
        common = {name for name in self._variables if self.uses("", name)}
        return choose_variables(self._jobs, self._variables, self._reason_of, common, COMMON)

    def _reason_of(self, job_name: str, variable: str) -> str | None:
        """Return why a job does not read a variable from AWS; "" if it does, None without a use."""
        uses = self.uses(job_name, variable)
        if not uses:
            return None
        return self.job_problems[job_name] or self._reason(self._jobs[job_name], variable, uses)

    def _reason(self, job: WorkflowJob, variable: str, uses: Sequence[SecretUse]) -> str:
        """Return why a job does not read a variable from AWS; empty if it does."""
        for name in exported_names(variable, uses):
            if reason := _name_problem(name):
                return reason
        if len(self._names_by_secret[variable.upper()]) > 1:
            return SAME_SECRET
        if reason := self._unavailable.get(variable, ""):
            return reason
        for use in uses:
            if reason := use.problem or self._outer_problem(use, variable):
                return reason
        return next(self._conflicts(job, variable, uses), "")

    def _outer_problem(self, use: SecretUse, variable: str) -> str:
        """Return why the `env` of a job or the workflow can't be edited; empty if it can."""
        if use.step >= 0:
            return ""
        if not use.is_whole:
            return COMBINED_IN_JOB.format(use.variable)
        return FIELD_IN_JOB.format(use.variable) if self._variables[variable].field else ""

    def _conflicts(
        self, job: WorkflowJob, variable: str, uses: Sequence[SecretUse]
    ) -> Iterator[str]:
        """Yield what does not work if the job reads a variable from AWS."""
        removed = {use.variable for use in uses if use.step < 0}
        taken = self._outer_names(job) - removed
        for name in exported_names(variable, uses):
            is_other = name != variable and name in self._variables
            if is_other or name in taken:
                yield OTHER_VALUE.format(name)
        for step in job.steps:
            if STATUS_CALL.search(step.condition) and step_mentions_variable(
                self._workflow, step, variable
            ):
                yield STATUS.format(step.condition)

    def _outer_names(self, job: WorkflowJob) -> set[str]:
        """Return the variables that all steps of a job have."""
        envs = (job.env, self._workflow.env)
        return {name for env in envs if env for name, _, _ in env.entries}


def _name_problem(name: str) -> str:
    """Return why a job can't set a variable for its steps; empty if it can."""
    if RESERVED_NAME.match(name):
        return RESERVED
    return AWS_LOGIN.format(name) if AWS_NAME.fullmatch(name) else ""


def exported_names(variable: str, uses: Sequence[SecretUse]) -> set[str]:
    """Return the names under which a job needs a variable.

    Args:
        variable: Its name in shield.toml.
        uses: Its uses in the job.
    """
    return {use.variable if use.step < 0 else variable for use in uses}


def step_mentions_variable(workflow: Workflow, step: WorkflowStep, variable: str) -> bool:
    """Return whether a step contains the name of a variable, or the secret with this name.

    Args:
        workflow: The workflow.
        step: The step.
        variable: The name.
    """
    name = re.escape(variable).encode()
    pattern = rb"\b(?:" + name + rb"|(?i:secrets\." + name + rb"))\b"
    return re.compile(pattern).search(workflow.raw, step.start, step.end) is not None


def is_removed(use: SecretUse, variable: PlatformVariable) -> bool:
    """Return whether an assignment is removed, because the job gets the variable from AWS.

    Args:
        use: The expression with the secret.
        variable: Its variable in shield.toml.
    """
    is_assignment = use.place is Place.ENV and use.is_whole and not variable.field
    return is_assignment and (use.step < 0 or use.variable == variable.name)
