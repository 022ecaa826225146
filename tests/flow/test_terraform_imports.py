"""What `shield export --format terraform` imports, with an account in which everything exists."""

from __future__ import annotations

import json
import re

import boto3
import msgspec
import pytest
import tomlkit
from exporting import MANIFEST, REGION, RESOURCES
from fault_proxy import FaultProxy
from shield_helpers import run

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.model.hidden import Hidden

ACCOUNT = "123456789012"  # of the AWS emulator
ARN = "arn:aws:{}:us-east-1:123456789012:{}".format
SECRET = ARN("secretsmanager", r"secret:shop/prod/(db|mail-key)-\w{6}")
POLICY = r"arn:aws:iam::123456789012:policy/[\w-]+"
NAME = r"[\w-]+"
# As in https://registry.terraform.io/providers/hashicorp/aws/latest/docs
FORMS = {
    "aws_cloudwatch_dashboard": NAME,
    "aws_cloudwatch_event_rule": NAME,
    "aws_cloudwatch_event_target": f"{NAME}/shield",
    "aws_cloudwatch_log_group": f"/aws/lambda/{NAME}",
    "aws_cloudwatch_metric_alarm": NAME,
    "aws_iam_policy": POLICY,
    "aws_iam_role": NAME,
    "aws_iam_role_policy": f"{NAME}:rotate",
    "aws_iam_role_policy_attachment": f"Shop/{POLICY}",
    "aws_lambda_function": NAME,
    "aws_lambda_permission": f"{NAME}/(secrets-manager|schedule-{NAME})",
    "aws_secretsmanager_secret": SECRET,
    "aws_secretsmanager_secret_policy": SECRET,
    "aws_secretsmanager_secret_rotation": SECRET,
    "aws_sns_topic": ARN("sns", NAME),
    "aws_sns_topic_subscription": ARN("sns", f"{NAME}:{NAME}"),
    "aws_sqs_queue": f"http.*/123456789012/{NAME}",
}
VALUE = '{"username": "u", "password": "a-value"}'


def export(folder, *options):
    return run("export", ".", "--format", "terraform", *options, cwd=folder)


def blocks(text):
    """Return the address of each block, and the import ID by address."""
    document = json.loads(text)
    addresses = {
        f"{kind}.{label}" for kind, named in document["resource"].items() for label in named
    }
    return addresses, {entry["to"]: entry["id"] for entry in document.get("import", ())}


@pytest.fixture
def app(aws, tmp_path):
    """An app that uses all features."""
    (tmp_path / "shield.toml").write_text(tomlkit.dumps(msgspec.to_builtins(MANIFEST)))
    return tmp_path


@pytest.fixture
def deployed(app):
    """An app, the resources of which all exist."""
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    account = Account(Session(REGION))
    for resource in RESOURCES:
        if resource.kind == "secret":
            account.secrets.create(resource.name, Hidden(VALUE), resource.settings, token="0" * 32)
        else:
            account.resources.reconcile(resource.kind, resource.name, resource.settings)
    return app


def test_nothing_that_exists_is_created(deployed):
    done = export(deployed)
    assert done.code == 0, done.err
    addresses, ids = blocks(done.out)
    assert set(ids) == addresses
    types = {address: address.partition(".")[0] for address in ids}
    assert set(types.values()) >= FORMS.keys()
    for address, import_id in ids.items():
        assert re.fullmatch(FORMS.get(types[address], ".+"), import_id), address
    assert json.loads(done.out)["terraform"]["required_version"] == ">= 1.5"
    assert "a-value" not in done.text


def named(kind):
    return next(resource.name for resource in RESOURCES if resource.kind == kind)


def remove_parts():
    """Delete a secret, and a part of other resources."""
    secrets = boto3.client("secretsmanager")
    secret = "shop/prod/mail-key"
    secrets.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=["eu-west-1"])
    secrets.delete_secret(SecretId=secret)
    boto3.client("iam").delete_role_policy(RoleName=named("rotation-role"), PolicyName="rotate")
    functions = boto3.client("lambda")
    functions.remove_permission(FunctionName=named("function"), StatementId="secrets-manager")
    schedule = named("schedule")
    functions.remove_permission(FunctionName=schedule, StatementId=f"schedule-{schedule}")
    for rule in (named("event-rule"), schedule):
        boto3.client("events").remove_targets(Rule=rule, Ids=["shield"])
    topics = boto3.client("sns")
    for subscription in topics.list_subscriptions()["Subscriptions"]:
        topics.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


def test_what_is_missing_is_created(deployed):
    """Terraform rejects an import block for something that does not exist."""
    remove_parts()
    done = export(deployed)
    assert done.code == 0, done.err
    addresses, ids = blocks(done.out)
    assert sorted(address.partition(".")[0] for address in addresses - set(ids)) == [
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_event_target",
        "aws_iam_role_policy",
        "aws_lambda_permission",
        "aws_lambda_permission",
        "aws_secretsmanager_secret",
        "aws_sns_topic_subscription",
    ]


def test_the_first_export_imports_nothing(app):
    done = export(app)
    assert done.code == 0, done.err
    addresses, ids = blocks(done.out)
    assert addresses
    assert ids == {}
    assert "required_version" not in done.out


def test_with_account_aws_is_not_called(app):
    with FaultProxy("http://127.0.0.1:9") as proxy:
        done = run(
            *("export", ".", "--format", "terraform", "--account", ACCOUNT),
            cwd=app,
            env={"AWS_ENDPOINT_URL": proxy.url},
        )
        assert proxy.calls == []
    assert done.code == 0, done.err
    assert blocks(done.out)[1] == {}


def test_what_belongs_to_another_app_is_not_imported(app):
    alarm = next(resource for resource in RESOURCES if resource.kind == "alarm")
    other = {**alarm.settings, "tags": {**alarm.settings["tags"], "app": "other"}}
    Account(Session(REGION)).resources.reconcile("alarm", alarm.name, other)
    done = export(app)
    assert done.code == 4
    assert f"error: alarm {alarm.name} belongs to the app other" in done.err
    assert done.out == ""
