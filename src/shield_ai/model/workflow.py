"""Model the parts of a GitHub Actions workflow that are needed to replace its secrets.

Offsets are in bytes.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

# Branches and environments that the trust policy of a workflow's IAM role may name. They contain
# no wildcards: the entries of `on.push.branches` can be patterns.
BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,243}")
ENVIRONMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,254}")


class Place(enum.Enum):
    """Where a workflow uses a secret."""

    ENV = enum.auto()  # the value of a variable in `env`
    INPUT = enum.auto()  # an input of an action
    SCRIPT = enum.auto()  # a `run`


class SecretUse(NamedTuple):
    """An expression with a secret of GitHub, such as `${{ secrets.NAME }}`."""

    secret: str  # in upper case: GitHub ignores the case of names
    job: str  # empty for the `env` of the workflow
    step: int  # -1 outside of steps
    place: Place
    variable: str  # the env var that it sets; empty for other places
    is_whole: bool  # the value is nothing but this secret
    start: int  # start of `secrets.NAME`; in a script, start of the entire `${{ … }}`
    end: int
    line: int
    quote: str = ""  # the quote of the shell around it
    problem: str = ""  # why it can't be replaced; empty if it can


class WorkflowEnv(NamedTuple):
    """An `env` of a workflow, a job or a step."""

    key_start: int
    end: int
    entries: tuple[tuple[str, int, int], ...]  # name, start and end of each
    next_key: int  # the start of the next key, in a step that begins with `env`; otherwise 0


class WorkflowStep(NamedTuple):
    """A step of a job, with the byte offsets of its editable parts."""

    start: int  # of its first key
    end: int
    condition: str
    env: WorkflowEnv | None


class Permissions(NamedTuple):
    """The permissions to add to a job."""

    # If the job has a permissions map, only the missing ones; otherwise the complete map.
    added: Mapping[str, str] = {}
    map_start: int = 0  # of the `permissions` map of the job; 0 without one
    map_end: int = 0
    is_guess: bool = False  # neither the job nor the workflow has `permissions`
    problem: str = ""  # why they can't be added; empty if they can


class WorkflowJob(NamedTuple):
    """A job, with the byte offsets of its editable parts."""

    name: str
    steps_start: int  # of the key `steps`
    steps: tuple[WorkflowStep, ...] = ()
    env: WorkflowEnv | None = None
    permissions: Permissions = Permissions()
    branch: str = ""  # the branch that triggers it; empty for the default branch
    # The job's GitHub environment; if set, the role trusts it instead of a branch.
    environment: str = ""
    problem: str = ""  # why it can't be edited; empty if it can
    reads_secrets: bool = False  # from AWS Secrets Manager


class Workflow(NamedTuple):
    """A workflow of GitHub Actions."""

    raw: bytes
    env: WorkflowEnv | None = None
    jobs: tuple[WorkflowJob, ...] = ()
    uses: tuple[SecretUse, ...] = ()
    problem: str = ""  # why it can't be edited; empty if it can
