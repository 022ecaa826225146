"""The parts of a GitLab pipeline that edits of its secrets depend on. Offsets are in bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.workflow import WorkflowEnv

TOKEN = "SHIELD_AWS_TOKEN"  # the ID token with which a job reads its secrets from AWS
PIPELINE_FILE = ".gitlab-ci.yml"


class VariableUse(NamedTuple):
    """A place that sets or names a variable."""

    variable: str
    job: str  # empty outside of jobs
    start: int
    line: int
    is_set: bool  # a key of `variables`
    problem: str = ""  # why it can't be read from AWS there; empty if it can


class ScriptItem(NamedTuple):
    """An item of `before_script` or `script`."""

    key: str
    number: int
    start: int
    text: str


class PipelineJob(NamedTuple):
    """A job with a script."""

    name: str
    script: tuple[ScriptItem, ...] = ()
    script_start: int = 0  # of the key `before_script` or `script`, the one that runs first
    tokens: WorkflowEnv | None = None  # its `id_tokens`
    variables: WorkflowEnv | None = None
    values: Mapping[str, str | None] = {}  # of its variables; None if it is not a text
    position: int = 0  # the item of the script before which the AWS CLI is available
    branch: str = ""  # the only branch that it runs on; empty: the default branch
    environment: str = ""
    script_problems: Mapping[str, str] = {}  # why a variable can't be read from AWS, by its name
    has_jq: bool = False  # jq is available where the secrets are read
    read: frozenset[str] = frozenset()  # the variables that it already reads from AWS
    problem: str = ""  # why it can't be edited; empty if it can


class Pipeline(NamedTuple):
    """A .gitlab-ci.yml."""

    raw: bytes
    variables: WorkflowEnv | None = None
    values: Mapping[str, str | None] = {}
    jobs: tuple[PipelineJob, ...] = ()
    uses: tuple[VariableUse, ...] = ()
    problem: str = ""  # why it can't be edited; empty if it can
