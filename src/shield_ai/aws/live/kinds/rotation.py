"""Read, change and export the rotation schedules of secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import UNSUPPORTED
from shield_ai.aws.syntax.cloudformation import Part, arn_of, ref
from shield_ai.aws.syntax.terraform import Block, terraform_address, terraform_attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings


class RotationSchedule(ResourceKind):
    """The rotation schedule of a secret, by the secret's name: `function`, `schedule`, `window`."""

    kind = "rotation"
    max_name = 512
    arn = "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????"
    permissions = Permissions(
        read=("secretsmanager:DescribeSecret",),
        create=("secretsmanager:RotateSecret",),
        update=("secretsmanager:RotateSecret",),
        delete=("secretsmanager:CancelRotateSecret",),
    )

    def __init__(self, session: Session) -> None:
        self._client = session.secretsmanager()

    def read(self, name: str) -> Settings | None:
        """Return the schedule; None if rotation is off or the secret does not exist."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            try:
                response = self._client.describe_secret(SecretId=name)
            except self._client.exceptions.ResourceNotFoundException:
                return None
        if not response.get("RotationEnabled") or response.get("DeletedDate"):
            return None
        rules = response.get("RotationRules", {})
        days = rules.get("AutomaticallyAfterDays", 0)
        return {
            "function": response.get("RotationLambdaARN", ""),
            "schedule": rules.get("ScheduleExpression") or f"rate({days} days)",
            "window": rules.get("Duration", ""),
        }

    def upsert(self, name: str, settings: Settings, _live: Settings | None) -> None:
        """Turn rotation on, or change its schedule. The secret is not rotated immediately."""
        rules: Any = {"ScheduleExpression": settings["schedule"]}
        if settings["window"]:
            rules["Duration"] = settings["window"]
        with translate_errors("secretsmanager:RotateSecret", name):
            try:
                self._client.rotate_secret(
                    SecretId=name,
                    RotationLambdaARN=settings["function"],
                    RotationRules=rules,
                    RotateImmediately=False,
                )
            except self._client.exceptions.InvalidRequestException:
                # AWS has saved the schedule, but reports that a rotation is in progress.
                if self.read(name) != settings:
                    raise

    def delete(self, name: str) -> None:
        """Turn rotation off. This also cancels a rotation in progress, and can leave AWSPENDING.

        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html
        """
        if self.read(name) is None:
            return
        with translate_errors("secretsmanager:CancelRotateSecret", name):
            self._client.cancel_rotate_secret(SecretId=name)

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the ARN of the secret."""
        with translate_errors("secretsmanager:DescribeSecret", name):
            response = self._client.describe_secret(SecretId=name)
        yield response["ARN"]

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        function = settings["function"].rpartition(":")[2]
        rules = {"ScheduleExpression": settings["schedule"]}
        if settings["window"]:
            rules["Duration"] = settings["window"]
        yield (
            "SecretsManager::RotationSchedule",
            {
                "SecretId": ref(f"Secret {name}"),
                "RotationLambdaARN": arn_of(f"Function {function}"),
                "RotationRules": rules,
                "RotateImmediatelyOnUpdate": False,
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        function = settings["function"].rpartition(":")[2]
        rules = {"schedule_expression": settings["schedule"]}
        if settings["window"]:
            rules["duration"] = settings["window"]
        yield (
            "aws_secretsmanager_secret_rotation",
            {
                "secret_id": terraform_attribute("aws_secretsmanager_secret", name, "arn"),
                "rotation_lambda_arn": settings["function"],
                "rotate_immediately": False,
                "rotation_rules": [rules],
                # The permission is the second block of the function.
                "depends_on": [terraform_address("aws_lambda_permission", function) + "_1"],
            },
        )

    @staticmethod
    def to_awscli(_name: str, _settings: Settings) -> Iterator[str]:
        yield UNSUPPORTED
