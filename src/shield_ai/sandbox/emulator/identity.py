"""What IAM says to a read of a secret by an assumed role, which moto does not ask: by the role's own policies alone.

Only for reads, and only for a role that is there; everybody else may do everything. Statements with a condition allow
nothing here and deny nothing, and whom a role trusts is not asked.
"""

from __future__ import annotations

import fnmatch
import functools
import json
from typing import TYPE_CHECKING, Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

if TYPE_CHECKING:
    from collections.abc import Iterator

READS = frozenset({"GetSecretValue", "DescribeSecret", "BatchGetSecretValue"})
PARTITION = "aws"


def caller(authorization: str, account: str) -> tuple[str, list[Any]] | None:
    """Return an assumed role's ARN and the statements of its policies; None for anybody else.

    Args:
        authorization: The request's header.
        account: Whose roles these are.
    """
    key = authorization.partition("Credential=")[2].partition("/")[0]
    for role in sts_backends[account][PARTITION].assumed_roles:
        if role.access_key_id == key:
            try:
                return role.arn, [*_statements(role.role_arn.rpartition("/")[2], account)]
            except NotFoundException:
                return None
    return None


def _statements(role: str, account: str) -> Iterator[Any]:
    iam = iam_backends[account][PARTITION]
    iam.get_role(role)
    inline = [iam.get_role_policy(role, name)[1] for name in iam.list_role_policies(role)]
    versions = [
        version
        for policy in iam.list_attached_role_policies(role)[0]
        for version in policy.versions
    ]
    for document in [*inline, *(version.document for version in versions if version.is_default)]:
        yield from _parsed(document)


@functools.lru_cache(maxsize=64)
def _parsed(document: str) -> tuple[Any, ...]:
    """Parse a policy once: each read asks for it, and the policies of many secrets are long."""
    return tuple(_list(json.loads(document).get("Statement")))


def may(statements: list[Any], action: str, resource: str) -> bool:
    """Tell whether statements allow an action on a resource: one does, and none denies it."""
    said = {
        statement.get("Effect")
        for statement in statements
        if not statement.get("Condition")
        and any(
            fnmatch.fnmatchcase(action.lower(), word.lower())
            for word in _list(statement.get("Action"))
        )
        and any(fnmatch.fnmatchcase(resource, word) for word in _list(statement.get("Resource")))
    }
    return said == {"Allow"}


def refusal(who: str, action: str, resource: str) -> tuple[str, str]:
    """Return code and message of the error that AWS gives."""
    return "AccessDeniedException", (
        f"User: {who} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
