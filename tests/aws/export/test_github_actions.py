from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from exporting import MANIFEST, target
from msgspec.structs import replace

from shield_ai.aws.export.github_actions import to_github_actions
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import Secret

ZIZMOR = Path(sys.executable).with_name("zizmor")


def exported(manifest=MANIFEST, repository="acme/shop", branch="main"):
    text = to_github_actions(target(manifest, repository=repository, branch=branch))
    return text, list(yaml.safe_load_all(text))


def test_job_reads_texts_and_fields():
    text, (workflow, *_) = exported()
    job = workflow["jobs"]["deploy"]
    credentials, texts, documents, command = job["steps"]
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert credentials["with"]["role-to-assume"] == (
        "arn:aws:iam::123456789012:role/shop-prod-github-actions"
    )
    assert texts["with"]["secret-ids"] == "MAIL_KEY,shop/prod/mail-key\n"
    assert documents["with"]["secret-ids"] == "SecretShopProdDb,shop/prod/db\n"
    assert [step["with"]["parse-json-secrets"] for step in (texts, documents)] == ["false", "true"]
    assert command["env"] == {
        "DB_USER": "${{ env.SecretShopProdDb_username }}",
        "DB_PASSWORD": "${{ env.SecretShopProdDb_password }}",
    }
    assert text.count("# v6.2.3\n") == 1
    assert text.count("# v3.0.1\n") == 2


@pytest.mark.skipif(not ZIZMOR.exists(), reason="zizmor is not installed")
def test_workflow_passes_zizmor(tmp_path):
    text, _ = exported()
    path = tmp_path / ".github/workflows/deploy.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text.partition("---\n")[0])
    done = subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("repository", "branch", "subject"),
    [
        pytest.param("acme/shop", "main", "repo:acme/shop:ref:refs/heads/main", id="branch"),
        pytest.param(
            "acme@1/shop@22",
            "release/1.x",
            "repo:acme@1/shop@22:ref:refs/heads/release/1.x",
            id="immutable subject claim",
        ),
    ],
)
def test_role_trusts_exactly_one_branch(repository, branch, subject):
    _, (_, trust, policy) = exported(repository=repository, branch=branch)
    (statement,) = trust["Statement"]
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
        }
    }
    assert policy["Statement"][0]["Action"] == ["secretsmanager:GetSecretValue"]


def test_role_trusts_an_environment():
    text = to_github_actions(
        target(MANIFEST, repository="acme/shop", branch="main", github_environment="live eu")
    )
    workflow, trust, _ = yaml.safe_load_all(text)
    (statement,) = trust["Statement"]
    subject = statement["Condition"]["StringEquals"]["token.actions.githubusercontent.com:sub"]
    assert subject == "repo:acme/shop:environment:live eu"
    assert workflow["jobs"]["deploy"]["environment"] == "live eu"


@pytest.mark.parametrize("name", ["a:b", "*", "${{ x }}", "a\n"])
def test_special_name_of_an_environment_is_refused(name):
    with pytest.raises(ShieldError, match="invalid GitHub environment"):
        to_github_actions(
            target(MANIFEST, repository="acme/shop", branch="main", github_environment=name)
        )


def test_audience_in_china():
    manifest = replace(MANIFEST, app=replace(MANIFEST.app, region="cn-north-1"))
    _, (workflow, trust, _) = exported(manifest)
    credentials = workflow["jobs"]["deploy"]["steps"][0]["with"]
    claims = trust["Statement"][0]["Condition"]["StringEquals"]
    assert credentials["audience"] == "sts.amazonaws.com.cn"
    assert claims["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com.cn"


@pytest.mark.parametrize(
    ("repository", "branch"),
    [
        pytest.param("", "main", id="no repository"),
        pytest.param("shop", "main", id="no owner"),
        pytest.param("acme/*", "main", id="wildcard"),
        pytest.param("acme/shop:ref:refs/heads/x", "main", id="colon"),
        pytest.param("acme/shop\n", "main", id="newline"),
        pytest.param("acme/shop", "*", id="any branch"),
        pytest.param("acme/shop", "release/**", id="pattern"),
        pytest.param("acme/shop", "${{ github.ref }}", id="expression"),
        pytest.param("acme/shop", "", id="no branch"),
    ],
)
def test_pattern_or_expression_is_refused(repository, branch):
    with pytest.raises(ShieldError, match="invalid"):
        exported(repository=repository, branch=branch)


def test_fields_with_the_same_variable_are_refused():
    secret = Secret(name="db", fields={"user.name": "DB_USER", "user-name": "DB_LOGIN"})
    with pytest.raises(ShieldError, match=r"two fields of the secret .*db become the variable"):
        exported(replace(MANIFEST, secret=[secret]))
