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

ACCOUNT = "123456789012"  # of the embedded AWS
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
    """An app with all features, the resources of which all exist."""
    (tmp_path / "shield.toml").write_text(tomlkit.dumps(msgspec.to_builtins(MANIFEST)))
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    account = Account(Session(REGION))
    for resource in RESOURCES:
        if resource.kind == "secret":
            account.secrets.create(resource.name, Hidden(VALUE), resource.settings, token="0" * 32)
        else:
            account.resources.reconcile(resource.kind, resource.name, resource.settings)
    return tmp_path


def test_nothing_that_exists_is_created(app):
    done = export(app)
    assert done.code == 0, done.err
    addresses, ids = blocks(done.out)
    assert set(ids) == addresses
    assert len(set(ids.values())) > 10
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


def test_what_is_missing_is_created(app):
    """Terraform rejects an import block for something that does not exist."""
    remove_parts()
    done = export(app)
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


def test_each_id_has_the_form_that_the_provider_documents(app):
    arn = r"arn:aws:{}:us-east-1:123456789012:{}".format
    secret = arn("secretsmanager", r"secret:shop/prod/(db|mail-key)-\w{6}")
    policy = r"arn:aws:iam::123456789012:policy/[\w-]+"
    forms = {
        "aws_cloudwatch_dashboard": "[\\w-]+",
        "aws_cloudwatch_event_rule": "[\\w-]+",
        "aws_cloudwatch_event_target": "[\\w-]+/shield",
        "aws_cloudwatch_log_group": "/aws/lambda/[\\w-]+",
        "aws_cloudwatch_metric_alarm": "[\\w-]+",
        "aws_iam_policy": policy,
        "aws_iam_role": "[\\w-]+",
        "aws_iam_role_policy": "[\\w-]+:rotate",
        "aws_iam_role_policy_attachment": f"Shop/{policy}",
        "aws_lambda_function": "[\\w-]+",
        "aws_lambda_permission": "[\\w-]+/(secrets-manager|schedule-[\\w-]+)",
        "aws_secretsmanager_secret": secret,
        "aws_secretsmanager_secret_policy": secret,
        "aws_secretsmanager_secret_rotation": secret,
        "aws_sns_topic": arn("sns", "[\\w-]+"),
        "aws_sns_topic_subscription": arn("sns", "[\\w-]+:[\\w-]+"),
        "aws_sqs_queue": "http.*/123456789012/[\\w-]+",
    }
    _, ids = blocks(export(app).out)
    types = {address: address.partition(".")[0] for address in ids}
    assert forms.keys() <= set(types.values())
    for address, import_id in ids.items():
        assert re.fullmatch(forms.get(types[address], ".+"), import_id), address


def test_the_first_export_imports_nothing(aws, tmp_path):
    (tmp_path / "shield.toml").write_text(tomlkit.dumps(msgspec.to_builtins(MANIFEST)))
    done = export(tmp_path)
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
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{named('alarm')}"
    boto3.client("cloudwatch").tag_resource(
        ResourceARN=alarm, Tags=[{"Key": "app", "Value": "other"}]
    )
    done = export(app)
    assert done.code == 4
    assert f"error: alarm {named('alarm')} belongs to the app other" in done.err
    assert done.out == ""
