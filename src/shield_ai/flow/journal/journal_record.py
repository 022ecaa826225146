"""The records of the journal: a type for each kind of line, and how the lines are read.

Each line has the field `event`. Steps have the event "begin", and also the field `kind`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import msgspec

from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.plan import Action
from shield_ai.model.resource import SECRET_KIND, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    seq: int = 0  # `Journal.write` sets it
    run: str


class RunStart(_Record, frozen=True, kw_only=True, tag="start"):
    """A run starts, or continues after an interruption."""

    files: tuple[str, ...] = ()  # every path that the run may stage
    time: int = 0  # seconds since 1970; 0: unknown, because an earlier version wrote the record
    environment: str | None = None  # empty: none; None: unknown, for the same reason


class FileStep(_Record, frozen=True, kw_only=True, tag="begin"):
    """The run is about to edit a file."""

    kind: Literal["file"] = "file"
    what: str  # the path
    before: str | None = None  # sha256 of the bytes before; None: it did not exist
    after: str  # sha256 of the bytes after
    mode: int = 0  # its mode before; 0: it did not exist
    narrowed: bool = False  # the step removed the permissions of group and others
    backup: bool = False  # the step of an earlier version created a copy beside the file
    folders: tuple[str, ...] = ()  # the folders that the step created


class _AwsStep(_Record, frozen=True, kw_only=True, tag="begin"):
    kind: Literal["aws"] = "aws"
    what: str  # the name in AWS
    action: Action
    settings: Settings | None = None  # after; None: removed
    was: Settings | None = None  # before; None: it did not exist
    account: str
    region: str
    environment: str = ""  # the environment of shield.toml; empty: none was selected


class SecretStep(_AwsStep, frozen=True, kw_only=True, tag="begin"):
    """The run is about to change a secret."""

    previous: str = ""  # the id of the current version before
    token: str = ""  # the ClientRequestToken, which is the id of the new version; empty: no value

    @property
    def resource_key(self) -> tuple[str, str]:
        """The kind and name of what the step changes."""
        return SECRET_KIND, self.what


class ResourceStep(_AwsStep, frozen=True, kw_only=True, tag="begin"):
    """The run is about to change another resource."""

    resource: str  # its kind

    @property
    def resource_key(self) -> tuple[str, str]:
        """The kind and name of what the step changes."""
        return self.resource, self.what


class StepDone(_Record, frozen=True, kw_only=True, tag="done"):
    """A step has completed."""

    of: int  # the seq of the step
    arn: str = ""  # of a secret


class StepUndone(_Record, frozen=True, kw_only=True, tag="undone"):
    """A step was undone."""

    of: int  # the seq of the step


class StepKept(_Record, frozen=True, kw_only=True, tag="kept"):
    """A rollback did not undo a step, because the secret or resource was changed since."""

    of: int  # the seq of the step
    reason: str
    restored: bool = False  # the settings of the secret were restored


class RunEnd(_Record, frozen=True, kw_only=True, tag="end"):
    """Every step of a run has completed."""


AwsStep: TypeAlias = SecretStep | ResourceStep
Step: TypeAlias = FileStep | AwsStep
Record: TypeAlias = RunStart | Step | StepDone | StepUndone | StepKept | RunEnd
RecordT = TypeVar("RecordT", bound=Record)


class _AnyStep(msgspec.Struct, frozen=True, tag_field="event", tag="begin"):
    """The fields of a step that select its type."""

    kind: Literal["file", "aws"]
    resource: str = ""


_Line: TypeAlias = RunStart | _AnyStep | StepDone | StepUndone | StepKept | RunEnd


def decode_record(line: bytes) -> Record:
    """Decode a line of the journal.

    Args:
        line: Without the newline.

    Raises:
        ValueError: The line is not a valid record.
    """
    record: _Line = msgspec.json.decode(line, type=_Line)
    match record:
        case _AnyStep(kind="file"):
            return msgspec.json.decode(line, type=FileStep)
        case _AnyStep(resource=""):
            return msgspec.json.decode(line, type=SecretStep)
        case _AnyStep():
            return msgspec.json.decode(line, type=ResourceStep)
    return record


def require_same_account(steps: Iterable[AwsStep], account: str, region: str) -> None:
    """Require that AWS steps ran in the account and region in use.

    Args:
        steps: The steps.
        account: The AWS account in use.
        region: The AWS region in use.

    Raises:
        UnsafePlanError: A step ran in another account or region.
    """
    for step in steps:
        if (step.account, step.region) == (account, region):
            continue
        remedies = []
        if step.account != account:
            remedies.append(f"sign in to {step.account}")
        if step.region != region:
            remedies.append(f"set the region in shield.toml to {step.region}")
        raise UnsafePlanError(
            f"the last apply was to account {step.account} in {step.region}, "
            f"but the current account is {account} in {region}",
            f"{' and '.join(remedies)}, then run the same command; nothing was changed",
        )
