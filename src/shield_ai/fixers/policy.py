"""The app's IAM policy: reads exactly its secrets, and nothing else."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.fixers._text import NOTHING, Outcome, create, replace, skip

if TYPE_CHECKING:
    from shield_ai.fixers import Read
    from shield_ai.manifest import App, Manifest

PATH = "aws/iam-policy-secrets-manager.json"
SID = "AllowSecretsManagerAccess"
KMS_SID = "AllowSecretsManagerDecrypt"
ACTIONS = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
SUFFIX = "-??????"  # Secrets Manager ends each ARN with a hyphen and six characters


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
    return skip(PATH, "it is there already and was not written by shield; add the secrets of shield.toml to it by hand")


def policy_document(manifest: Manifest, account: str) -> dict[str, Any]:
    """Return the policy that the app's role needs."""
    app = manifest.app
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{account}:secret:{app.prefix}"
    resources = [f"{base}{secret.name}{SUFFIX}" for secret in manifest.secret]
    statements = [{"Sid": SID, "Effect": "Allow", "Action": list(ACTIONS), "Resource": resources}]
    if customer_key(app):
        statements.append(_decrypt(app, account))
    return {"Version": "2012-10-17", "Statement": statements}


def partition(region: str) -> str:
    """Return the part of AWS that a region belongs to."""
    return next((name for start, name in PARTITIONS.items() if region.startswith(start)), "aws")


def customer_key(app: App) -> bool:
    """Tell a key of the customer's from the one that AWS manages, which needs no permission."""
    return not re.fullmatch(r"(arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/)?aws/secretsmanager|", app.kms_key)


def _decrypt(app: App, account: str) -> dict[str, Any]:
    services = [f"secretsmanager.{app.region}.amazonaws.com"]
    if partition(app.region) == "aws-cn":
        services.append(f"{services[0]}.cn")
    condition: dict[str, Any] = {"StringEquals": {"kms:ViaService": services if services[1:] else services[0]}}
    keys = f"arn:{partition(app.region)}:kms:{app.region}:{account}:key/"
    alias = re.fullmatch(r"(?:arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/.+)", app.kms_key)
    if alias:  # IAM knows no permission on an alias, only on the keys that have it
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": alias[1]}
    key = f"{keys}*" if alias else app.kms_key if app.kms_key.startswith("arn:") else f"{keys}{app.kms_key}"
    return {"Sid": KMS_SID, "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [key], "Condition": condition}


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
    ours = [(SID, "Allow", ACTIONS), (KMS_SID, "Allow", ["kms:Decrypt"])]
    return found in (ours[:1], ours) and keys <= {"Sid", "Effect", "Action", "Resource", "Condition"}
