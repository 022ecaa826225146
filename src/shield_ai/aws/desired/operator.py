"""The policy of whoever runs plan, apply, verify and rollback: what our calls need, on our names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import (
    ARN_SUFFIX,
    decrypt_statement,
    partition,
    role_arn,
    uses_customer_key,
)
from shield_ai.aws.desired.permissions import KMS_ACTIONS, PERMISSIONS, SECRET_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import Manifest

# Kind → its ARN. https://docs.aws.amazon.com/service-authorization/latest/reference/
ARN_TEMPLATES = {
    "policy": "arn:{partition}:iam::{account}:policy/{name}",
    "policy-attachment": "{role}",
    "role": "arn:{partition}:iam::{account}:role/{name}",
    "log-group": "arn:{partition}:logs:{region}:{account}:log-group:{name}",
    "rotation-role": "arn:{partition}:iam::{account}:role/{name}",
    "function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "rotation": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",
    "secret-policy": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-??????",
    "queue": "arn:{partition}:sqs:{region}:{account}:{name}",
    "topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "event-rule": "arn:{partition}:events:{region}:{account}:rule/{name}",
    "schedule": "arn:{partition}:events:{region}:{account}:rule/{name}",
    "alarm": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
    "dashboard": "arn:{partition}:cloudwatch::{account}:dashboard/{name}",
}
# IAM knows no resource for these.
LOOK = frozenset({"secretsmanager:DescribeSecret"})
ANYWHERE = frozenset({"sns:Unsubscribe", "logs:DescribeLogGroups"})


def operator_policy(manifest: Manifest, account: str, region: str) -> dict[str, Any]:
    """Return the policy; it reads the app's secrets, since verify does, and no other."""
    return {"Version": "2012-10-17", "Statement": [*_statements(manifest, account, region)]}


def _statements(manifest: Manifest, account: str, region: str) -> Iterator[dict[str, Any]]:
    app = manifest.app
    base = f"arn:{partition(region)}:secretsmanager:{region}:{account}:secret:{app.prefix}"
    names = [f"{base}{secret.name}{ARN_SUFFIX}" for secret in manifest.secret]
    bare = [name.removesuffix(ARN_SUFFIX) for name in names]  # as IAM sees it before it is created
    yield _allow("Secrets", sorted(SECRET_ACTIONS - LOOK), names)
    yield _allow(
        "SecretsToCome", ["secretsmanager:CreateSecret", "secretsmanager:TagResource"], bare
    )
    # A secret that is not there has no ARN that a policy could name; this shows no value.
    yield _allow("LookAtSecrets", sorted(LOOK), ["*"])
    if uses_customer_key(app):
        statement = decrypt_statement(app, account)
        yield {**statement, "Sid": "Key", "Action": [*KMS_ACTIONS]}
        without = {
            key: value for key, value in statement["Condition"].items() if key != "StringEquals"
        }
        look = {**statement, "Sid": "KeyLook", "Action": ["kms:DescribeKey"], "Condition": without}
        yield look if without else {key: value for key, value in look.items() if key != "Condition"}
    found: dict[str, set[str]] = {}
    for resource in resources(manifest, account, region, lambda _: b""):  # names alone matter here
        place = {"partition": partition(region), "region": region, "account": account}
        arn = ARN_TEMPLATES[resource.kind].format(
            **place, name=resource.name, role=role_arn(app, account, region)
        )
        found.setdefault(resource.kind, set()).add(arn)
    free = {"secretsmanager:BatchGetSecretValue"}  # it gives only what GetSecretValue is allowed on
    if manifest.monitoring.tells:
        free.add("cloudwatch:GetMetricStatistics")
    for kind, arns in found.items():
        verbs = PERMISSIONS[kind]
        actions = {*verbs.read, *verbs.create, *verbs.update, *verbs.delete}
        if kind == "schedule":  # what it does to its function is allowed with the function
            actions = {action for action in actions if action.startswith("events:")}
        free |= actions & ANYWHERE
        statement = _allow(kind.title().replace("-", ""), sorted(actions - ANYWHERE), sorted(arns))
        if kind == "policy-attachment":
            yield from _attach(statement, sorted(found["policy"]))
        else:
            yield statement
    if app.role:
        yield _allow(
            "Role",
            ["iam:GetRole", "iam:SimulatePrincipalPolicy", "sts:AssumeRole"],
            [role_arn(app, account, region)],
        )
    yield _allow("Anywhere", sorted(free), ["*"])


def _attach(statement: dict[str, Any], policies: list[str]) -> Iterator[dict[str, Any]]:
    """Let nothing be attached but our policies: who may attach any is an administrator."""
    yield {**statement, "Action": ["iam:ListAttachedRolePolicies"]}
    changes = [action for action in statement["Action"] if action != "iam:ListAttachedRolePolicies"]
    only = {"ArnEquals": {"iam:PolicyARN": policies}}
    yield {**statement, "Sid": f"{statement['Sid']}Changes", "Action": changes, "Condition": only}


def _allow(sid: str, actions: list[str], arns: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": arns}
