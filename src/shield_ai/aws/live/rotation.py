"""Read and write the rotation of secrets in Secrets Manager."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.aws.live.calls import translate_errors
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.rotator.errors import RotationError
from shield_ai.rotator.registry import VALUE_FIELDS
from shield_ai.rotator.values import replace_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.aws.live.session import Session

POLL_INTERVAL = 0.5  # seconds
TIMEOUT = 300.0  # seconds; the rotation may still succeed later, because AWS repeats a failed one
MAX_STARTS = 5


class RotationState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a secret's rotation. All times are UTC."""

    last: datetime | None = None  # when the current version was created
    next: datetime | None = None  # the date that AWS has scheduled
    function: str = ""  # the ARN of the rotation function
    pending: str = ""  # the version of an unfinished rotation
    since: datetime | None = None  # when the pending version was created


class RotationClient:
    """Rotation in one account and region. Methods raise AwsError if a call fails."""

    def __init__(self, session: Session) -> None:
        self.client = session.secretsmanager()

    def state(self, name: str) -> RotationState | None:
        """Return the state; None if the secret does not exist or is scheduled for deletion."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                response = self.client.describe_secret(SecretId=name)
            except self.client.exceptions.ResourceNotFoundException:
                return None
        if response.get("DeletedDate"):
            return None
        stages = response.get("VersionIdsToStages", {})
        current = _version_with_stage(stages, "AWSCURRENT")
        pending = _version_with_stage(stages, "AWSPENDING")
        if pending == current:  # the last rotation is finished
            pending = ""
        creation_dates = self._creation_dates(name)
        next_date = None
        function = ""
        if response.get("RotationEnabled"):
            next_date = _in_utc(response.get("NextRotationDate"))
            function = response.get("RotationLambdaARN", "")
        return RotationState(
            last=_in_utc(creation_dates.get(current)),
            next=next_date,
            function=function,
            pending=pending,
            since=_in_utc(creation_dates.get(pending)),
        )

    def _creation_dates(self, name: str) -> dict[str, datetime]:
        """Return the creation date of each version, by version ID."""
        dates: dict[str, datetime] = {}
        page: Any = {}
        with translate_errors("secretsmanager:ListSecretVersionIds", name):
            while True:
                response = self.client.list_secret_version_ids(SecretId=name, **page)
                for version in response["Versions"]:
                    dates[version["VersionId"]] = version["CreatedDate"]
                if not response.get("NextToken"):
                    return dates
                page = {"NextToken": response["NextToken"]}

    def start(self, name: str) -> str:
        """Start a rotation by the secret's function, and return the ID of the pending version.

        If an earlier rotation is unfinished, AWS continues that one.
        """
        token = str(uuid.uuid4())
        attempt = 1
        with translate_errors("secretsmanager:RotateSecret", name):
            while True:
                try:
                    response = self.client.rotate_secret(SecretId=name, ClientRequestToken=token)
                except self.client.exceptions.InvalidRequestException:
                    # "A previous rotation isn't complete. That rotation will be reattempted."
                    state = self.state(name)
                    if state is not None and state.pending:
                        return state.pending
                    # It may have finished between the two calls.
                    if state is None or attempt == MAX_STARTS:
                        raise
                    attempt += 1
                    time.sleep(POLL_INTERVAL)
                else:
                    return response["VersionId"]

    def wait(self, name: str, version: str, timeout: float = TIMEOUT) -> bool:
        """Wait until a version is the current one; return False if it was discarded instead.

        AWS discards the version with which it has tested a new rotation configuration.

        Args:
            name: The name of the secret.
            version: The ID of the version.
            timeout: Seconds.

        Raises:
            AwsError: The version is still pending after the timeout.
        """
        deadline = time.monotonic() + timeout
        while True:
            stages = self._stages(name).get(version, [])
            if "AWSCURRENT" in stages:
                return True
            if not stages:
                return False
            if time.monotonic() > deadline:
                raise AwsError(
                    f"{name} is still pending after {timeout:.0f} seconds; "
                    "AWS keeps the current value and tries again",
                    f"see the function's log, then run shield rotate --status {name}",
                )
            time.sleep(POLL_INTERVAL)

    def _stages(self, name: str) -> dict[str, list[str]]:
        with translate_errors("secretsmanager:DescribeSecret", name):
            return self.client.describe_secret(SecretId=name).get("VersionIdsToStages", {})

    def current_text(self, name: str) -> Hidden:
        """Return the current value; empty if it can't be read."""
        try:
            with translate_errors("secretsmanager:GetSecretValue", name):
                response = self.client.get_secret_value(SecretId=name)
        except AwsError:
            return Hidden("")
        return Hidden(response.get("SecretString", ""))

    def put_fields(self, name: str, values: Mapping[str, Hidden]) -> None:
        """Store new values; the previous version keeps the label AWSPREVIOUS.

        Args:
            name: The name of the secret.
            values: By field. An empty field name means a plain-text value, or the first one of
                VALUE_FIELDS in a JSON secret.

        Raises:
            ShieldError: The secret already has these values, or lacks a field.
        """
        with translate_errors("secretsmanager:GetSecretValue", name):
            stored = self.client.get_secret_value(SecretId=name).get("SecretString", "")
        text = stored
        for field, value in values.items():
            try:
                text = replace_value(text, value.reveal(), field)
            except RotationError:
                raise _missing_field(name, field) from None
        if text == stored:  # otherwise, AWSPREVIOUS would be the same value, too
            raise ShieldError(
                f"{name} already has this value; nothing was changed",
                "create a new value at the provider first",
            )
        with translate_errors("secretsmanager:PutSecretValue", name):
            self.client.put_secret_value(
                SecretId=name, ClientRequestToken=str(uuid.uuid4()), SecretString=text
            )


def _missing_field(name: str, field: str) -> ShieldError:
    if field:
        return ShieldError(
            f"{name} is JSON without the field {field}", "add the field to the secret in AWS"
        )
    fields = ", ".join(VALUE_FIELDS)
    return ShieldError(
        f"{name} is JSON without any of the fields {fields}", "add one of them to the secret in AWS"
    )


def _version_with_stage(stages: dict[str, Any], stage: str) -> str:
    for version, labels in stages.items():
        if stage in labels:
            return version
    return ""


def _in_utc(moment: datetime | None) -> datetime | None:
    """Convert a time, which boto3 returns in the time zone of the machine."""
    return moment.astimezone(UTC) if moment else None
