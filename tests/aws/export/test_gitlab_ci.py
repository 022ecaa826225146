from __future__ import annotations

import pytest
import yaml
from exporting import MANIFEST, target

from shield_ai.aws.export.gitlab_ci import to_gitlab_ci
from shield_ai.model.errors import ShieldError


def exported(repository="acme/team/shop", branch="main"):
    return list(
        yaml.safe_load_all(to_gitlab_ci(target(MANIFEST, repository=repository, branch=branch)))
    )


def test_job_reads_texts_and_fields():
    (pipeline, *_) = exported()
    job = pipeline["deploy"]
    assert job["id_tokens"] == {"SHIELD_AWS_TOKEN": {"aud": "sts.amazonaws.com"}}
    assert job["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    lines = job["script"][0].splitlines()
    assert "MAIL_KEY=$(shield_secret shop/prod/mail-key) || exit 1" in lines
    assert "SHIELD_JSON=$(shield_secret shop/prod/db) || exit 1" in lines
    assert """DB_USER=$(printf %s "$SHIELD_JSON" | jq -er '.["username"]') || exit 1""" in lines
    assert lines[-1] == "unset SHIELD_AWS_TOKEN SHIELD_LOGIN SHIELD_JSON"


@pytest.mark.parametrize(
    ("repository", "host", "path"),
    [
        pytest.param("acme/shop", "gitlab.com", "acme/shop", id="gitlab.com"),
        pytest.param("acme/a/b/shop", "gitlab.com", "acme/a/b/shop", id="subgroups"),
        pytest.param("https://git.acme.io/acme/shop", "git.acme.io", "acme/shop", id="other host"),
    ],
)
def test_trust_policy_allows_one_branch(repository, host, path):
    (statement,) = exported(repository, "live/eu")[1]["Statement"]
    assert statement["Principal"] == {
        "Federated": f"arn:aws:iam::123456789012:oidc-provider/{host}"
    }
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{host}:aud": "sts.amazonaws.com",
            f"{host}:sub": f"project_path:{path}:ref_type:branch:ref:live/eu",
        }
    }


@pytest.mark.parametrize(
    ("repository", "branch"),
    [
        pytest.param("", "main", id="no project"),
        pytest.param("shop", "main", id="no group"),
        pytest.param("acme/*", "main", id="pattern"),
        pytest.param("http://git.acme.io/acme/shop", "main", id="http"),
        pytest.param("acme/shop", "*", id="all branches"),
        pytest.param("acme/shop", 'a"b', id="quote"),
    ],
)
def test_invalid_names_are_refused(repository, branch):
    with pytest.raises(ShieldError):
        exported(repository, branch)
