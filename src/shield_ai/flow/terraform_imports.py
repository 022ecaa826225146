"""Find what exists in AWS, so that Terraform imports it instead of creating it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.aws_plan import AwsInputs, resource_changes
from shield_ai.flow.plan.secret_change import secret_change
from shield_ai.model.plan import Action
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.resource import ImportIds, Resource


def find_import_ids(app: AppContext, aws: Account, desired: Sequence[Resource]) -> ImportIds:
    """Return the import IDs of the secrets and resources that exist.

    Args:
        app: The app.
        aws: The account.
        desired: The desired resources besides the secrets.

    Raises:
        AwsError: The account can't be read.
        UnsafePlanError: A secret or resource belongs to another app or environment, so that
            Terraform must not manage it.
    """
    target = app.target_manifest
    names = [target.app.prefix + secret.name for secret in target.secret]
    live = aws.live_state(names, [resource.key for resource in desired])
    applied = (
        Journal(app.tree.root).load().applied_settings(aws.id, target.app.region, app.environment)
    )
    inputs = AwsInputs(live=live, desired=desired, last_applied=applied)
    ids: ImportIds = {}
    for name, secret in zip(names, target.secret, strict=True):
        change = secret_change(secret, target, (), inputs)
        if change is not None and change.action is not Action.RESTORE:
            ids[SECRET_KIND, name] = (live.secrets[name].arn,)
    by_key = {resource.key: resource for resource in desired}
    existing = []
    for change in resource_changes(inputs):
        if change.before is not None:
            existing.append((by_key[change.resource, change.name], change.before))
    return {**ids, **aws.resources.import_ids(existing)}
