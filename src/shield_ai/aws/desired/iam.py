"""The app's IAM policies, each of which reads exactly its secrets, and their attachment to its role."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from shield_ai.model.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import App, Manifest

SID = "AllowSecretsManagerAccess"
KMS_SID = "AllowSecretsManagerDecrypt"
ACTIONS = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
# How the regions of a partition begin; all others are in aws. From botocore's endpoints.json.
PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
BATCH_SID = "AllowSecretsManagerBatch"
BATCH_ACTIONS = ["secretsmanager:BatchGetSecretValue"]
ARN_SUFFIX = "-??????"  # Secrets Manager ends each ARN with a hyphen and six characters
# Of a managed policy, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_POLICY_SIZE = 6144
MANAGED_BY = "shield-ai"
# Characters of the app's part of a name: the shortest limit is 64, of an event rule and of a function, and our longest
# ending is "-secret-rotation-failed-999". https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
SLUG = 36


def iam_resources(manifest: Manifest, account: str, region: str) -> Iterator[Resource]:
    """Describe the policies and their attachments; nothing without a role to attach them to."""
    app = manifest.app
    if not app.role or not manifest.secret:
        return
    role = role_name(app)
    for number, document in enumerate(policy_documents(manifest, account), 1):
        name = f"{slug(app)}-secrets-read-{region}" + (f"-{number}" if number > 1 else "")
        settings = {"document": document, "tags": app_tags(app)}
        yield Resource(kind="policy", name=name, settings=settings)
        arn = f"arn:{partition(region)}:iam::{account}:policy/{name}"
        yield Resource(
            kind="policy-attachment", name=f"{role}/{name}", settings={"policy": arn, "role": role}
        )


def slug(app: App) -> str:
    """Name the app and its environment in the letters that every service takes, briefly: `storefront-prod`."""
    name, prefix = ("-".join(re.findall(r"[A-Za-z0-9_]+", text)) for text in (app.name, app.prefix))
    name = name or f"app-{short_digest(app.name)}"  # of letters that AWS does not take
    whole = (
        prefix
        if f"{prefix}-".startswith(f"{name}-")
        else "-".join(part for part in (name, prefix) if part)
    )
    return truncate_name(whole, SLUG)


def truncate_name(name: str, longest: int) -> str:
    """Return the name; one that is too long loses its end to a digest of the whole."""
    return name if len(name) <= longest else f"{name[: longest - 9]}-{short_digest(name)}"


def short_digest(text: str) -> str:
    """Tell texts apart in eight characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def role_name(app: App) -> str:
    """Return the role's name, where its ARN or its path may have been given."""
    return app.role.rpartition("/")[2]


def role_arn(app: App, account: str, region: str) -> str:
    """Return the role's ARN, which has its path."""
    return (
        app.role
        if app.role.startswith("arn:")
        else f"arn:{partition(region)}:iam::{account}:role/{app.role}"
    )


def app_tags(app: App) -> dict[str, str]:
    """Return the tags of everything that is made for the app."""
    return {**app.tags, "app": app.name, "managed-by": MANAGED_BY}


def policy_documents(manifest: Manifest, account: str) -> list[dict[str, Any]]:
    """Cut the policy that the app's role needs into as many documents as IAM's limit asks for."""
    whole = policy_document(manifest, account)
    first, *rest = whole["Statement"]
    room = MAX_POLICY_SIZE - _size({**whole, "Statement": [{**first, "Resource": []}, *rest]})
    parts: list[list[str]] = [[]]
    for arn in first["Resource"]:
        # two quotes and a comma
        if sum(len(known) + 3 for known in parts[-1]) + len(arn) + 3 > room:
            parts.append([])
        parts[-1].append(arn)
    return [{**whole, "Statement": [{**first, "Resource": part}, *rest]} for part in parts]


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def policy_document(manifest: Manifest, account: str) -> dict[str, Any]:
    """Return the policy that the app's role needs, in one piece."""
    app = manifest.app
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{account}:secret:{app.prefix}"
    resources = [f"{base}{secret.name}{ARN_SUFFIX}" for secret in manifest.secret]
    # A secret that is not there has no suffix yet: AWS would say "denied", and an app must hear "not found" of one that
    # it can do without. No secret can ever have such an ARN.
    resources += [f"{base}{secret.name}" for secret in manifest.secret if secret.optional]
    statements = [{"Sid": SID, "Effect": "Allow", "Action": list(ACTIONS), "Resource": resources}]
    if uses_customer_key(app):
        statements.append(decrypt_statement(app, account))
    # IAM knows no resource for it; it gives only what GetSecretValue is allowed on
    if app.prefetch:
        statements.append(
            {"Sid": BATCH_SID, "Effect": "Allow", "Action": list(BATCH_ACTIONS), "Resource": ["*"]}
        )
    return {"Version": "2012-10-17", "Statement": statements}


def partition(region: str) -> str:
    """Return the part of AWS that a region belongs to."""
    return next((name for start, name in PARTITIONS.items() if region.startswith(start)), "aws")


def uses_customer_key(app: App) -> bool:
    """Tell a key of the customer's from the one that AWS manages, which needs no permission."""
    return not re.fullmatch(
        r"(arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/)?aws/secretsmanager|", app.kms_key
    )


def decrypt_statement(app: App, account: str) -> dict[str, Any]:
    """Allow the use of the customer's key, through Secrets Manager alone."""
    services = [f"secretsmanager.{app.region}.amazonaws.com"]
    if partition(app.region) == "aws-cn":
        services.append(f"{services[0]}.cn")
    condition: dict[str, Any] = {
        "StringEquals": {"kms:ViaService": services if services[1:] else services[0]}
    }
    keys = f"arn:{partition(app.region)}:kms:{app.region}:{account}:key/"
    alias = re.fullmatch(r"(?:arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/.+)", app.kms_key)
    if alias:  # IAM knows no permission on an alias, only on the keys that have it
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": alias[1]}
    key = (
        f"{keys}*"
        if alias
        else app.kms_key
        if app.kms_key.startswith("arn:")
        else f"{keys}{app.kms_key}"
    )
    return {
        "Sid": KMS_SID,
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [key],
        "Condition": condition,
    }
