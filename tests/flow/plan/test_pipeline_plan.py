"""A pipeline of GitLab is edited with the code, and restored by a rollback."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from shield_helpers import files_of, make_app, run

from shield_ai.flow.plan import deployment_plan, deployment_sources, pipeline_plan, workflow_plan
from shield_ai.rewrite.project.deployment import containers, workflows
from shield_ai.scan.deployment import pipeline_file

PATH = ".gitlab-ci.yml"
PIPELINE = """\
deploy:
  image: registry.gitlab.com/gitlab-org/cloud-deploy/aws-base:latest
  environment: live
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
  script:
    - ./deploy.sh "$SECRET_KEY" "$SENTRY_DSN"  # é
test:
  script:
    - make test KEY=$SECRET_KEY
"""
TABLE = '\n[deployment]\nedit = ["gitlab"]\njobs = ["deploy"]\n'


@pytest.fixture
def app(tmp_path):
    """An app with a pipeline, and shield.toml, which enables edits of it."""
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    (tmp_path / PATH).write_text(PIPELINE)
    with (tmp_path / "shield.toml").open("a") as file:
        file.write(TABLE)
    return tmp_path


def plan(app, *options):
    return run("plan", "--env-file", ".env", *options, cwd=app)


def reasons(app, *options):
    document = json.loads(plan(app, "--json", *options).out)
    return {
        (item["path"], item["line"], item["name"]): item["reason"] for item in document["skipped"]
    }


def test_apply_and_rollback(aws, app):
    before = files_of(app)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    job = yaml.safe_load((app / PATH).read_text())["deploy"]
    assert job["id_tokens"] == {"SHIELD_AWS_TOKEN": {"aud": "sts.amazonaws.com"}}
    assert "SECRET_KEY=$(shield_secret " in job["script"][0]
    assert "SENTRY_DSN" not in job["script"][0]
    assert "--repository GROUP/PROJECT --branch main" in " ".join(done.text.split())
    after = files_of(app)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    assert files_of(app) == after
    assert "ok       no deployment file" in run("verify", "--only", "code", cwd=app).out
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before


def test_plan_shows_reasons_and_the_next_step(aws, app):
    url = "git@gitlab.com:Acme/team/shop.git"
    for command in (["init", "-q"], ["remote", "add", "origin", url]):
        subprocess.run(["git", *command], cwd=app, check=True)
    found = reasons(app)
    assert found[PATH, 7, "SENTRY_DSN"] == deployment_plan.NOT_STORED
    assert found[PATH, 10, "SECRET_KEY"] == workflows.NOT_NAMED.format("test")
    assert (PATH, 7, "SECRET_KEY") not in found
    step = json.loads(plan(app, "--json").out)["next_steps"][0]
    assert "--repository Acme/team/shop --branch main" in step


@pytest.mark.parametrize(
    ("url", "project"),
    [
        pytest.param("https://gitlab.com/acme/shop.git", "acme/shop", id="gitlab.com"),
        pytest.param("git@git.acme.io:a/b/c.git", "https://git.acme.io/a/b/c", id="other host"),
        pytest.param("https://github.com/acme/shop", pipeline_plan.UNKNOWN_PROJECT, id="GitHub"),
        pytest.param("/srv/shop.git", pipeline_plan.UNKNOWN_PROJECT, id="path"),
        pytest.param("", pipeline_plan.UNKNOWN_PROJECT, id="none"),
    ],
)
def test_project_of_the_repository(tmp_path, url, project):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if url:
        subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", url], check=True)
    assert pipeline_plan.project_name(tmp_path) == project


def test_other_value_than_in_aws_remains(aws, app):
    text = PIPELINE.replace(
        "  script:", "  variables: {SECRET_KEY: other-value-1234}\n  script:", 1
    )
    (app / PATH).write_text(text)
    assert reasons(app)[PATH, 6, "SECRET_KEY"] == containers.DIFFERENT.format("the file")


def test_pipeline_is_not_edited_without_aws(aws, app):
    done = plan(app, "--only", "code")
    assert deployment_plan.AWS_NOT_READ in " ".join(done.out.split())
    assert "shield_secret" not in done.out


def test_job_names_the_environment(aws, app):
    with (app / "shield.toml").open("a") as file:
        file.write('\n[environments.staging]\nprefix = "staging/"\n')
    assert reasons(app)[PATH, 7, "SECRET_KEY"] == workflow_plan.NO_ENVIRONMENT
    found = reasons(app, "--environment", "staging")
    assert found[PATH, 7, "SECRET_KEY"] == pipeline_plan.OTHER_JOB.format("staging")
    (app / PATH).write_text(PIPELINE.replace("environment: live", "environment: staging"))
    done = plan(app, "--environment", "staging")
    assert "shield_secret staging/" in done.out
    assert "--environment staging" in done.out


def test_reads_have_a_reason_if_they_are_not_edited(aws, app):
    (app / PATH).write_text(f"include: /a.yml\n{PIPELINE}")
    (app / "ci").mkdir()
    (app / "ci/.gitlab-ci.yml").write_text(PIPELINE)
    found = reasons(app)
    assert found[PATH, 8, "SECRET_KEY"] == pipeline_file.INCLUDES
    assert found["ci/.gitlab-ci.yml", 7, "SECRET_KEY"] == deployment_sources.NOT_A_PIPELINE
    shield_toml = (app / "shield.toml").read_text()
    (app / "shield.toml").write_text(shield_toml.replace(TABLE, TABLE.replace(
        'edit = ["gitlab"]\njobs = ["deploy"]', 'edit = ["compose"]\ncontainers = ["web"]')))  # fmt: skip
    reason = deployment_sources.NOT_CHOSEN.format("gitlab")
    assert reasons(app)[PATH, 8, "SECRET_KEY"] == reason


def test_pipeline_that_is_a_link_out_of_the_app_is_not_edited(aws, app, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "ci.yml"
    outside.write_text(PIPELINE)
    (app / PATH).unlink()
    (app / PATH).symlink_to(outside)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    assert outside.read_text() == PIPELINE


def test_pipeline_of_the_repository_around_the_app_has_a_reason(aws, app, tmp_path_factory):
    top = tmp_path_factory.mktemp("repository")
    app = app.rename(top / "back")
    (app / PATH).rename(top / PATH)
    subprocess.run(["git", "init", "-q", top], check=True)
    subprocess.run(["git", "-C", top, "add", "-A"], check=True)
    found = reasons(app)
    assert found[f"../{PATH}", 7, "SECRET_KEY"] == deployment_sources.OUTSIDE
    assert found[f"../{PATH}", 10, "SECRET_KEY"] == deployment_sources.OUTSIDE
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    assert (top / PATH).read_text() == PIPELINE
