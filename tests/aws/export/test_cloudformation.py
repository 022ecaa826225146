from __future__ import annotations

import pytest
import yaml
from cfnlint.api import lint_all
from exporting import REGION, STRANGE, THINGS

from shield_ai.aws.export.cloudformation import to_cloudformation


@pytest.mark.filterwarnings("default")  # the linter's own
def test_template_passes_cfn_lint():
    found = lint_all(to_cloudformation(THINGS, REGION))
    assert [match for match in found if not match.rule.id.startswith("I")] == []  # I: advice


def test_template_is_complete_and_retains_secrets():
    template = yaml.safe_load(to_cloudformation(THINGS, REGION))["Resources"]
    secret = template["SecretShopProdMailKey"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert secret["Properties"]["KmsKeyId"] == "alias/shop"
    assert "SecretString" not in secret["Properties"]
    (policy,) = [
        r["Properties"] for r in template.values() if r["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert policy["Roles"] == ["Shop"]
    assert len(template) >= len(THINGS) - 1  # the attachment stands at the policy


def test_rotation_function_and_schedule():
    body = yaml.safe_load(to_cloudformation(THINGS, REGION))
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
    assert "Parameters" not in yaml.safe_load(to_cloudformation(THINGS[:1], REGION))


def test_unsupported_resource_is_named_in_a_comment():
    assert (
        "# not supported by this export, created by shield apply: nonesuch x"
        in to_cloudformation([STRANGE], REGION)
    )


def test_names_that_differ_only_in_punctuation():
    twins = [
        type(THINGS[0])(kind="secret", name=name, settings=THINGS[0].settings)
        for name in ("a-b", "a/b")
    ]
    assert yaml.safe_load(to_cloudformation(twins, REGION))["Resources"].keys() == {
        "SecretAB",
        "SecretAB2",
    }
