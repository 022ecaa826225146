"""Report the secrets in AWS that apply created, and that shield.toml no longer lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.former_secrets import live_former_secrets
from shield_ai.flow.plan.renamed_secrets import DELETE_HINT, leftover_secrets
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    unknown_check,
)
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Iterator

NONE_LEFT_OVER = CheckInfo(
    "no-leftover-secrets",
    "AWS has no secrets of the app that shield.toml does not list",
    "the journal, the map file, the policy file and AWS; only reported if there are such secrets",
)


def find_leftovers(target: AwsTarget) -> list[str]:
    """Return the names in AWS of the app's secrets that shield.toml does not list, sorted.

    Raises:
        ShieldError: The journal or AWS can't be read.
    """
    journal = Journal(target.app.tree.root).load()
    live = live_former_secrets(target.app, target.aws, journal)
    return leftover_secrets(target.manifest, live)


def _check(target: AwsTarget) -> Iterator[Check]:
    """Yield an unknown result: a deployed version may still read the secrets."""
    try:
        left = find_leftovers(target)
    except ShieldError as error:
        yield unknown_check(NONE_LEFT_OVER, error)
        return
    if left:
        detail = f"{join_names(left)} may be left from a renamed or removed entry"
        hint = DELETE_HINT.format(region=target.manifest.app.region, name=left[0])
        yield make_check(NONE_LEFT_OVER, Status.UNKNOWN, detail, hint)


CHECKS = (AwsCheck(105, _check, (NONE_LEFT_OVER,)),)
