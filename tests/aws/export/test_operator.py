from __future__ import annotations

import fnmatch
import json
import logging
import re
import subprocess
import sys

import boto3
import msgspec
import pytest
from shield_helpers import make_app, run

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.export.operator import operator_policy
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import App, Functions, Manifest, Monitoring, Rotation, Secret
from shield_ai.model.manifest_parser import parse_manifest

ACCOUNT, REGION = "123456789012", "us-east-1"
FULL = Manifest(
    app=App(
        name="shop",
        prefix="shop/",
        role="Shop",
        kms_key="alias/shop",
        prefetch=True,
        readers_only=True,
    ),
    monitoring=Monitoring(email=("ops@example.com",)),
    rotation=Functions(subnets=("subnet-1",), security_groups=("sg-1",)),
    secret=(
        Secret(name="a", env="A"),
        Secret(name="r", env="R", rotate=Rotation(every="9 days", strategy="random-value")),
        Secret(name="db", kind=Kind.DATABASE, fields={"password": "P"}),
    ),
)
# By the name of a service in botocore, its prefix in IAM.
SERVICES = {
    "secrets-manager": "secretsmanager",
    "cloudwatch": "cloudwatch",
    "eventbridge": "events",
}
# Missing from parliament's list of permissions, which is outdated.
NEWER = {
    "BatchGetSecretValue",
    "kms:ResourceAliases",
    "RESOURCE_STAR - ['secretsmanager:DescribeSecret']",
}


@pytest.mark.parametrize(
    "document",
    [operator_policy(FULL, ACCOUNT), policy_document(FULL, ACCOUNT)],
    ids=["operator", "app"],
)
def test_policies_pass_parliament(document):
    program = "import sys, parliament; print(*parliament.analyze_policy_string(sys.stdin.read()).findings, sep='\\n')"
    # in a separate process, because it leaves files open
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(
        command, input=json.dumps(document), capture_output=True, text=True, check=True
    )
    found = done.stdout.splitlines()
    assert [
        str(finding) for finding in found if not any(word in str(finding) for word in NEWER)
    ] == []


def test_wildcard_resources_only_where_iam_requires_them():
    for statement in operator_policy(FULL, ACCOUNT)["Statement"]:
        assert not any("*" in action for action in statement["Action"])
        if statement["Sid"] not in {
            "ActionsWithoutResource",
            "DescribeSecrets",
            "Key",
            "DescribeKey",
        }:  # a condition restricts the keys to those with the alias
            assert not any("*" in arn for arn in statement["Resource"])


POLICY = f"arn:aws:iam::{ACCOUNT}:policy/shop-secrets-read-{REGION}"
CALLERS = ["events.amazonaws.com", "secretsmanager.amazonaws.com"]


@pytest.mark.parametrize(
    ("action", "condition"),
    [
        ("iam:AttachRolePolicy", {"ArnEquals": {"iam:PolicyARN": [POLICY]}}),
        ("iam:DetachRolePolicy", {"ArnEquals": {"iam:PolicyARN": [POLICY]}}),
        ("iam:PassRole", {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        ("lambda:AddPermission", {"StringEquals": {"lambda:Principal": CALLERS}}),
    ],
)
def test_actions_that_need_a_condition(action, condition):
    statements = operator_policy(FULL, ACCOUNT)["Statement"]
    found = [statement for statement in statements if action in statement["Action"]]
    assert [statement.get("Condition") for statement in found] == [condition]


def test_operator_can_not_assume_the_role_that_its_policy_changes():
    statements = operator_policy(FULL, ACCOUNT)["Statement"]
    assert not [s for s in statements for action in s["Action"] if action.startswith("sts:")]


def test_without_role_and_functions_the_operator_changes_no_permissions():
    manifest = msgspec.structs.replace(
        FULL, app=msgspec.structs.replace(FULL.app, role=""), rotation=None
    )
    services = {
        action.partition(":")[0]
        for statement in operator_policy(manifest, ACCOUNT)["Statement"]
        for action in statement["Action"]
    }
    assert "secretsmanager" in services
    assert not services & {"iam", "lambda", "sts"}


def test_policy_allows_all_calls(tmp_path, aws, caplog):
    """The policy allows all calls of an app's lifecycle, which botocore logs."""
    make_app(tmp_path)
    boto3.client("iam").create_role(
        RoleName="Shop", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    run("draft", cwd=tmp_path)
    toml = tmp_path / "shield.toml"
    toml.write_text(
        toml.read_text().replace("[app]\n", '[app]\nrole = "Shop"\n')
        + '\n[monitoring]\nemail = ["ops@example.com"]\n'
    )
    commands = [
        "apply --env-file .env",
        "verify",
        "apply --env-file other.env --conflict replace",
        "rollback",
        "rollback",
        "apply --env-file .env",
        "rollback",
    ]
    (tmp_path / "other.env").write_text((tmp_path / ".env").read_text().replace("=", "=other-"))
    with caplog.at_level(logging.DEBUG, "botocore.hooks"):
        for command in commands:
            if "other" in command:
                toml.write_text(
                    toml.read_text().replace(
                        "[app]\n", '[app]\ntags = { team = "web" }\nreplicas = ["eu-west-1"]\n'
                    )
                )
            yes = [] if command == "verify" else ["--yes"]
            done = run(*command.split(), "--only", "aws", *yes, cwd=tmp_path)
            assert done.code == 0, done.text
    log = "\n".join(record.getMessage() for record in caplog.records)
    called = {
        f"{SERVICES.get(service, service)}:{name}"
        for service, name in re.findall(r"before-call\.([\w-]+)\.(\w+)", log)
    }
    allowed = {
        a
        for s in operator_policy(parse_manifest(toml.read_text()), aws.account)["Statement"]
        for a in s["Action"]
    }
    assert len(called) > 30
    # GetCallerIdentity needs no permission; without AssumeRole, verify uses the policy simulator.
    assert called - allowed == {"sts:GetCallerIdentity", "sts:AssumeRole"}


def test_secrets_with_similar_names_are_not_readable():
    statement = policy_document(FULL, ACCOUNT)["Statement"][0]
    base = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:shop/"
    for name, allowed in (
        ("a-AbCdEf", True),
        ("a-old-AbCdEf", False),
        ("a2-AbCdEf", False),
        ("db-AbCdEf", True),
        ("db-AbCdEf-AbCdEf", False),
    ):
        assert (
            any(fnmatch.fnmatchcase(base + name, arn) for arn in statement["Resource"]) is allowed
        )
