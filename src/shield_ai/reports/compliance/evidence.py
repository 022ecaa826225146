"""Results of controls: shown, not shown, or not checked.

`Shown` and `NotShown` require evidence.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    EvidenceTuple = tuple["Evidence", *tuple["Evidence", ...]]


class ControlState(enum.StrEnum):
    """The result of a control."""

    SHOWN = "shown"
    NOT_SHOWN = "not shown"
    NOT_CHECKED = "not checked"


class Source(enum.StrEnum):
    """Where evidence comes from, besides the checks of `shield verify`."""

    SCAN = "scan"  # the findings of `shield scan`
    SECRETS = "secrets"  # the state of each secret in AWS
    ROTATIONS = "rotations"  # the rotation state of each secret in AWS
    CLOUDTRAIL = "cloudtrail"
    ALARMS = "alarms"  # the alarms and event rules in AWS
    JOURNAL = "journal"  # the record of `shield apply`


class Evidence(NamedTuple):
    """One observation, and when and where it was made."""

    source: Source | str
    text: str
    time: datetime
    commit: str = ""  # the commit of the app; empty outside git
    account: str = ""  # the AWS account; empty if AWS was not checked

    def __str__(self) -> str:
        """Return the observation and where it was made."""
        places = [str(self.source), f"{self.time:%Y-%m-%d %H:%M} UTC"]
        if self.commit:
            places.append(f"commit {self.commit}")
        if self.account:
            places.append(f"account {self.account}")
        return f"{self.text} ({', '.join(places)})"


class _Result(msgspec.Struct, frozen=True):
    """A result with at least one piece of evidence."""

    evidence: EvidenceTuple
    state: ClassVar[ControlState]

    def __post_init__(self) -> None:
        """Reject a result without evidence.

        Raises:
            ValueError: There is no evidence.
        """
        if not self.evidence:
            raise ValueError("a result without evidence")

    @property
    def lines(self) -> list[str]:
        """The evidence as text."""
        return [str(item) for item in self.evidence]


class Shown(_Result, frozen=True):
    """The evidence shows that the control holds."""

    state = ControlState.SHOWN


class NotShown(_Result, frozen=True):
    """The evidence contradicts the control."""

    state = ControlState.NOT_SHOWN


class NotChecked(msgspec.Struct, frozen=True):
    """There is no evidence for or against the control."""

    reason: str
    state: ClassVar[ControlState] = ControlState.NOT_CHECKED

    @property
    def lines(self) -> list[str]:
        """Why there is no evidence."""
        return [self.reason]


ControlResult = Shown | NotShown | NotChecked
