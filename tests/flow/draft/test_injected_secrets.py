from __future__ import annotations

import json
import subprocess

import pytest
from shield_helpers import run

SETTINGS = """\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
MAIL_API_KEY = os.environ["MAIL_API_KEY"]
MAPS_API_KEY = os.environ["MAPS_API_KEY"]
"""
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop-AbCdEf"


def task(*injected, environment=()):
    container = {
        "name": "web",
        "image": "shop",
        "secrets": [{"name": name, "valueFrom": ARN} for name in injected],
        "environment": [{"name": name, "value": "Zk8vR2q1Lm4xP0"} for name in environment],
    }
    return json.dumps({"family": "shop", "containerDefinitions": [container]})


@pytest.fixture
def app(tmp_path):
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "manage.py").write_text("")
    return tmp_path


def drafted(app):
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    manifest = app / "shield.toml"
    return manifest.read_text() if manifest.exists() else "", done.text


def test_secrets_that_ecs_injects_are_ignored(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    manifest, text = drafted(app)
    assert 'ignore = ["SECRET_KEY"]' in manifest
    assert 'env = "MAIL_API_KEY"' in manifest
    assert "SECRET_KEY: task-definition.json already injects it from AWS: not moved" in text


def test_a_secret_that_another_file_sets_too_is_not_to_be_injected(app):
    (app / "settings.py").write_text(f"{SETTINGS}PAY_API_KEY = os.environ['PAY_API_KEY']\n")
    injected = ("SECRET_KEY", "MAIL_API_KEY", "MAPS_API_KEY")
    (app / "task-definition.json").write_text(task(*injected))
    compose = "services: {web: {image: shop, environment: {MAIL_API_KEY: Zk8vR2q1Lm4x}}}\n"
    (app / "docker-compose.prod.yml").write_text(compose)
    _, text = drafted(app)
    path = "task-definition.json"
    names = ", ".join(sorted(injected))
    assert f"{names}: {path} already injects it from AWS: not moved" in text
    assert f"PAY_API_KEY: {path} injects most secrets from AWS: add it there" in text


def test_a_secret_that_a_job_of_gitlab_also_reads_is_ignored(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    (app / ".gitlab-ci.yml").write_text("deploy:\n  script: [./check.sh $SECRET_KEY]\n")
    assert 'ignore = ["SECRET_KEY"]' in drafted(app)[0]


COPILOT = """\
name: web
type: Load Balanced Web Service
variables:
  MAIL_API_KEY: Zk8vR2q1Lm4xP0
secrets:
  SECRET_KEY: {}
"""


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("/copilot/${COPILOT_APPLICATION_NAME}/secrets/SECRET_KEY", id="parameter"),
        pytest.param("{secretsmanager: shop/secret-key}", id="secret"),
        pytest.param("{from_cfn: '${COPILOT_APPLICATION_NAME}-Secret'}", id="import"),
    ],
)
def test_secrets_that_copilot_injects_are_ignored(app, reference):
    (app / "copilot/web").mkdir(parents=True)
    (app / "copilot/web/manifest.yml").write_text(COPILOT.replace("{}", reference))
    manifest, text = drafted(app)
    assert 'ignore = ["SECRET_KEY"]' in manifest
    assert 'env = "MAIL_API_KEY"' in manifest
    assert "SECRET_KEY: copilot/web/manifest.yml already injects it from AWS: not moved" in text


DATABASE = """\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DB_HOST"],
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
    }
}
"""


@pytest.mark.parametrize(
    ("injected", "drafted_lines", "absent"),
    [
        pytest.param(
            ["DB_USER"],
            ['ignore = ["DB_USER"]', 'password = "DB_PASSWORD"'],
            'username = "DB_USER"',
            id="user",
        ),
        pytest.param(
            ["DB_PASSWORD"],
            ['ignore = ["DB_PASSWORD"]', 'env = "MAIL_API_KEY"'],
            "DB_USER",
            id="password",
        ),
        pytest.param(
            ["DB_USER", "DB_PASSWORD"],
            ['ignore = ["DB_PASSWORD", "DB_USER"]', 'env = "MAIL_API_KEY"'],
            "DB_HOST",
            id="both",
        ),
    ],
)
def test_the_other_variables_of_an_injected_secret_are_drafted(
    app, injected, drafted_lines, absent
):
    (app / "settings.py").write_text(SETTINGS + DATABASE)
    values = {"DB_HOST", "DB_USER", "DB_PASSWORD"}.difference(injected)
    (app / "task-definition.json").write_text(task(*injected, environment=sorted(values)))
    manifest, _ = drafted(app)
    for line in drafted_lines:
        assert line in manifest
    assert absent not in manifest
    assert drafted(app)[0] == manifest


def test_without_others_nothing_is_written(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY", "MAIL_API_KEY", "MAPS_API_KEY"))
    manifest, text = drafted(app)
    assert manifest == ""
    assert "no secrets found that can be moved" in text
    assert "MAIL_API_KEY, MAPS_API_KEY, SECRET_KEY: task-definition.json already injects" in text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        pytest.param("task-definition.json", task(environment=["SECRET_KEY"]), id="a value"),
        pytest.param(
            "k8s/deployment.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: web\n          env:\n"
            "            - name: SECRET_KEY\n"
            "              valueFrom: {secretKeyRef: {name: app, key: SECRET_KEY}}\n",
            id="a Secret of Kubernetes",
        ),
    ],
)
def test_other_secrets_are_drafted(app, path, content):
    (app / path).parent.mkdir(exist_ok=True)
    (app / path).write_text(content)
    manifest, _ = drafted(app)
    assert 'env = "SECRET_KEY"' in manifest
    assert "ignore" not in manifest


def test_a_secret_that_is_also_set_elsewhere_is_drafted(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    (app / "Procfile").write_text("web: SECRET_KEY=Zk8vR2q1Lm4xP0 gunicorn shop\n")
    manifest, _ = drafted(app)
    assert 'env = "SECRET_KEY"' in manifest


@pytest.mark.parametrize(
    ("name", "value", "is_ignored"),
    [
        pytest.param("compose.yaml", "${SECRET_KEY}", True, id="reference"),
        pytest.param("compose.yaml", "Zk8vR2q1Lm4xP0", True, id="value"),
        pytest.param("compose.prod.yaml", "${SECRET_KEY}", False, id="reference in production"),
        pytest.param("compose.prod.yaml", "Zk8vR2q1Lm4xP0", False, id="value in production"),
    ],
)
def test_a_compose_file_counts_if_it_is_named_for_production(app, name, value, is_ignored):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    web = f"    build: .\n    environment:\n      SECRET_KEY: {value}\n"
    (app / name).write_text(f"services:\n  web:\n{web}")
    assert ('ignore = ["SECRET_KEY"]' in drafted(app)[0]) is is_ignored


IGNORED = 'ignore = ["SECRET_KEY"] # left to the deployment: injected from AWS, built by a chart, or a URL without credentials\n'


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        pytest.param("", IGNORED, id="no line"),
        pytest.param("ignore = [] # mine\n", 'ignore = ["SECRET_KEY"] # mine\n', id="empty"),
        pytest.param(
            'ignore = [\n  "A", # old\n]\n',
            'ignore = [\n  "A", # old\n  "SECRET_KEY",\n]\n',
            id="lines",
        ),
    ],
)
def test_a_draft_ignores_the_same_variables_again(app, edited, expected):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    first, _ = drafted(app)
    assert IGNORED in first
    manifest = app / "shield.toml"
    manifest.write_text(first.replace(IGNORED, edited))
    second, text = drafted(app)
    assert sorted(second) == sorted(first.replace(IGNORED, expected))
    assert expected in second
    assert "no new secrets, 2 already listed\nSECRET_KEY: task-definition.json already" in text
    assert drafted(app)[0] == second


def test_a_secret_in_an_existing_manifest_stays(app):
    drafted(app)
    (app / "task-definition.json").write_text(task("SECRET_KEY", "MAIL_API_KEY"))
    manifest = app / "shield.toml"
    head, *secrets = manifest.read_text().split("[[secret]]")
    text = "[[secret]]".join([head, *(table for table in secrets if "MAIL" not in table)])
    manifest.write_text(text)
    second, _ = drafted(app)
    assert 'ignore = ["MAIL_API_KEY"]' in second
    assert 'env = "SECRET_KEY"' in second


def test_the_plan_names_the_reason_of_ignored_variables(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY"))
    text = run("plan", "--only", "code", cwd=app).text
    reason = "task-definition.json already injects it from AWS: not moved"
    assert f"settings.py:3  SECRET_KEY\n      {reason}\n" in text
    assert "run shield draft" not in text


def test_the_other_secrets_stay_if_at_least_half_are_injected(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY", "MAIL_API_KEY"))
    manifest, text = drafted(app)
    assert manifest == ""
    assert "MAPS_API_KEY: task-definition.json injects most secrets from AWS: add it there" in text
    done = run("plan", "--only", "code", "--json", cwd=app)
    plan = json.loads(done.out)
    reasons = {skip["name"]: skip["id"] for skip in plan["skipped"]}
    assert reasons == {
        "SECRET_KEY": "already-injected",
        "MAIL_API_KEY": "already-injected",
        "MAPS_API_KEY": "inject-instead",
    }
    assert not plan["files"]
    assert (
        "the platform already injects 2 variables of the app from AWS: inject MAPS_API_KEY in the"
        " same way, or add it to shield.toml to move it"
    ) in plan["next_steps"]


def test_a_listed_secret_moves_although_most_are_injected(app):
    (app / "task-definition.json").write_text(task("SECRET_KEY", "MAIL_API_KEY"))
    secret = '[[secret]]\nname = "maps-api-key"\nenv = "MAPS_API_KEY"\n'
    (app / "shield.toml").write_text(f'[app]\nname = "shop"\nsettings = ["settings.py"]\n{secret}')
    manifest, _ = drafted(app)
    assert 'ignore = ["MAIL_API_KEY", "SECRET_KEY"]' in manifest
    assert manifest.count("[[secret]]") == 1
    assert "1 finding to fix" in run("plan", "--only", "code", cwd=app).text


@pytest.fixture
def subfolder(app):
    """Return the folder of an app in a repository with other folders."""
    folder = app / "src/shop"
    folder.mkdir(parents=True)
    for name in ("settings.py", "manage.py"):
        (app / name).rename(folder / name)
    return folder


def drafted_in_repository(folder, files):
    root = folder.parents[1]
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    return drafted(folder)


OUTSIDE = "../../deploy/ecs/app.json already injects it from AWS: not moved"


def test_secrets_that_a_container_outside_the_app_injects_are_ignored(subfolder):
    files = {
        "deploy/ecs/app.json": json.dumps(json.loads(task("SECRET_KEY"))["containerDefinitions"]),
        "docs/a.md": "SECRET_KEY",
        ".env.sample": "SECRET_KEY=",
        "compose.yml": "services: {a: {environment: {SECRET_KEY: Zk8vR2q1Lm4xP0}}}",
    }
    manifest, text = drafted_in_repository(subfolder, files)
    assert 'ignore = ["SECRET_KEY"]' in manifest
    assert 'env = "MAIL_API_KEY"' in manifest
    assert f"SECRET_KEY: {OUTSIDE}" in text


READER = "import os\nSECRET_KEY = os.environ['SECRET_KEY']\n"


@pytest.mark.parametrize(
    ("files", "ignored"),
    [
        pytest.param({"src/other/a.py": READER}, "", id="read by another app"),
        pytest.param(
            {
                "src/other/a.py": READER.replace("SECRET_KEY", "DB_PASSWORD"),
                "src/shop/settings.py": SETTINGS
                + DATABASE
                + "SIGN_API_KEY = os.environ['SIGN_API_KEY']\n",
                "deploy/ecs/app.json": task("SECRET_KEY", "DB_PASSWORD"),
            },
            '["DB_PASSWORD", "SECRET_KEY"]',
            id="another variable is read by the app only",
        ),
        pytest.param({"src/other/a.py": READER + " " * 400_000}, "", id="large file"),
        pytest.param(
            {"deploy/ecs/worker.json": task(environment=["SECRET_KEY"])},
            "",
            id="a value in another file",
        ),
        pytest.param(
            {"deploy/ecs/dev.json": task(environment=["SECRET_KEY"])},
            '["SECRET_KEY"]',
            id="a value in development",
        ),
        pytest.param(
            {"deploy/ecs/app.json": " " * 400_000 + task("SECRET_KEY")}, "", id="too large"
        ),
    ],
)
def test_only_containers_that_run_the_app_count_outside_it(subfolder, files, ignored):
    first = {"deploy/ecs/app.json": task("SECRET_KEY")}
    manifest, _ = drafted_in_repository(subfolder, {**first, **files})
    line = next((line for line in manifest.splitlines() if line.startswith("ignore")), "")
    assert line.partition(" #")[0] == (f"ignore = {ignored}" if ignored else "")


def test_a_server_outside_the_app_is_not_the_app(subfolder):
    settings = SETTINGS + DATABASE.replace("DB_", "POSTGRES_")
    (subfolder / "settings.py").write_text(settings)
    files = {"deploy/ecs/app.json": task("POSTGRES_PASSWORD")}
    assert "ignore" not in drafted_in_repository(subfolder, files)[0]


def test_a_link_to_a_file_outside_the_repository_is_not_read(subfolder, tmp_path_factory):
    target = tmp_path_factory.mktemp("other") / "app.json"
    target.write_text(task("SECRET_KEY"))
    folder = subfolder.parents[1] / "deploy/ecs"
    folder.mkdir(parents=True)
    (folder / "app.json").symlink_to(target)
    assert "ignore" not in drafted_in_repository(subfolder, {})[0]
