"""Write the IAM policy of the app's role to a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import (
    ACTIONS,
    BATCH_ACTIONS,
    BATCH_SID,
    KMS_SID,
    SID,
    granted_names,
    policy_document,
)
from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    creation_change,
    replacement_change,
    skip_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest

PATH = "aws/iam-policy-secrets-manager.json"
KEYS = frozenset({"Sid", "Effect", "Action", "Resource", "Condition"})


def write_policy(
    read: FileReader, manifest: Manifest, account: str, kept: Sequence[str] = ()
) -> Outcome:
    """Write or update the policy. Without an account, nothing is written.

    A policy with statements or actions that shield does not generate is skipped.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: shield.toml.
        account: The AWS account.
        kept: The names in AWS of former secrets, which the deployed version may still read.
    """
    if not account or not manifest.secret:
        return NOTHING
    raw = read(PATH)
    if raw is None:
        return [creation_change(PATH, _text(policy_document(manifest, account, kept)))], []
    current = _parse_json(raw)
    document = expected_policy(current, manifest, account, kept)
    text = _text(document)
    if current == document:
        return NOTHING
    if _is_generated(current):
        return [replacement_change(PATH, raw, text)], []
    return skip_file(PATH, SkipId.POLICY_EXISTS.reason())


def expected_policy(
    current: Any, manifest: Manifest, account: str, kept: Sequence[str]
) -> dict[str, Any]:
    """Return the policy that a file should contain.

    Of the former secrets, it has those that the file already allows. The journal of a machine can
    know others, but the policy must not depend on the machine.

    Args:
        current: The policy in the file, which may have been edited.
        manifest: shield.toml.
        account: The AWS account.
        kept: The names in AWS of former secrets that still exist.
    """
    granted = granted_names(current, account, manifest.app.region)
    return policy_document(manifest, account, [name for name in kept if name in granted])


def names_in_file(read: FileReader, account: str, region: str) -> set[str]:
    """Return the names in AWS of the secrets that the file allows reading.

    Args:
        read: Returns the bytes of a file of the app.
        account: The AWS account.
        region: The region of the secrets.
    """
    try:
        return granted_names(_parse_json(read(PATH) or b""), account, region)
    except SourceError:  # a link out of the app, for example
        return set()


def is_generated_file(raw: bytes) -> bool:
    """Return whether shield generated the file of a policy, for any secrets."""
    document = _parse_json(raw)
    return _is_generated(document) and raw.replace(b"\r\n", b"\n") == _text(document).encode()


def _text(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"


def _parse_json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _is_generated(document: Any) -> bool:
    """Return whether shield generated a policy, for any secrets."""
    try:
        statements = document["Statement"]
        found = [(s["Sid"], s["Effect"], s["Action"]) for s in statements]
        keys = set().union(*statements)
    except (TypeError, KeyError):
        return False
    generated = [
        (SID, "Allow", ACTIONS),
        (KMS_SID, "Allow", ["kms:Decrypt"]),
        (BATCH_SID, "Allow", BATCH_ACTIONS),
    ]
    has_only_generated = all(statement in generated for statement in found)
    return found[:1] == generated[:1] and has_only_generated and keys <= KEYS
