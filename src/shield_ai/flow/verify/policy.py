"""Check that the IAM policy in the app's folder allows exactly the app's secrets."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    join_names,
    ok_or_failed,
    unknown_check,
)
from shield_ai.flow.verify.leftover_secrets import find_leftovers
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.iam_policy import expected_policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest

POLICY_MINIMAL = CheckInfo(
    "policy-minimal",
    "the IAM policy allows exactly these secrets",
    "the policy file in the app's folder",
    controls=("least-privilege",),
)


def verify_policy(
    manifest: Manifest, account: str, read: FileReader, kept: Sequence[str] = ()
) -> Iterator[Check]:
    """Check that the policy file in the app's folder allows exactly the app's secrets.

    Args:
        manifest: shield.toml.
        account: The AWS account.
        read: Returns the bytes of a file of the app.
        kept: The names in AWS of former secrets, which the policy may allow, too.
    """
    try:
        document = json.loads(read(POLICY) or b"null")
    except SourceError as error:  # a link out of the app, for example
        yield unknown_check(POLICY_MINIMAL, error)
        return
    except (ValueError, RecursionError):
        document = None
    problem = ""
    if document != expected_policy(document, manifest, account, kept):
        problem = _policy_problem(document, manifest)
    yield ok_or_failed(
        POLICY_MINIMAL,
        problem,
        "shield apply updates the file, unless it contains permissions that shield does not write",
    )


def _policy_problem(document: Any, manifest: Manifest) -> str:
    if document is None:
        return f"{POLICY} is missing or invalid"
    broad: list[str] = []
    if isinstance(document, dict):
        names = [manifest.app.prefix + secret.name for secret in manifest.secret]
        try:
            broad = find_broad_grants(document, names)
        except (AttributeError, TypeError):
            broad = []  # JSON, but not a policy
    if broad:
        return f"{POLICY}: {join_names(broad, '; ')}"
    return f"{POLICY} differs from the expected policy"


def _check(target: AwsTarget) -> Iterator[Check]:
    if target.app.environment:
        return
    kept: list[str] = []
    with contextlib.suppress(ShieldError):  # another check reports it
        kept = find_leftovers(target)
    yield from verify_policy(target.app.manifest, target.aws.id, target.app.tree.read, kept)


CHECKS = (AwsCheck(50, _check, (POLICY_MINIMAL,)),)
