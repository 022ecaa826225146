"""GitHub workflows are edited with the code, and restored by a rollback."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import yaml
from shield_helpers import files_of, make_app, run

from shield_ai.flow.plan import deployment_plan, deployment_sources, workflow_plan
from shield_ai.rewrite.project.deployment import workflows

PATH = ".github/workflows/deploy.yml"
WORKFLOW = """\
name: Deploy
on:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: ./deploy.sh
        env:
          SECRET_KEY: ${{ secrets.SECRET_KEY }}  # é
          SENTRY_DSN: ${{ secrets.SENTRY_DSN }}
  test:
    runs-on: ubuntu-latest
    steps:
      - run: make test
        env:
          SECRET_KEY: ${{ secrets.SECRET_KEY }}
"""
TABLE = '\n[deployment]\nedit = ["github"]\njobs = ["deploy"]\n'


@pytest.fixture
def app(tmp_path):
    """An app with a workflow, and shield.toml, which enables edits of it."""
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / PATH).write_text(WORKFLOW)
    with (tmp_path / "shield.toml").open("a") as file:
        file.write(TABLE)
    return tmp_path


def plan(app, *options):
    return run("plan", "--env-file", ".env", *options, cwd=app)


def test_apply_and_rollback(aws, app):
    before = files_of(app)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    job = yaml.safe_load((app / PATH).read_text())["jobs"]["deploy"]
    names = [step.get("id", step.get("uses", "").partition("@")[0]) for step in job["steps"]]
    action = "aws-actions/aws-secretsmanager-get-secrets"
    assert names == ["actions/checkout", "shield-aws", action, ""]
    assert "SECRET_KEY," in job["steps"][2]["with"]["secret-ids"]
    assert job["steps"][3]["env"] == {"SENTRY_DSN": "${{ secrets.SENTRY_DSN }}"}
    assert "--branch main" in done.text
    after = files_of(app)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    assert files_of(app) == after
    assert "ok       no deployment file" in run("verify", "--only", "code", cwd=app).out
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before


def test_plan_shows_reasons_and_the_next_step(aws, app):
    url = "git@github.com:Acme/Shop.git"
    for command in (["init", "-q"], ["remote", "add", "origin", url]):
        subprocess.run(["git", *command], cwd=app, check=True)
    document = json.loads(plan(app, "--json").out)
    skipped = {(item["line"], item["name"]): item for item in document["skipped"]}
    assert skipped[15, "SENTRY_DSN"]["reason"] == deployment_plan.NOT_STORED
    assert skipped[21, "SECRET_KEY"]["reason"] == workflows.NOT_NAMED.format("test")
    assert {item["id"] for key, item in skipped.items() if key[0] in {15, 21}} == {"line-remains"}
    (step,) = document["next_steps"]
    assert "--repository Acme/Shop --branch main" in step
    assert step in " ".join(plan(app).out.split())


def test_workflow_is_not_edited_without_aws(aws, app):
    done = plan(app, "--only", "code")
    assert deployment_plan.AWS_NOT_READ in " ".join(done.out.split())
    assert "aws-secretsmanager-get-secrets" not in done.out


def test_job_or_file_names_the_environment(aws, app):
    with (app / "shield.toml").open("a") as file:
        file.write('\n[environments.staging]\nprefix = "staging/"\n')
    words = " ".join(plan(app).out.split())
    assert workflow_plan.NO_ENVIRONMENT in words
    words = " ".join(plan(app, "--environment", "staging").out.split())
    assert workflow_plan.OTHER_JOB.format("staging") in words
    (app / PATH).rename(app / ".github/workflows/deploy-staging.yml")
    done = plan(app, "--environment", "staging")
    assert "SECRET_KEY,staging/" in done.out
    assert "--environment staging" in done.out


def test_file_with_a_name_that_is_not_text_is_not_edited(aws, app):
    (app / PATH).rename(os.fsdecode(os.fsencode(app / PATH) + b"\xff.yml"))
    done = plan(app, "--json")
    assert done.code == 0, done.text
    assert json.loads(done.out)["next_steps"] == []


def test_other_lines_have_a_reason(aws, app):
    (app / PATH).write_text(WORKFLOW.replace("${{ secrets.SECRET_KEY }}", "a-long-value-1234"))
    (app / ".gitea/workflows").mkdir(parents=True)
    (app / ".gitea/workflows/deploy.yml").write_text(WORKFLOW)
    document = json.loads(plan(app, "--json").out)
    reasons = {(item["path"], item["line"]): item["reason"] for item in document["skipped"]}
    assert reasons[PATH, 14] == workflows.NOT_A_SECRET
    assert reasons[PATH, 21] == workflows.NOT_NAMED.format("test")
    assert reasons[".gitea/workflows/deploy.yml", 14] == deployment_sources.NOT_A_WORKFLOW
    assert document["next_steps"] == []


def test_workflow_that_is_a_link_out_of_the_app_is_not_edited(aws, app, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "deploy.yml"
    outside.write_text(WORKFLOW)
    (app / PATH).unlink()
    (app / PATH).symlink_to(outside)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    assert outside.read_text() == WORKFLOW
