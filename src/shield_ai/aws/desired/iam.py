"""Describe the app's IAM policies, which allow reading exactly its secrets, and their attachment.

Also define the names, ARNs and tags that the other modules share.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.aws.desired.description import Description
from shield_ai.model.resource import Resource
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import App, Manifest

SID = "AllowSecretsManagerAccess"
ACTIONS = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
PLATFORM_ACTIONS = ["secretsmanager:GetSecretValue"]
KMS_SID = "AllowSecretsManagerDecrypt"
BATCH_SID = "AllowSecretsManagerBatch"
BATCH_ACTIONS = ["secretsmanager:BatchGetSecretValue"]
# Partition of a region by the prefix of its name; all other regions are in `aws`.
# From botocore's endpoints.json.
PARTITIONS = {
    "cn-": "aws-cn",
    "eu-isoe-": "aws-iso-e",
    "eusc-": "aws-eusc",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "us-isof-": "aws-iso-f",
}
ARN_SUFFIX = "-??????"  # Secrets Manager appends a hyphen and six characters to each ARN
# Characters of a managed policy, without white space:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_POLICY_SIZE = 6144
MANAGED_BY = "shield-ai"
# The shortest limit of a resource name is 64 characters (EventBridge rules, Lambda functions), and
# the longest suffix is "-secret-rotation-failed-999".
# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
MAX_SLUG_LENGTH = 36
_READER_IN_ACCOUNT = regex(r"(.+)@(\d{12})")
_DIGEST_LENGTH = 8
_AWS_MANAGED_KEY = regex(r"(arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/)?aws/secretsmanager|")
_KEY_ALIAS = regex(r"(?:arn:[\w-]+:kms:[\w-]+:\d*:)?(alias/.+)")


class Location(NamedTuple):
    """An account and region, to build ARNs from."""

    account: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a regional resource."""
        return f"arn:{partition(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def iam_arn(self, resource: str) -> str:
        """Return the ARN of an IAM resource, which has no region."""
        return f"arn:{partition(self.region)}:iam::{self.account}:{resource}"

    def secret_arn(self, name: str) -> str:
        """Return an ARN pattern that matches exactly one secret."""
        return self.arn("secretsmanager", f"secret:{name}{ARN_SUFFIX}")


def iam_resources(
    manifest: Manifest,
    account: str,
    _read: FileReader | None = None,
    former: Sequence[str] = (),
) -> Iterator[Resource]:
    """Describe the policies and their attachments; yield nothing if shield.toml names no role.

    Args:
        manifest: shield.toml, with the settings of the environment.
        account: The AWS account.
        former: The names in AWS of former secrets, which the role may still read.
    """
    app = manifest.app
    if not app.role or not (manifest.secret or former):
        return
    role = role_name(app)
    location = Location(account, app.region)
    for number, document in enumerate(policy_documents(manifest, account, former), 1):
        name = f"{app_slug(app)}-secrets-read-{app.region}"
        if number > 1:
            name += f"-{number}"
        yield Resource(
            kind="policy", name=name, settings={"document": document, "tags": app_tags(app)}
        )
        arn = location.iam_arn(f"policy/{name}")
        yield Resource(
            kind="policy-attachment", name=f"{role}/{name}", settings={"policy": arn, "role": role}
        )


def allow_former_secrets(
    desired: Sequence[Resource], manifest: Manifest, account: str, former: Sequence[str]
) -> tuple[Resource, ...]:
    """Return the desired resources, with policies that also allow reading former secrets.

    The deployed version of an app reads a secret under its former name until the next deployment.

    Args:
        desired: All resources of the app.
        manifest: shield.toml, with the settings of the environment.
        account: The AWS account.
        former: The names in AWS of the former secrets.
    """
    replaced = {resource.key for resource in iam_resources(manifest, account)}
    policies = [*iam_resources(manifest, account, former=former)]
    found: list[Resource] = []
    for resource in desired:
        if resource.key in replaced:
            found += policies
            policies = []
        else:
            found.append(resource)
    return (*found, *policies)


def granted_names(document: Any, account: str, region: str) -> set[str]:
    """Return the names of the secrets that a policy of `iam_resources` allows reading.

    Args:
        document: The policy in AWS, which may have been edited.
        account: The AWS account.
        region: The region of the secrets.
    """
    start = Location(account, region).arn("secretsmanager", "secret:")
    return {
        text.removeprefix(start).removesuffix(ARN_SUFFIX)
        for text in _strings(document)
        if text.startswith(start) and text.endswith(ARN_SUFFIX)
    }


def _strings(value: Any) -> Iterator[str]:
    """Yield the strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings([*value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def app_slug(app: App) -> str:
    """Return a short name of the app and its environment, such as `storefront-prod`.

    It contains only characters that all services accept in resource names.
    """
    name = _hyphenate(app.name)
    prefix = _hyphenate(app.prefix)
    if not name:
        name = f"app-{short_digest(app.name)}"
    if f"{prefix}-".startswith(f"{name}-"):
        full = prefix
    elif prefix:
        full = f"{name}-{prefix}"
    else:
        full = name
    return truncate_name(full, MAX_SLUG_LENGTH)


def _hyphenate(text: str) -> str:
    return "-".join(re.findall(r"[A-Za-z0-9_]+", text))


def truncate_name(name: str, max_length: int) -> str:
    """Return the name, with the end replaced by a digest if it is too long."""
    if len(name) <= max_length:
        return name
    return f"{name[: max_length - _DIGEST_LENGTH - 1]}-{short_digest(name)}"


def short_digest(text: str) -> str:
    """Return the first eight characters of the text's SHA-256 digest."""
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def role_name(app: App) -> str:
    """Return the name of the app's role, without its path if `role` is a path or an ARN."""
    return app.role.rpartition("/")[2]


def session_reader(reader: str) -> str:
    """Return an entry of `readers` without its path, as CloudTrail names the sessions of a role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    kind, _, name = reader.partition("/")
    return f"{kind}/{name.rpartition('/')[2]}"


def split_reader(reader: str, account: str) -> tuple[str, str]:
    """Return an entry of `readers` without its account, and the account.

    Args:
        reader: For example `role/Deploy*`, or `role/Audit@123456789012`.
        account: The account of an entry that names none.
    """
    match = _READER_IN_ACCOUNT.fullmatch(reader)
    return (match[1], match[2]) if match else (reader, account)


def role_arn(app: App, account: str, region: str) -> str:
    """Return the ARN of the app's role, including its path."""
    if app.role.startswith("arn:"):
        return app.role
    return f"arn:{partition(region)}:iam::{account}:role/{app.role}"


def app_tags(app: App) -> dict[str, str]:
    """Return the tags of every resource that is created for the app."""
    return {**app.tags, "app": app.name, "managed-by": MANAGED_BY}


def policy_documents(
    manifest: Manifest, account: str, former: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Return the policy of the app's role, split into documents within IAM's size limit."""
    return _split(policy_document(manifest, account, former))


def platform_policies(manifest: Manifest, account: str) -> list[dict[str, Any]]:
    """Return the policy of a role with which a platform sets the app's environment variables.

    Unlike the app's role, it can only read values. The documents are within IAM's size limit.
    """
    document = policy_document(manifest, account)
    access, *others = document["Statement"]
    statements = [{**access, "Action": PLATFORM_ACTIONS}]
    statements += [statement for statement in others if statement["Sid"] == KMS_SID]
    return _split({**document, "Statement": statements})


def _split(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Split a policy into documents within IAM's size limit."""
    access, *other_statements = document["Statement"]

    def with_resources(arns: list[str]) -> dict[str, Any]:
        statements = [{**access, "Resource": arns}, *other_statements]
        return {**document, "Statement": statements}

    available = MAX_POLICY_SIZE - _compact_size(with_resources([]))
    parts: list[list[str]] = [[]]
    used = 0
    for arn in access["Resource"]:
        size = len(arn) + len('"",')
        if used + size > available:
            parts.append([])
            used = 0
        parts[-1].append(arn)
        used += size
    return [with_resources(part) for part in parts]


def _compact_size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def policy_document(manifest: Manifest, account: str, former: Sequence[str] = ()) -> dict[str, Any]:
    """Return the policy of the app's role as one document of any size.

    Args:
        manifest: shield.toml, with the settings of the environment.
        account: The AWS account.
        former: The names in AWS of former secrets, which the role may still read.
    """
    app = manifest.app
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{account}:secret:{app.prefix}"
    resources = [f"{base}{secret.name}{ARN_SUFFIX}" for secret in manifest.secret]
    # For a secret that does not exist, AWS evaluates the ARN without the suffix. Without this
    # permission, it would return AccessDeniedException, but an app that can run without the secret
    # needs ResourceNotFoundException. No existing secret has such an ARN.
    resources += [f"{base}{secret.name}" for secret in manifest.secret if secret.optional]
    resources += [Location(account, app.region).secret_arn(name) for name in former]
    statements = [{"Sid": SID, "Effect": "Allow", "Action": list(ACTIONS), "Resource": resources}]
    if uses_customer_key(app):
        statements.append(decrypt_statement(app, account))
    if app.prefetch:
        # This action supports no resource ARNs; it returns only what GetSecretValue may read.
        statements.append(
            {"Sid": BATCH_SID, "Effect": "Allow", "Action": list(BATCH_ACTIONS), "Resource": ["*"]}
        )
    return {"Version": "2012-10-17", "Statement": statements}


def partition(region: str) -> str:
    """Return the partition of a region, for example `aws` or `aws-cn`."""
    for prefix, name in PARTITIONS.items():
        if region.startswith(prefix):
            return name
    return "aws"


def uses_customer_key(app: App) -> bool:
    """Return whether the secrets use a customer managed KMS key.

    The AWS managed key `aws/secretsmanager` needs no permission.
    """
    return not _AWS_MANAGED_KEY.fullmatch(app.kms_key)


def decrypt_statement(app: App, account: str) -> dict[str, Any]:
    """Return the statement that allows decryption with the app's key through Secrets Manager."""
    services = [f"secretsmanager.{app.region}.amazonaws.com"]
    if partition(app.region) == "aws-cn":
        services.append(f"{services[0]}.cn")
    via_service = services if len(services) > 1 else services[0]
    condition: dict[str, Any] = {"StringEquals": {"kms:ViaService": via_service}}
    keys = f"arn:{partition(app.region)}:kms:{app.region}:{account}:key/"
    alias = _KEY_ALIAS.fullmatch(app.kms_key)
    if alias:
        # IAM can't grant access to an alias, only to the keys that have it.
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": alias[1]}
        key = f"{keys}*"
    elif app.kms_key.startswith("arn:"):
        key = app.kms_key
    else:
        key = f"{keys}{app.kms_key}"
    return {
        "Sid": KMS_SID,
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [key],
        "Condition": condition,
    }


DESCRIPTION = Description(order=10, describe=iam_resources)
