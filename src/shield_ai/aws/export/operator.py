"""Build the IAM policy of the operator, who runs plan, apply, verify and rollback.

The policy allows the API calls of these commands on the app's own resources, DescribeSecret on all
secrets, and a few actions that IAM can't restrict to a resource.

IAM can't restrict what the operator writes into the policies of the app's role and of the rotation
roles, or into the code of the functions. Whoever can write both a role's policy and the code that
uses the role can obtain any permission, unless a permissions boundary or a service control policy
limits the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import (
    ARN_SUFFIX,
    Location,
    decrypt_statement,
    partition,
    role_arn,
    uses_customer_key,
)
from shield_ai.aws.desired.lambda_function import SECRETS_MANAGER_PRINCIPAL
from shield_ai.aws.desired.permissions import KMS_ACTIONS, SECRET_ACTIONS
from shield_ai.aws.live.kinds.registry import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import App, Manifest

_DESCRIBE = frozenset({"secretsmanager:DescribeSecret"})
_WITHOUT_RESOURCE = frozenset({"sns:Unsubscribe", "logs:DescribeLogGroups"})


def operator_policy(manifest: Manifest, account: str) -> dict[str, Any]:
    """Return the policy. It allows reading the app's secrets, because verify reads them."""
    app = manifest.app
    by_kind = _arns_by_kind(manifest, account)
    statements = [
        *_secret_statements(manifest, account),
        *_key_statements(app, account),
        *_resource_statements(by_kind),
    ]
    if app.role:
        # sts:AssumeRole is not allowed: the operator could add permissions to the role, and then
        # use them.
        actions = ["iam:GetRole", "iam:SimulatePrincipalPolicy"]
        statements.append(_allow("Role", actions, [role_arn(app, account, app.region)]))
    statements.append(
        _allow("ActionsWithoutResource", _actions_without_resource(manifest, by_kind), ["*"])
    )
    return {"Version": "2012-10-17", "Statement": statements}


def _secret_statements(manifest: Manifest, account: str) -> Iterator[dict[str, Any]]:
    app = manifest.app
    location = Location(account, app.region)
    arns = [location.secret_arn(app.prefix + secret.name) for secret in manifest.secret]
    yield _allow("Secrets", sorted(SECRET_ACTIONS - _DESCRIBE), arns)
    # For a secret that does not exist yet, IAM evaluates the ARN without the suffix.
    arns_before_creation = [arn.removesuffix(ARN_SUFFIX) for arn in arns]
    create = ["secretsmanager:CreateSecret", "secretsmanager:TagResource"]
    yield _allow("CreateSecrets", create, arns_before_creation)
    # shield also describes secrets that do not exist yet, and others that it finds in the account.
    # DescribeSecret never returns a value.
    yield _allow("DescribeSecrets", sorted(_DESCRIBE), ["*"])


def _key_statements(app: App, account: str) -> Iterator[dict[str, Any]]:
    if not uses_customer_key(app):
        return
    decrypt = decrypt_statement(app, account)
    yield {**decrypt, "Sid": "Key", "Action": list(KMS_ACTIONS)}
    describe = {**decrypt, "Sid": "DescribeKey", "Action": ["kms:DescribeKey"]}
    # Drop kms:ViaService: shield calls DescribeKey directly, not through Secrets Manager.
    condition = {key: value for key, value in decrypt["Condition"].items() if key != "StringEquals"}
    if condition:
        describe["Condition"] = condition
    else:
        del describe["Condition"]
    yield describe


def _arns_by_kind(manifest: Manifest, account: str) -> dict[str, set[str]]:
    region = manifest.app.region
    by_kind: dict[str, set[str]] = {}
    # Only the names matter here, not the content of the functions' files.
    for resource in resources(manifest, account, lambda _: b""):
        arn = KINDS[resource.kind].arn.format(
            partition=partition(region),
            region=region,
            account=account,
            name=resource.name,
            role=role_arn(manifest.app, account, region),
        )
        by_kind.setdefault(resource.kind, set()).add(arn)
    return by_kind


def _resource_statements(by_kind: dict[str, set[str]]) -> Iterator[dict[str, Any]]:
    conditions = _conditions(by_kind)
    for kind, arns in by_kind.items():
        sid = kind.title().replace("-", "")
        actions = _actions(kind) - _WITHOUT_RESOURCE
        yield _allow(sid, sorted(actions - conditions.keys()), sorted(arns))
        for action in sorted(actions & conditions.keys()):
            statement = _allow(sid + action.partition(":")[2], [action], sorted(arns))
            yield {**statement, "Condition": conditions[action]}


def _conditions(by_kind: dict[str, set[str]]) -> dict[str, dict[str, Any]]:
    """Return the conditions of the actions that would otherwise give access to other resources.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
    """
    app_policies = {"ArnEquals": {"iam:PolicyARN": sorted(by_kind.get("policy", ()))}}
    callers = ["events.amazonaws.com", SECRETS_MANAGER_PRINCIPAL]
    return {
        "iam:AttachRolePolicy": app_policies,
        "iam:DetachRolePolicy": app_policies,
        "iam:PassRole": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        "lambda:AddPermission": {"StringEquals": {"lambda:Principal": callers}},
    }


def _actions(kind: str) -> set[str]:
    verbs = KINDS[kind].permissions
    actions = {*verbs.read, *verbs.create, *verbs.update, *verbs.delete}
    if kind == "schedule":  # the statement for its function already allows the Lambda actions
        return {action for action in actions if action.startswith("events:")}
    return actions


def _actions_without_resource(manifest: Manifest, by_kind: dict[str, set[str]]) -> list[str]:
    # BatchGetSecretValue returns only secrets that the caller can read with GetSecretValue.
    actions = {"secretsmanager:BatchGetSecretValue"}
    if manifest.monitoring.has_recipients:
        actions.add("cloudwatch:GetMetricStatistics")
    for kind in by_kind:
        actions |= _actions(kind) & _WITHOUT_RESOURCE
    return sorted(actions)


def _allow(sid: str, actions: list[str], arns: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": arns}
