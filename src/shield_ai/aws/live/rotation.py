"""Rotation as Secrets Manager keeps it: how a secret stands, and RotateSecret."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.aws.live.session import translate_errors
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.rotator.errors import RotationError
from shield_ai.rotator.values import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.aws.live.session import Session
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.resource import Settings

# seconds; a function has up to 15 minutes, and Secrets Manager tries again by itself
PAUSE, PATIENCE = 0.5, 300.0


class RotationState(msgspec.Struct, frozen=True, kw_only=True):
    """How a secret stands. All times are UTC."""

    last: datetime | None = None  # when its current value was made
    next: datetime | None = None  # as AWS has planned it
    function: str = ""  # the ARN of the Lambda function that rotates it
    pending: str = ""  # the version of a rotation that has begun and not ended
    since: datetime | None = None  # when that one was made


class RotationClient:
    """Rotation in one account and region. Every method raises AwsError when AWS refuses."""

    def __init__(self, session: Session) -> None:
        self.client = session.secretsmanager()

    def state(self, name: str) -> RotationState | None:
        """Look at one secret; None where there is none, or one that is to be deleted."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                answer = self.client.describe_secret(SecretId=name)
            except self.client.exceptions.ResourceNotFoundException:
                return None
        if answer.get("DeletedDate"):
            return None
        stages = answer.get("VersionIdsToStages", {})
        current, pending = (_holder(stages, stage) for stage in ("AWSCURRENT", "AWSPENDING"))
        pending = "" if pending == current else pending
        made = self._made(name)
        enabled = answer.get("RotationEnabled")
        return RotationState(
            last=made.get(current),
            next=answer.get("NextRotationDate") if enabled else None,
            function=answer.get("RotationLambdaARN", "") if enabled else "",
            pending=pending,
            since=made.get(pending),
        )

    def _made(self, name: str) -> dict[str, datetime]:
        """Say when each version was made."""
        made: dict[str, datetime] = {}
        more: dict[str, str] = {}
        with translate_errors("secretsmanager:ListSecretVersionIds", name):
            while True:
                # as above
                answer = self.client.list_secret_version_ids(SecretId=name, **more)  # type: ignore[arg-type]
                made |= {
                    version["VersionId"]: version["CreatedDate"] for version in answer["Versions"]
                }
                if not answer.get("NextToken"):
                    return made
                more = {"NextToken": answer["NextToken"]}

    def begin(self, name: str) -> str:
        """Let AWS call the secret's function, now; return the version that is to become the current one.

        Where a rotation is stuck, AWS takes that one up again.
        """
        token = str(uuid.uuid4())
        with translate_errors("secretsmanager:RotateSecret", name):
            try:
                return self.client.rotate_secret(SecretId=name, ClientRequestToken=token)[
                    "VersionId"
                ]
            except self.client.exceptions.InvalidRequestException:
                # "A previous rotation isn't complete. That rotation will be reattempted."
                state = self.state(name)
                if state is None or not state.pending:
                    raise
                return state.pending

    def wait(self, name: str, token: str, patience: float = PATIENCE) -> bool:
        """Wait until a version is the current one; False when it is pending no more, and has not become that.

        AWS itself takes away the version with which it has tried a new configuration.

        Raises:
            AwsError: It is pending still; the function's log says why.
        """
        end = time.monotonic() + patience
        while True:
            stages = self._stages(name).get(token, [])
            if "AWSCURRENT" in stages or not stages:
                return bool(stages)
            if time.monotonic() > end:
                raise AwsError(
                    f"{name} is still pending after {patience:.0f} seconds; nothing is lost, and AWS tries again",
                    f"see the function's log, then shield rotate --status {name}",
                )
            time.sleep(PAUSE)

    def _stages(self, name: str) -> dict[str, list[str]]:
        with translate_errors("secretsmanager:DescribeSecret", name):
            return self.client.describe_secret(SecretId=name).get("VersionIdsToStages", {})

    def upsert(self, name: str, values: Mapping[str, Hidden]) -> None:
        """Make these the current values; the old ones stay as AWSPREVIOUS.

        Args:
            name: Of the secret.
            values: By field; the empty name is the text itself, in a JSON secret the usual field.
        """
        with translate_errors("secretsmanager:GetSecretValue", name):
            text = self.client.get_secret_value(SecretId=name).get("SecretString", "")
        for field, value in values.items():
            try:
                text = write(text, value.reveal(), field)
            except RotationError:
                what = f"the field {field}" if field else "one of the usual fields"
                raise ShieldError(f"{name} is JSON without {what}", "change it in AWS") from None
        with translate_errors("secretsmanager:PutSecretValue", name):
            self.client.put_secret_value(
                SecretId=name, ClientRequestToken=str(uuid.uuid4()), SecretString=text
            )


class RotationSchedule:
    """The schedule of a secret's rotation, by the secret's name: `function`, `schedule` and `window`."""

    def __init__(self, session: Session) -> None:
        self._client = session.secretsmanager()

    def read(self, name: str) -> Settings | None:
        """Return which function rotates it, and when; None where rotation is off, or no secret is there."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                answer = self._client.describe_secret(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        if not answer.get("RotationEnabled") or answer.get("DeletedDate"):
            return None
        rules = answer.get("RotationRules", {})
        days = rules.get("AutomaticallyAfterDays", 0)
        return {
            "function": answer.get("RotationLambdaARN", ""),
            "schedule": rules.get("ScheduleExpression") or f"rate({days} days)",
            "window": rules.get("Duration", ""),
        }

    # one call does all
    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:  # noqa: ARG002
        """Turn it on, or change it; nothing is rotated now."""
        window = {"Duration": settings["window"]} if settings["window"] else {}
        rules: Any = {"ScheduleExpression": settings["schedule"], **window}
        with translate_errors("secretsmanager:RotateSecret", name):
            try:
                self._client.rotate_secret(
                    SecretId=name,
                    RotationLambdaARN=settings["function"],
                    RotationRules=rules,
                    RotateImmediately=False,
                )
            except self._client.exceptions.InvalidRequestException:
                # AWS took note, and says that a rotation is under way
                if self.read(name) != settings:
                    raise

    def delete(self, name: str) -> None:
        """Turn it off; a rotation that is under way ends by itself."""
        if self.read(name) is None:
            return
        with translate_errors("secretsmanager:CancelRotateSecret", name):
            self._client.cancel_rotate_secret(SecretId=name)


def _holder(stages: dict[str, Any], stage: str) -> str:
    return next((version for version, labels in stages.items() if stage in labels), "")
