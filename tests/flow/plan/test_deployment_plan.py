"""Deployment files are edited with the code, and restored by a rollback."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
import yaml
from shield_helpers import files_of, make_app, run

from shield_ai.flow.plan import (
    deployment_plan,
    deployment_sources,
    deployment_values,
)
from shield_ai.flow.plan.deployment_plan import deployment_inputs
from shield_ai.flow.plan.deployment_sources import DeploymentSources
from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.site import Shape, Site
from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.deployment import containers

COMPOSE = """\
services:
  web:
    build: .
    environment:
      SECRET_KEY: VALUE
      DATABASE_PASSWORD: ${DATABASE_PASSWORD:?}  # from .env
      SENTRY_DSN:
      DEBUG: "0"
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: ${DATABASE_PASSWORD:?}
"""
TABLE = '\n[deployment]\nedit = ["compose", "kubernetes"]\ncontainers = ["web"]\n'


@pytest.fixture
def app(tmp_path):
    """An app with a Compose file, and shield.toml, which enables edits of it."""
    values = make_app(tmp_path)
    (tmp_path / "docker-compose.yml").write_text(COMPOSE.replace("VALUE", values["SECRET_KEY"]))
    assert run("draft", cwd=tmp_path).code == 0
    with (tmp_path / "shield.toml").open("a") as file:
        file.write(TABLE)
    return tmp_path


def plan(app, *options):
    return run("plan", "--env-file", ".env", *options, cwd=app)


def test_apply_and_rollback(aws, app):
    before = files_of(app)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    services = yaml.safe_load((app / "docker-compose.yml").read_text())["services"]
    assert services["web"]["environment"] == {
        "USE_AWS_SECRETS": "true",
        "AWS_SECRETS_ENV": "production",
        "AWS_REGION": "us-east-1",
        "SENTRY_DSN": None,
        "DEBUG": "0",
    }
    assert services["db"]["environment"] == {"POSTGRES_PASSWORD": "${DATABASE_PASSWORD:?}"}
    after = files_of(app)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    assert files_of(app) == after
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before


def test_plan_names_the_variables_of_the_env_file_that_other_services_need(app):
    steps = json.loads(plan(app, "--only", "code", "--json").out)["next_steps"]
    kept = "keep DATABASE_PASSWORD in the env file of Docker Compose"
    assert steps[:1] == [f"{kept}, which passes it to other services"]
    assert ["add USE_AWS_SECRETS, AWS_SECRETS_ENV" in step for step in steps[:2]] == [False, True]


def test_plan_and_docs_name_the_variables_that_scripts_read(app):
    (app / "docs").mkdir()
    (app / "init").write_text("#!/bin/sh\nwait_for $DATABASE_PASSWORD\n")
    (app / "Makefile").write_text('run:\n\tserve --dsn "$$SENTRY_DSN"\n')
    (app / "Procfile").write_text("web: make run\n")
    text = plan(app, "--only", "code", "--all").text
    kept = "DATABASE_PASSWORD, SENTRY_DSN set for init, Makefile, which read them"
    assert f"keep {kept}" in text
    assert f"Keep {kept}" in text.replace("`", "")


def test_the_variables_of_an_app_without_django(aws, tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nSECRET_KEY = os.environ['SECRET_KEY']\n")
    compose = tmp_path / "compose.prod.yml"
    compose.write_text("services:\n  web:\n    environment:\n      SECRET_KEY: vAlue-2-of-app\n")
    (tmp_path / ".env").write_text("SECRET_KEY=vAlue-2-of-app\n")
    assert run("draft", cwd=tmp_path).code == 0
    checks = json.loads(run("verify", "--only", "code", "--json", cwd=tmp_path).out)["checks"]
    hint = next(check["hint"] for check in checks if check["id"] == "values-removed")
    assert "AWS_SECRETS_ENV=production" in hint
    assert "DJANGO_ENV" not in hint
    with (tmp_path / "shield.toml").open("a") as file:
        file.write(TABLE)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path)
    assert done.code == 0, done.text
    assert yaml.safe_load(compose.read_text())["services"]["web"]["environment"] == {
        "USE_AWS_SECRETS": "true",
        "AWS_SECRETS_ENV": "production",
        "AWS_REGION": "us-east-1",
    }


def test_plan_names_the_deployment_files_outside_the_app(tmp_path):
    app = tmp_path / "backend"
    app.mkdir()
    make_app(app)
    (tmp_path / "compose.yml").write_text("environment: [SECRET_KEY]\n")
    (tmp_path / "notes.txt").write_text("SECRET_KEY\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "compose.yml", "notes.txt"], cwd=tmp_path, check=True)
    assert run("draft", cwd=app).code == 0
    done = run("plan", "--only", "code", cwd=app)
    assert "../compose.yml" in done.out
    assert "notes.txt" not in done.out


def test_plan_shows_the_edits_without_values(aws, app):
    done = plan(app)
    assert '+      USE_AWS_SECRETS: "true"' in done.out
    assert "-      SECRET_KEY: •••" in done.out
    value = yaml.safe_load((app / "docker-compose.yml").read_text())
    assert value["services"]["web"]["environment"]["SECRET_KEY"] not in done.text
    assert deployment_plan.NOT_STORED in done.out  # of SENTRY_DSN, which is not in .env


def test_each_line_in_a_file_that_is_not_edited_has_a_reason(aws, app):
    (app / "Procfile").write_text("web: SECRET_KEY=x app\n")
    (app / "task.json").write_text(
        '{"containerDefinitions": [{"environment": [{"name": "SECRET_KEY", "value": "x"}]}]}'
    )
    done = plan(app, "--json")
    skipped = json.loads(done.out)["skipped"]
    reasons = {item["path"]: item["reason"] for item in skipped if item["name"] == "SECRET_KEY"}
    assert deployment_sources.NOT_EDITED.format("Procfile") in reasons["Procfile"]
    assert deployment_sources.NOT_CHOSEN.format("ecs") in reasons["task.json"]
    assert deployment_sources.NOT_CHOSEN.format("ecs") in " ".join(plan(app).out.split())


def test_ecs_sets_the_variables_of_a_container_that_does_not_call_get_secret(aws, app):
    with (app / "shield.toml").open() as file:
        text = file.read().replace(TABLE, '\n[deployment]\nedit = ["ecs"]\ninject = ["proxy"]\n')
    (app / "shield.toml").write_text(text)
    key = yaml.safe_load((app / "docker-compose.yml").read_text())["services"]["web"]
    entry = {"name": "SECRET_KEY", "value": key["environment"]["SECRET_KEY"]}
    task = {"executionRoleArn": "a", "containerDefinitions": [{"name": "proxy"}]}
    task["containerDefinitions"][0]["environment"] = [entry]
    (app / "task-definition.json").write_text(json.dumps(task, indent=2))
    before = files_of(app)
    steps = json.loads(plan(app, "--json").out)["next_steps"]
    assert "shield export --account 123456789012 --format ecs" in "\n".join(steps)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    (container,) = json.loads((app / "task-definition.json").read_text())["containerDefinitions"]
    assert container["environment"] == []
    (secret,) = container["secrets"]
    assert secret["valueFrom"].startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:")
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before


def with_entrypoint(app):
    (app / "entrypoint.sh").write_text('#!/bin/sh\necho "$SECRET_KEY"\n')


def with_override(app):
    (app / "docker-compose.override.yml").write_text("services: {}\n")


def with_kustomize(app):
    (app / "docker-compose.yml").unlink()
    (app / "k8s/base").mkdir(parents=True)
    pod = "{containers: [{name: web, env: [{name: SECRET_KEY, value: x}]}]}"
    (app / "k8s/base/web.yaml").write_text(f"apiVersion: v1\nkind: Pod\nspec: {pod}\n")


def with_environments(app):
    with (app / "shield.toml").open("a") as file:
        file.write('\n[environments.staging]\nprefix = "staging/"\n')


def with_another_value(app):
    path = app / "docker-compose.yml"
    path.write_text(COMPOSE.replace("VALUE", "an-old-key"))


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        pytest.param(
            with_another_value,
            [],
            containers.DIFFERENT.format("docker-compose.yml"),
            id="another value",
        ),
        pytest.param(lambda _: None, ["--only", "code"], deployment_plan.AWS_NOT_READ, id="no AWS"),
        pytest.param(with_entrypoint, [], "entrypoint.sh:2 reads it", id="entrypoint"),
        pytest.param(with_override, [], "docker-compose.override.yml", id="combined files"),
        pytest.param(with_kustomize, [], deployment_sources.SHARED, id="base of Kustomize"),
        pytest.param(with_environments, [], deployment_sources.NO_ENVIRONMENT, id="environments"),
    ],
)
def test_variable_that_may_be_needed_remains(aws, app, change, options, reason):
    change(app)
    done = plan(app, *options)
    words = " ".join(done.out.split())
    assert reason in words
    assert "-      SECRET_KEY" not in done.out


@pytest.mark.parametrize(
    ("is_same", "env_file"),
    [
        pytest.param(False, True, id="another value"),
        pytest.param(False, False, id="another value, without an env file"),
        pytest.param(True, True, id="the same value"),
        pytest.param(True, False, id="the same value, without an env file"),
    ],
)
def test_second_apply_removes_only_the_value_that_aws_has(aws, app, is_same, env_file):
    """The first apply stored the value of .env, and edited no deployment file."""
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text().replace(TABLE, ""))
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    manifest.write_text(f"{manifest.read_text()}{TABLE}")
    if not is_same:
        with_another_value(app)
    options = ["--env-file", ".env"] if env_file else []
    done = run("apply", *options, "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    text = (app / "docker-compose.yml").read_text()
    assert ("SECRET_KEY:" in text) is not is_same
    assert ("USE_AWS_SECRETS" in text) is is_same
    assert is_same or containers.DIFFERENT.format("docker-compose.yml") in " ".join(
        plan(app).out.split()
    )


def test_nothing_is_edited_by_default(aws, app):
    path = app / "shield.toml"
    path.write_text(path.read_text().replace(TABLE, ""))
    assert "docker-compose.yml  1 edit" not in plan(app).out
    assert "USE_AWS_SECRETS: " not in plan(app).out


def test_environment_sets_its_prefix_in_the_files_with_its_name(aws, app):
    with_environments(app)
    (app / "docker-compose.yml").rename(app / "docker-compose.staging.yml")
    (app / "deploy/live").mkdir(parents=True)
    (app / "deploy/live/compose.yml").write_text("services: {web: {environment: [SECRET_KEY=x]}}\n")
    done = plan(app, "--environment", "staging")
    assert '+      AWS_SECRETS_PREFIX: "staging/"' in done.out
    assert deployment_sources.OTHER_ENVIRONMENT.format("staging") in done.out


def read_of(variable, line, shape=Shape.READ, path="s.py"):
    finding = Finding(
        rule="CSEC-34",
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=9,
        severity=Severity.LOW,
        confidence=Confidence.HIGH,
        message="",
        env=variable,
    )
    return finding, Site(start=0, end=1, shape=shape, variable=variable)


@pytest.mark.parametrize(
    ("sites", "skipped", "secret", "expected"),
    [
        pytest.param([read_of("KEY", 3)], [], {}, None, id="rewritten"),
        pytest.param([], [], {}, deployment_plan.NOT_READ, id="not read"),
        pytest.param(
            [read_of("KEY", 3)],
            [("s.py", 3, "KEY")],
            {},
            deployment_plan.PLAIN_READ.format("s.py:3"),
            id="skipped",
        ),
        pytest.param(
            [read_of("KEY", 3), read_of("KEY", 5)],
            [("s.py", 5, "KEY")],
            {},
            deployment_plan.PLAIN_READ.format("s.py:5"),
            id="one of two skipped",
        ),
        pytest.param(
            [read_of("KEY", 3), read_of("KEY", 1, path="settings/test.py")],
            [("settings/test.py", 1, "KEY")],
            {},
            None,
            id="only test settings skipped",
        ),
        pytest.param(
            [read_of("KEY", 3)],
            [("s.py", 0, "")],
            {},
            deployment_plan.PLAIN_READ.format("s.py:3"),
            id="file skipped",
        ),
        pytest.param(
            [read_of("KEY", 3)], [("s.py", 3, "db")], {}, None, id="something else skipped"
        ),
        pytest.param([read_of("KEY", 3)], [("s.py", 0, "KEY")], {}, None, id="default kept"),
        pytest.param(
            [read_of("KEY", 3, Shape.LITERAL)], [("s.py", 3, "KEY")], {}, None, id="literal kept"
        ),
        pytest.param(
            [read_of("KEY", 3)], [], {"external": True}, deployment_plan.EXTERNAL, id="external"
        ),
    ],
)
def test_reasons_of_variables_that_the_code_reads(sites, skipped, secret, expected):
    sources = DeploymentSources(variables=(), files={}, command_reads={}, migrated=frozenset())
    manifest = Manifest(app=App(name="shop"), secret=(Secret(name="key", env="KEY", **secret),))
    skips = [SkipId.POSITION_UNKNOWN.reason().entry(*place) for place in skipped]
    inputs = deployment_inputs(sources, manifest, sites, skips, {"key"})
    assert inputs.kept.get("KEY") == expected


SAM = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Password: {Type: String, NoEcho: true}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          SECRET_KEY: VALUE
          DATABASE_PASSWORD: PASSWORD
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      TaskRoleArn: !GetAtt Role.Arn
      ContainerDefinitions:
        - Name: web
          Environment:
            - Name: SECRET_KEY
              Value: VALUE
"""


@pytest.fixture
def sam(app):
    """An app with a template, and shield.toml, which enables edits of it."""
    manifest = (app / "shield.toml").read_text()
    table = '\n[deployment]\nedit = ["cloudformation"]\ncontainers = ["Api", "web"]\n'
    (app / "shield.toml").write_text(manifest.replace(TABLE, table))
    (app / "docker-compose.yml").unlink()
    return app


def test_a_template_is_edited_and_restored(aws, sam):
    secret = re.search("SECRET_KEY=(.+)", (sam / ".env").read_text())[1]
    template = sam / "template.yaml"
    template.write_text(SAM.replace("VALUE", secret).replace("PASSWORD", "!Ref Password"))
    before = files_of(sam)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=sam).code == 0
    text = template.read_text()
    assert "SECRET_KEY" not in text
    assert "DATABASE_PASSWORD" not in text
    assert text.count("USE_AWS_SECRETS") == 2
    assert text.count("AWS_REGION") == 1  # Lambda sets it
    after = files_of(sam)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=sam).code == 0
    assert files_of(sam) == after
    assert run("rollback", "--yes", cwd=sam).code == 0
    assert files_of(sam) == before


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(
            "other-vAlue-2", containers.DIFFERENT.format("template.yaml"), id="other value"
        ),
        pytest.param("!Sub 'other-vAlue-2'", deployment_values.NOT_COMPARED, id="function"),
        pytest.param("!Sub 'x-${Password}'", deployment_values.NOT_COMPARED, id="composed"),
        pytest.param("!Ref Queue", deployment_values.NOT_COMPARED, id="resource"),
        pytest.param("!Ref Password", "", id="parameter"),
        pytest.param("!Sub '${Password}'", "", id="parameter in a text"),
        pytest.param("'{{resolve:secretsmanager:a}}'", "", id="dynamic reference"),
    ],
)
def test_values_of_a_template(aws, sam, value, reason):
    secret = re.search("SECRET_KEY=(.+)", (sam / ".env").read_text())[1]
    text = SAM.replace("VALUE", secret).replace(" PASSWORD", f" {value}")
    (sam / "template.yaml").write_text(text)
    result = json.loads(plan(sam, "--json").out)
    found = [item["reason"] for item in result["skipped"] if item["name"] == "DATABASE_PASSWORD"]
    assert found == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("key", "name", "suggestion"),
    [
        pytest.param("containers", "wbe", 'did you mean "web"?', id="swapped letters"),
        pytest.param("inject", "web-app", "", id="another name"),
        pytest.param("containers", "web", "", id="a container"),
    ],
)
def test_a_misspelled_container_is_reported(app, key, name, suggestion):
    manifest = app / "shield.toml"
    table = f'[deployment]\nedit = ["compose", "kubernetes"]\n{key} = ["{name}"]\n'
    manifest.write_text(manifest.read_text().replace(TABLE.lstrip(), table))
    out = " ".join(plan(app, "--only", "code").out.split())
    line = f"{key} in shield.toml lists {name}, which no file has: {suggestion}"
    assert (line in out) is bool(suggestion), out
    assert ("in shield.toml lists" in out) is bool(suggestion)


def test_a_reason_names_the_file_with_the_other_value(aws, app):
    text = (app / "docker-compose.yml").read_text()
    value = yaml.safe_load(text)["services"]["web"]["environment"]["SECRET_KEY"]
    (app / "docker-compose.yml").write_text(text.replace(value, f"{value}-other"))
    env = f"[{{name: SECRET_KEY, value: {value}}}]"
    spec = f"{{containers: [{{name: web, image: shop, env: {env}}}]}}"
    (app / "web.yaml").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{}}\nspec: {spec}\n")
    skipped = json.loads(plan(app, "--json").out)["skipped"]
    found = {item["path"]: item["reason"] for item in skipped if item["name"] == "SECRET_KEY"}
    reason = containers.DIFFERENT.format("docker-compose.yml")
    assert found == {"docker-compose.yml": reason, "web.yaml": reason}
