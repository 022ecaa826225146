"""The plan that `shield plan` writes and `shield apply` executes."""

from __future__ import annotations

import enum
from typing import Literal, Self

import msgspec

from shield_ai.model.deployment import DeploymentVariable
from shield_ai.model.edit import FileChange
from shield_ai.model.locator import Locator, parse_locator
from shield_ai.model.resource import Settings
from shield_ai.model.skip import Skipped

# In the steps of a plan, for information: apply moves a literal to a variable of another name.
RENAMED = " moves to the variable "
# A step before the secrets are created.
DEFAULT_REGION = " is only the default region: before shield apply creates the secrets there,"


class Action(enum.StrEnum):
    """What a change does to an AWS resource."""

    CREATE = "create"
    RESTORE = "restore"  # cancel the scheduled deletion of a secret
    UPDATE = "update"
    REMOVE = "remove"
    KEEP = "keep"  # up to date
    DRIFT = "drift"  # changed outside this tool since the last apply; skipped


class ValueState(enum.StrEnum):
    """How the value of an existing secret compares with its source."""

    NOT_COMPARED = ""  # there is no source, or no value in AWS
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    UNKNOWN = "unknown"  # shield did not store the current version


class StepKind(enum.StrEnum):
    """What a step of apply or rollback changes."""

    FILE = "file"
    SECRET = "aws"
    RESOURCE = "resource"


class StepStatus(enum.StrEnum):
    """The result of a step of apply or rollback."""

    DONE = "done"
    UNCHANGED = "unchanged"
    UNDONE = "undone"
    KEPT = "kept"  # rollback did not undo it


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The source of a secret's value, or of one field of it. Never the value itself."""

    locator: str  # the text of a `Locator`
    field: str = ""  # a field of the JSON document; empty for the entire secret

    @classmethod
    def of(cls, source: Locator, field: str = "") -> Self:
        """Create an origin from a locator."""
        return cls(locator=str(source), field=field)

    @property
    def source(self) -> Locator:
        """The parsed locator."""
        return parse_locator(self.locator)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change in AWS, with the permissions that it requires."""

    action: Action
    resource: str  # "secret", or the kind of a `Resource`
    name: str  # the name in AWS, with the app's prefix
    permissions: tuple[str, ...] = ()
    settings: Settings | None = None  # the desired settings; None to remove the resource
    before: Settings | None = None  # the settings at the time of the plan; None if it is missing
    origins: tuple[Origin, ...] = ()  # the sources of a secret's new value; empty: keep the value
    version: str = ""  # the id of a secret's current version at the time of the plan
    value: ValueState = ValueState.NOT_COMPARED


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that apply makes, for review. Contains no values and no timestamps."""

    version: Literal[1] = 1  # of the format; other versions are refused
    app: str
    account: str = ""
    region: str = ""
    environment: str = ""  # the selected environment of shield.toml, or empty
    only: Literal["", "code", "aws"] = ""  # what --only limited the plan to, or empty
    files: tuple[FileChange, ...] = ()
    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    dotenv: tuple[Origin, ...] = ()  # literals to move into .env; `field` is the variable
    harmless: tuple[Skipped, ...] = ()  # names that look like secrets, but are not
    placeholders: tuple[str, ...] = ()  # secrets with a placeholder value such as `changeme`
    # the lines of deployment files that set the variables of the secrets
    deployment: tuple[DeploymentVariable, ...] = ()
    next_steps: tuple[str, ...] = ()  # what the user must do, besides the changes
    missing: tuple[str, ...] = ()  # required secrets without a value in any source
    # SHA-256 of further files, by path; apply refuses changed ones, and `shield plan` names none
    read: dict[str, str] = {}


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one step of apply or rollback."""

    step: StepKind
    what: str  # the path of the file, or the name in AWS
    status: StepStatus
    detail: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison of the settings before and after the edits."""

    modules: tuple[str, ...]  # the settings modules that were loaded; empty: not compared
    problems: tuple[str, ...]  # why modules could not be compared
    lacks_requirements: bool = False  # an import failed
    lacks_project: bool = False  # the app itself is not installed, and its settings ask for it
    lacks_variables: bool = False  # an exception names a variable, or None
    lacks_permission: bool = False  # the sandbox denied a program, a write or the network
    # Variables without a value here; the settings were loaded with sample values for them.
    sample_variables: tuple[str, ...] = ()
    sample_modules: tuple[str, ...] = ()  # the modules that were compared with sample values
    # The interpreter that loaded the settings, if it lacks boto3, which is required with AWS on.
    python_without_boto3: str = ""


NOT_COMPARED = Comparison(modules=(), problems=())


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What an apply did."""

    receipts: tuple[Receipt, ...] = ()
    settings: Comparison = NOT_COMPARED
    # Whether edits of an interrupted apply were never compared.
    leaves_uncompared: bool = False
