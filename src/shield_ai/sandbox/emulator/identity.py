"""Enforce the IAM policies of assumed roles on reads of secrets, which moto does not.

Only the role's own policies are evaluated. Other callers are not restricted. Statements with a
condition are ignored, and trust policies are not checked.
"""

from __future__ import annotations

import fnmatch
import functools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from shield_ai.sandbox.emulator.access import parse_credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Statement = dict[str, Any]

READS = frozenset({"GetSecretValue", "DescribeSecret", "BatchGetSecretValue"})
PARTITION = "aws"


class Role(NamedTuple):
    """An assumed role."""

    arn: str
    statements: list[Any]  # the statements of its policies


def assumed_role(authorization: str, account: str) -> Role | None:
    """Return the role that a request's access key belongs to, or None for other callers.

    Args:
        authorization: The request's Authorization header.
        account: The account ID.
    """
    key = parse_credential(authorization).access_key_id
    for role in sts_backends[account][PARTITION].assumed_roles:
        if role.access_key_id != key:
            continue
        name = role.role_arn.rpartition("/")[2]
        try:
            return Role(role.arn, list(_role_statements(name, account)))
        except NotFoundException:
            return None
    return None


def assumed_role_keys() -> list[str]:
    """Return the access key IDs of the assumed roles of all accounts."""
    return [
        role.access_key_id
        for account in list(sts_backends)
        for role in sts_backends[account][PARTITION].assumed_roles
    ]


def _role_statements(role: str, account: str) -> Iterator[Any]:
    iam = iam_backends[account][PARTITION]
    iam.get_role(role)
    documents = [iam.get_role_policy(role, name)[1] for name in iam.list_role_policies(role)]
    for policy in iam.list_attached_role_policies(role)[0]:
        documents += [version.document for version in policy.versions if version.is_default]
    for document in documents:
        yield from _parse_policy(document)


@functools.lru_cache(maxsize=64)
def _parse_policy(document: str) -> tuple[Any, ...]:
    """Return the statements of a policy. Cached, because each read needs them and they are long."""
    return tuple(_as_list(json.loads(document).get("Statement")))


def is_allowed(statements: Iterable[Statement], action: str, resource: str) -> bool:
    """Check whether a statement allows an action on a resource, and none denies it."""
    effects = {
        statement.get("Effect") for statement in statements if _applies(statement, action, resource)
    }
    return effects == {"Allow"}


def _applies(statement: Statement, action: str, resource: str) -> bool:
    if statement.get("Condition"):
        return False
    actions = _as_list(statement.get("Action"))
    if not any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in actions):
        return False
    resources = _as_list(statement.get("Resource"))
    return any(fnmatch.fnmatchcase(resource, pattern) for pattern in resources)


def access_denied(principal: str, action: str, resource: str) -> tuple[str, str]:
    """Return the code and message of AWS's error for a denied call."""
    return "AccessDeniedException", (
        f"User: {principal} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
