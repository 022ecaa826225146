"""The app's IAM policy: reads exactly its secrets, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import (
    ACTIONS,
    BATCH_ACTIONS,
    BATCH_SID,
    KMS_SID,
    SID,
    policy_document,
)
from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    create,
    replace,
    skip,
)

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read

PATH = "aws/iam-policy-secrets-manager.json"


def policy_file(read: Read, manifest: Manifest, account: str) -> Outcome:
    """Write the policy next to the app, once the account is known."""
    if not account or not manifest.secret:
        return NOTHING
    text = json.dumps(policy_document(manifest, account), indent=2) + "\n"
    raw = read(PATH)
    if raw is None:
        return [create(PATH, text)], []
    if _parse(raw) == json.loads(text):
        return NOTHING
    if _is_ours(_parse(raw)):
        return [replace(PATH, raw, text)], []
    return skip(
        PATH,
        "it is there already and was not written by shield; add the secrets of shield.toml to it by hand",
    )


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _is_ours(document: Any) -> bool:
    """Tell a policy of ours, whatever its secrets, from one that somebody has put something into."""
    try:
        found = [(s["Sid"], s["Effect"], s["Action"]) for s in document["Statement"]]
        keys = {key for s in document["Statement"] for key in s}
    except (TypeError, KeyError):
        return False
    ours = [
        (SID, "Allow", ACTIONS),
        (KMS_SID, "Allow", ["kms:Decrypt"]),
        (BATCH_SID, "Allow", BATCH_ACTIONS),
    ]
    return (
        found[:1] == ours[:1]
        and all(one in ours for one in found)
        and keys <= {"Sid", "Effect", "Action", "Resource", "Condition"}
    )
