"""Check that the AWS resources other than secrets match shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws import desired
from shield_ai.aws.desired.iam import with_kept_secrets
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.aws_plan import comparable_settings
from shield_ai.flow.plan.kept_secrets import kept_secrets, live_secrets
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
    desired: Sequence[Resource], aws: Account, kept: Sequence[str] = ()
) -> Iterator[Check]:
    """Compare the desired resources with those in AWS.

    Args:
        desired: The desired resources; without any, there is no check.
        aws: The account.
        kept: The former secrets that the policy of the app's role keeps.
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
        yield _match_check(problems, kept)


def _match_check(problems: Sequence[str], kept: Sequence[str]) -> Check:
    if kept and not problems:
        detail = f"the policy of the role keeps {join_names(kept)} until deleted"
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
        kept = _kept_secrets(target, wanted)
    except ShieldError as error:
        yield unknown_check(RESOURCES_MATCH, error)
        return
    wanted = with_kept_secrets(wanted, manifest, target.aws.id, kept)
    yield from verify_resources(wanted, target.aws, kept)


def _kept_secrets(target: AwsTarget, wanted: Sequence[Resource]) -> list[str]:
    """Return the former secrets that the policy of the app's role must keep."""
    policies = [resource.key for resource in wanted if resource.kind == "policy"]
    if not policies:
        return []
    journal = Journal(target.app.tree.root).load()
    found = target.aws.resources.read(policies)
    return kept_secrets(target.app, live_secrets(target.app, target.aws, journal, found))


CHECKS = (AwsCheck(70, _check, (RESOURCES_MATCH,)),)
