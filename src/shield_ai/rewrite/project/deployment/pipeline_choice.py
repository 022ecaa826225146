"""Choose which secrets the jobs of a GitLab pipeline read from AWS, and why others remain."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.deployment.job_choice import (
    AWS_LOGIN,
    AWS_NAME,
    Choice,
    choose_variables,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import PlatformVariable
    from shield_ai.model.pipeline import Pipeline, PipelineJob, VariableUse

RESERVED = "GitLab uses the variable CI and those that start with CI_, FF_, GITLAB_ or RUNNER_"
READS_SECRETS = "the job already reads other secrets with {}: add it to them"
COMMON = "the variables of the pipeline set it for all jobs, and the job {} still needs it there"
OTHER_SOURCE = "set from something other than the GitLab variable {}, and may have another value"
NOT_TEXT = "its value is not a string"
NO_JQ = (
    "it is a field of a JSON secret, and the image is not known to contain jq: install or use jq "
    "before the variable"
)
TOO_EARLY = "it is used before the AWS CLI is known to be installed"
RESERVED_NAME = regex(r"(?:CI|GITLAB|RUNNER|FF)_.*|CI")


class PipelineChooser:
    """Chooses the variables of one pipeline.

    Args:
        pipeline: The pipeline.
        variables: The variables of the secrets in shield.toml.
        unavailable: Why a variable can't be read from AWS, by its name.
        different: Why AWS has another value of a variable than a file, by its name.
        job_problem: Returns why a job can't be edited; empty if it can.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        variables: Sequence[PlatformVariable],
        unavailable: Mapping[str, str],
        different: Mapping[str, str],
        job_problem: Callable[[PipelineJob], str],
    ) -> None:
        self._pipeline = pipeline
        self._variables = {variable.name: variable for variable in variables}
        self._unavailable = unavailable
        self._different = different
        self._uses: defaultdict[tuple[str, str], list[VariableUse]] = defaultdict(list)
        for use in pipeline.uses:
            self._uses[use.job, use.variable].append(use)
        self._jobs = {job.name: job for job in pipeline.jobs}
        self.job_problems = {job.name: job_problem(job) for job in pipeline.jobs}

    def choose(self) -> Choice:
        """Choose the variables."""
        common = {
            name for name in self._variables if any(use.is_set for use in self._uses["", name])
        }
        return choose_variables(self._jobs, self._variables, self._reason_of, common, COMMON)

    def _reason_of(self, job_name: str, variable: str) -> str | None:
        """Return why a job does not read a variable from AWS; "" if it does.

        None means that there is nothing to edit: the job does not use the variable, or already
        reads it from AWS.
        """
        job = self._jobs[job_name]
        uses = [*self._uses["", variable], *self._uses[job_name, variable]]
        if not uses or variable in job.read:
            return None
        return self.job_problems[job_name] or self._reason(job, variable, uses)

    def _reason(self, job: PipelineJob, variable: str, uses: Sequence[VariableUse]) -> str:
        """Return why a job does not read a variable from AWS; empty if it does."""
        if RESERVED_NAME.fullmatch(variable):
            return RESERVED
        if AWS_NAME.fullmatch(variable):
            return AWS_LOGIN.format(variable)
        if job.read:
            return READS_SECRETS.format(", ".join(sorted(job.read)))
        if reason := self._unavailable.get(variable, ""):
            return reason
        return next(self._conflicts(job, variable, uses), "")

    def _conflicts(
        self, job: PipelineJob, variable: str, uses: Sequence[VariableUse]
    ) -> Iterator[str]:
        """Yield what does not work if the job reads a variable from AWS."""
        problems = [use.problem for use in uses]
        problems.append(job.script_problems.get(variable, ""))
        yield from filter(None, problems)
        for values in (self._pipeline.values, job.values):
            if variable in values:
                yield from self._value_problems(variable, values[variable])
        if self._variables[variable].field and not job.has_jq:
            yield NO_JQ
        before = job.script[: job.position]
        is_set = any(use.is_set for use in uses)
        if job.position and (is_set or any(_mentions(item.text, variable) for item in before)):
            yield TOO_EARLY

    def _value_problems(self, variable: str, value: str | None) -> Iterator[str]:
        """Yield why the value in the file may differ from that in AWS."""
        if value is None:
            yield NOT_TEXT
        elif value not in {f"${variable}", f"${{{variable}}}"}:
            if "$" in value:
                yield OTHER_SOURCE.format(variable)
            if different := self._different.get(variable, ""):
                yield different


def _mentions(text: str, variable: str) -> bool:
    return re.search(rf"\b{variable}\b", text) is not None
