"""Export the secrets of an ECS container, which ECS stores in its environment variables.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import platform_policies

if TYPE_CHECKING:
    from shield_ai.aws.export.platform import PlatformVariable, Target


def to_ecs(target: Target) -> str:
    """Return the `secrets` of a container definition, and the policy of the execution role."""
    secrets = [
        {"name": variable.name, "valueFrom": value_from(variable, target)}
        for variable in target.variables()
    ]
    document = {
        "containerDefinition": {"secrets": secrets},
        "executionRolePolicies": platform_policies(target.manifest, target.account),
    }
    return json.dumps(document, indent=2) + "\n"


def value_from(variable: PlatformVariable, target: Target) -> str:
    """Return the ARN, without the random suffix that only existing secrets have.

    Args:
        variable: The variable.
        target: The account and region.
    """
    arn = target.location.arn("secretsmanager", f"secret:{variable.secret}")
    return f"{arn}:{variable.field}::" if variable.field else arn
