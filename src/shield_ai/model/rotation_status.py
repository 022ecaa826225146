"""The rotation of a secret, as in the JSON of `shield rotate --status`."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class RotationPhase(enum.StrEnum):
    """The phase of a secret's rotation."""

    OK = "ok"
    DUE = "due"
    PENDING = "pending"  # started and not finished
    UNSCHEDULED = "no schedule"
    NOT_IN_AWS = "not in AWS"


class RotatedBy(enum.StrEnum):
    """Who or what rotates a secret."""

    AWS = "AWS"  # a Lambda function
    SHIELD = "shield"  # `shield rotate`, usually from cron or CI
    MANUAL = "hand"  # a person


class LivePassword(enum.StrEnum):
    """Which version of a secret the database accepts while a rotation is pending."""

    NOT_CHECKED = ""  # no rotation is pending, or the secret is not for a database
    CURRENT = "current"  # possibly the pending one, too
    PENDING = "pending"
    PREVIOUS = "previous"
    NONE = "none"  # the database rejects every version
    UNKNOWN = "unknown"  # the login could not be tried


class RotationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The rotation of a secret: who rotates it, when, and its phase. All times are in UTC."""

    name: str  # as in shield.toml
    by: RotatedBy
    strategy: str = ""
    last: datetime | None = None  # when the current value was created
    next: datetime | None = None
    phase: RotationPhase = msgspec.field(default=RotationPhase.OK, name="state")
    pending: str = ""  # the version of an unfinished rotation
    since: datetime | None = None  # when the unfinished rotation started
    live: LivePassword = LivePassword.NOT_CHECKED  # the version that the database accepts
    problem: str = ""  # why a rotation can't start
