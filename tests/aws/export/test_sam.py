from __future__ import annotations

import pytest
import yaml
from cfnlint.api import lint_all
from exporting import target

from shield_ai.aws.export.sam import to_sam


def test_variables_are_dynamic_references():
    template, policy = yaml.safe_load_all(to_sam(target()))
    assert template["Resources"]["Function"]["Properties"]["Environment"]["Variables"] == {
        "MAIL_KEY": "{{resolve:secretsmanager:shop/prod/mail-key:SecretString}}",
        "DB_USER": "{{resolve:secretsmanager:shop/prod/db:SecretString:username}}",
        "DB_PASSWORD": "{{resolve:secretsmanager:shop/prod/db:SecretString:password}}",
    }
    assert policy["Statement"][0]["Action"] == ["secretsmanager:GetSecretValue"]


@pytest.mark.filterwarnings("default")  # warnings of the linter itself
def test_template_passes_cfn_lint():
    template, _ = yaml.safe_load_all(to_sam(target()))
    template["Transform"] = "AWS::Serverless-2016-10-31"
    template["Resources"]["Function"]["Properties"] |= {
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "InlineCode": "pass",
    }
    found = lint_all(yaml.safe_dump(template))
    assert [match for match in found if not match.rule.id.startswith("I")] == []
