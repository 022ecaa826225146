"""Choose which secrets the jobs of a workflow or pipeline read from AWS."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    JobVariable = tuple[str, str]  # the job and the variable

AWS_LOGIN = "{} configures the AWS SDKs: let the job assume a role instead"
# Variables of the AWS SDKs: set for the whole job, they would change the login of other steps.
AWS_NAME = re.compile(
    r"AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|PROFILE|(?:DEFAULT_)?REGION|ROLE_ARN)"
)


class Choice(NamedTuple):
    """The variables that jobs read from AWS, and why the others remain."""

    chosen: Mapping[str, set[str]]  # job -> variables
    reasons: Mapping[JobVariable, str]  # why other variables remain


def choose_variables(
    jobs: Collection[str],
    variables: Iterable[str],
    reason_of: Callable[[str, str], str | None],
    common: Collection[str],
    common_reason: str,
) -> Choice:
    """Choose the variables of each job.

    Args:
        jobs: The names of the jobs.
        variables: The variables of the secrets in shield.toml.
        reason_of: Returns why a job does not read a variable from AWS; empty if it does, and None
            if it does not use the variable.
        common: The variables that the file sets for all jobs: if one job can't read such a variable
            from AWS, it remains for all jobs.
        common_reason: Why they remain for the other jobs, with `{}` for the name of that job.
    """
    chosen: defaultdict[str, set[str]] = defaultdict(set)
    reasons: dict[JobVariable, str] = {}
    for variable in variables:
        users = []
        blocked_job = ""  # the first job that can't read the variable from AWS
        for job in jobs:
            reason = reason_of(job, variable)
            if reason:
                reasons[job, variable] = reason
                blocked_job = blocked_job or job
            elif reason is not None:
                users.append(job)
        for job in users:
            if blocked_job and variable in common:
                reasons[job, variable] = common_reason.format(blocked_job)
            else:
                chosen[job].add(variable)
    return Choice(chosen, reasons)
