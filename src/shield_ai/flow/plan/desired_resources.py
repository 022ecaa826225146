"""Describe the resources that an app needs in AWS, besides its secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.resource import Resource


def desired_resources(app: AppContext, aws: Account) -> Sequence[Resource]:
    """Return the desired resources; require the app's role unless it is one of them."""
    target = app.target_manifest
    desired = resources(target, aws.id, app.tree.read)
    roles = [resource.name for resource in desired if resource.kind == "role"]
    if target.app.role and role_name(target.app) not in roles:
        aws.require_role(role_name(target.app))
    return desired
