"""Check whether an IAM role exists, and on which resources its policies allow an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import translate_errors
from shield_ai.aws.live.parallel import parallel_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_iam import IAMClient

    from shield_ai.aws.live.session import Session


# Calls per second. AWS documents no limit; at this rate, 100 secrets take five seconds.
_SIMULATION_RATE = 20


def role_exists(session: Session, name: str) -> bool:
    """Return whether a role exists."""
    client: IAMClient = session.iam()
    with translate_errors("iam:GetRole", name):
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            return False
    return True


def allowed_resources(session: Session, role: str, action: str, arns: Sequence[str]) -> set[str]:
    """Return the resources on which IAM's policy simulator lets a role perform an action.

    Each call simulates one resource, so that it returns one decision.

    Args:
        session: The account.
        role: The ARN of the role, with its path.
        action: For example `secretsmanager:GetSecretValue`.
        arns: The ARNs of the resources, which need not exist.
    """
    client: IAMClient = session.iam()

    def simulate(arn: str) -> bool:
        with translate_errors("iam:SimulatePrincipalPolicy", role):
            response = client.simulate_principal_policy(
                PolicySourceArn=role, ActionNames=[action], ResourceArns=[arn]
            )
        decisions = [result["EvalDecision"] for result in response["EvaluationResults"]]
        return decisions == ["allowed"]

    allowed = parallel_map(simulate, arns, session, "permissions checked", rate=_SIMULATION_RATE)
    return {arn for arn, is_allowed in zip(arns, allowed, strict=True) if is_allowed}
