"""Does a policy let somebody read more secrets than it should? `aws-*` matches `aws-root-account-keys`, too."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import ARN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

READS = (
    "secretsmanager:getsecretvalue",
    "secretsmanager:putsecretvalue",
    "secretsmanager:updatesecret",
)


def find_broad_grants(document: Any, names: Collection[str]) -> list[str]:
    """Name what in a policy reaches further than these secrets.

    Args:
        document: An IAM policy.
        names: The secrets that it is for, with their prefix.

    Returns:
        A reason for each resource or action, in the policy's own words.
    """
    return [
        reason
        for statement in _list(document.get("Statement"))
        for reason in _reasons(statement, names)
    ]


def _reasons(statement: Any, names: Collection[str]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    actions = [str(action).lower() for action in _list(statement.get("Action"))]
    reading = [
        action for action in actions if any(fnmatch.fnmatchcase(read, action) for read in READS)
    ]
    if "NotAction" in statement or "NotResource" in statement:
        yield "NotAction or NotResource allows all but what it names"
    if not reading:
        return
    yield from (f"the action {action} is more than reading" for action in reading if "*" in action)
    for arn in _list(statement.get("Resource")):
        name = str(arn).partition(":secret:")[2]
        # a name without it is that of an optional secret: no ARN is so short
        exact = name.removesuffix(ARN_SUFFIX)
        if exact not in names or set("*?") & set(exact):
            yield f"the resource {arn} is none of the app's secrets by its exact name"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
