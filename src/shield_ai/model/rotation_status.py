"""Values of `state` and `by` in the JSON of `shield rotate --status`."""

from __future__ import annotations

import enum


class RotationPhase(enum.StrEnum):
    """The state of a secret's rotation."""

    OK = "ok"
    DUE = "due"
    PENDING = "pending"  # started and not finished
    UNSCHEDULED = "no schedule"
    NOT_IN_AWS = "not in AWS"


class RotatedBy(enum.StrEnum):
    """Who or what rotates a secret."""

    AWS = "AWS"  # a Lambda function
    SHIELD = "shield"  # this command, from cron or CI
    HAND = "hand"  # a person
