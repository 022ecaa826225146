"""Check that the AWS resources other than secrets match shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws import desired
from shield_ai.aws.desired.iam import allow_former_secrets
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.aws_plan import comparable_settings
from shield_ai.flow.plan.former_secrets import former_secrets, live_secrets
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    ok_or_failed,
    unknown_check,
)
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.model.resource import Resource, Settings

RESOURCES_MATCH = CheckInfo(
    "resources-match",
    "AWS resources match shield.toml",
    "the settings of each resource except the secrets",
)


def verify_resources(
    desired: Sequence[Resource], aws: Account, former: Sequence[str] = ()
) -> Iterator[Check]:
    """Compare the desired resources with those in AWS.

    Args:
        desired: The desired resources; without any, there is no check.
        aws: The account.
        former: The former secrets that the policy of the app's role keeps.
    """
    if not desired:
        return
    problems: list[str] = []
    errors: list[ShieldError] = []
    by_kind: dict[str, list[Resource]] = {}
    for resource in desired:
        by_kind.setdefault(resource.kind, []).append(resource)
    for _, resources in sorted(by_kind.items()):
        try:
            live = aws.resources.read([resource.key for resource in resources])
        except ShieldError as error:
            errors.append(error)
            continue
        for resource in resources:
            problem = _problem(resource, live[resource.key])
            if problem:
                problems.append(problem)
    if errors and not problems:
        yield unknown_check(RESOURCES_MATCH, errors[0])
    else:
        yield _match_check(problems, former)


def _match_check(problems: Sequence[str], former: Sequence[str]) -> Check:
    if former and not problems:
        detail = f"the policy of the role keeps {join_names(former)} until deleted"
        return make_check(RESOURCES_MATCH, Status.OK, detail)
    return ok_or_failed(
        RESOURCES_MATCH,
        join_names(problems, "; "),
        "shield plan shows the differences; shield apply --conflict replace fixes them",
    )


def _problem(resource: Resource, live: Settings | None) -> str:
    kind, name = resource.key
    if live is None:
        return f"{kind} {name} is missing"
    if comparable_settings(kind, live) != comparable_settings(kind, resource.settings):
        return f"{kind} {name} differs"
    return ""


def _check(target: AwsTarget) -> Iterator[Check]:
    manifest = target.manifest
    read = target.app.tree.read
    wanted = desired.resources(manifest, target.aws.id, read)
    try:
        former = _former_secrets(target, wanted)
    except ShieldError as error:
        yield unknown_check(RESOURCES_MATCH, error)
        return
    wanted = allow_former_secrets(wanted, manifest, target.aws.id, former)
    yield from verify_resources(wanted, target.aws, former)


def _former_secrets(target: AwsTarget, wanted: Sequence[Resource]) -> list[str]:
    """Return the former secrets that the policy of the app's role must keep."""
    policies = [resource.key for resource in wanted if resource.kind == "policy"]
    if not policies:
        return []
    journal = Journal(target.app.tree.root).load()
    found = target.aws.resources.read(policies)
    return former_secrets(target.app, live_secrets(target.app, target.aws, journal, found))


CHECKS = (AwsCheck(70, _check, (RESOURCES_MATCH,)),)
