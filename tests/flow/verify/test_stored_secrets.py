from __future__ import annotations

import json

import boto3
import pytest
from shield_helpers import make_app, run

DEFAULT = "the app's default is used"
NO_DEFAULT = "the code reads AZURE_ACCOUNT_KEY without a default: shop/settings.py:"


def absent_check(app, *options):
    done = run("verify", "--json", *options, cwd=app)
    return next(c for c in json.loads(done.out)["checks"] if c["subject"] == "azure-account-key")


@pytest.mark.parametrize(
    ("read", "detail"),
    [
        pytest.param('env("AZURE_ACCOUNT_KEY")', NO_DEFAULT, id="call"),
        pytest.param('os.environ["AZURE_ACCOUNT_KEY"]', NO_DEFAULT, id="subscript"),
        pytest.param('env("AZURE_ACCOUNT_KEY", default="")', DEFAULT, id="default of a call"),
        pytest.param('os.environ.get("AZURE_ACCOUNT_KEY")', DEFAULT, id="None"),
    ],
)
def test_tells_whether_the_code_has_a_default(tmp_path, aws, read, detail):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    setup = f"import environ\nenv = environ.Env()\nif env.bool('USE_AZURE', False):\n    AZURE = {read}\n"
    settings.write_text(settings.read_text() + setup)
    assert run("draft", cwd=tmp_path).code == 0
    before = absent_check(tmp_path)
    assert before["status"] == "absent"
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    assert "get_secret(" in settings.read_text().partition("AZURE = ")[2]
    for check in (before, absent_check(tmp_path)):
        assert check["detail"].startswith(detail)
        assert ("AZURE_ACCOUNT_KEY" in check["detail"]) == (detail == NO_DEFAULT)
        assert bool(check["hint"]) == (detail == NO_DEFAULT)
    assert "if it has one" in absent_check(tmp_path, "--only", "aws")["detail"]


def test_names_the_role_to_which_aws_denies_a_secret(tmp_path, aws):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument="{}")
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    boto3.client("iam").put_role_policy(RoleName="Shop", PolicyName="p", PolicyDocument=document)
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace("[app]\n", '[app]\nrole = "Shop"\n'))
    done = run("verify", "--json", "--only", "aws", cwd=tmp_path)
    checks = [c for c in json.loads(done.out)["checks"] if c["id"] == "secret-readable"]
    denied = "AWS denied secretsmanager:GetSecretValue to the role Shop"
    assert {check["detail"] for check in checks if check["status"] == "failed"} == {denied}
    assert all("operator-policy" not in check["hint"] for check in checks)
