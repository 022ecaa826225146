from __future__ import annotations

import msgspec
import pytest
import yaml
from cfnlint.api import lint_all
from exporting import REGION, RESOURCES

from shield_ai.aws.export.cloudformation import to_cloudformation


@pytest.mark.filterwarnings("default")  # warnings of the linter itself
def test_template_passes_cfn_lint():
    found = lint_all(to_cloudformation(RESOURCES, REGION))
    assert [match for match in found if not match.rule.id.startswith("I")] == []  # I: informational


def test_template_is_complete_and_retains_secrets():
    template = yaml.safe_load(to_cloudformation(RESOURCES, REGION))["Resources"]
    secret = template["SecretShopProdMailKey"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert secret["Properties"]["KmsKeyId"] == "alias/shop"
    assert "SecretString" not in secret["Properties"]
    (policy,) = [
        r["Properties"] for r in template.values() if r["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert policy["Roles"] == ["Shop"]
    attachments = [resource for resource in RESOURCES if resource.kind == "policy-attachment"]
    assert len(template) >= len(RESOURCES) - len(attachments)  # they are properties of the policy


def test_rotation_function_and_schedule():
    body = yaml.safe_load(to_cloudformation(RESOURCES, REGION))
    template, function = body["Resources"], "FunctionShopProdRotateDb"
    assert template["RotationScheduleShopProdDb"]["Properties"] == {
        "SecretId": {"Ref": "SecretShopProdDb"},
        "RotationLambdaARN": {"Fn::GetAtt": [function, "Arn"]},
        "RotationRules": {"ScheduleExpression": "rate(30 days)", "Duration": "3h"},
        "RotateImmediatelyOnUpdate": False,
    }
    assert template[function]["Properties"]["Code"] == {
        "S3Bucket": {"Ref": "RotationCodeBucket"},
        "S3Key": "shop-prod-rotate-db.zip",
    }
    assert "RotationCodeBucket" in body["Parameters"]
    assert "Parameters" not in yaml.safe_load(to_cloudformation(RESOURCES[:1], REGION))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(1, "# 1 AWS resource for", id="one"),
        pytest.param(2, "# 2 AWS resources", id="two"),
    ],
)
def test_counts_the_resources(number, text):
    secrets = [resource for resource in RESOURCES if resource.kind == "secret"]
    assert to_cloudformation(secrets[:number], REGION).startswith(text)


def test_names_that_differ_only_in_punctuation():
    twins = [
        type(RESOURCES[0])(kind="secret", name=name, settings=RESOURCES[0].settings)
        for name in ("a-b", "a/b")
    ]
    assert yaml.safe_load(to_cloudformation(twins, REGION))["Resources"].keys() == {
        "SecretAB",
        "SecretAB2",
    }


def test_a_policy_keeps_all_its_roles():
    (attachment,) = [r for r in RESOURCES if r.kind == "policy-attachment"]
    second = msgspec.structs.replace(
        attachment, name="second", settings={**attachment.settings, "role": "Worker"}
    )
    template = yaml.safe_load(to_cloudformation([*RESOURCES, second], REGION))["Resources"]
    (policy,) = [
        r["Properties"] for r in template.values() if r["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert policy["Roles"] == ["Shop", "Worker"]
