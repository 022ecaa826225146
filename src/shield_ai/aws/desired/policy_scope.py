"""Find grants in a policy that are broader than the app's secrets.

For example, the resource `aws-*` also matches the secret `aws-root-account-keys`.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import ARN_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

# In lower case, because IAM actions are case-insensitive.
SENSITIVE_ACTIONS = (
    "secretsmanager:getsecretvalue",
    "secretsmanager:putsecretvalue",
    "secretsmanager:updatesecret",
)


def find_broad_grants(document: Any, names: Collection[str]) -> list[str]:
    """Return a reason for each action or resource that a policy should not grant.

    Args:
        document: An IAM policy.
        names: The full names of the secrets that the policy may grant access to.
    """
    reasons: list[str] = []
    for statement in _as_list(document.get("Statement")):
        if statement.get("Effect") == "Allow":
            reasons.extend(_statement_reasons(statement, names))
    return reasons


def _statement_reasons(statement: Any, names: Collection[str]) -> Iterator[str]:
    if "NotAction" in statement or "NotResource" in statement:
        yield "NotAction or NotResource allows everything except what it names"
    actions = _sensitive_actions(statement)
    if not actions:
        return
    for action in actions:
        if "*" in action:
            yield f"the action {action} allows more than reading"
    for arn in _as_list(statement.get("Resource")):
        if not _is_exact_name(str(arn), names):
            yield f"the resource {arn} is not the exact name of one of the app's secrets"


def _sensitive_actions(statement: Any) -> list[str]:
    found = []
    for value in _as_list(statement.get("Action")):
        pattern = str(value).lower()
        if any(fnmatch.fnmatchcase(action, pattern) for action in SENSITIVE_ACTIONS):
            found.append(pattern)
    return found


def _is_exact_name(arn: str, names: Collection[str]) -> bool:
    # The suffix may be missing: the policy lists optional secrets without it, too.
    name = arn.partition(":secret:")[2].removesuffix(ARN_SUFFIX)
    return name in names and "*" not in name and "?" not in name


def _as_list(value: Any) -> list[Any]:
    """Return the value as a list, because IAM accepts a single item without one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
