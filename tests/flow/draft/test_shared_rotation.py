from __future__ import annotations

import json
import subprocess

import pytest
from shield_helpers import run

SETTINGS = """\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["DB_HOST"],
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
    }
}
"""
SCHEDULE = 'every = "30 days"'
DB = "environment: {DB_PASSWORD: $DB_PASSWORD}"
APP = f"  web: {{build: {{context: CONTEXT}}, {DB}}}\n"
OTHER = f"  search: {{image: logstash, {DB}}}\n"


def drafted(folder, files):
    root = folder.parents[1]
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    done = run("draft", cwd=folder)
    assert done.code == 0, done.text
    return (folder / "shield.toml").read_text(), done.text


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "src/shop"
    folder.mkdir(parents=True)
    (folder / "settings.py").write_text(SETTINGS)
    (folder / "manage.py").write_text("")
    return folder


def task(name, *variables):
    secrets = [{"name": variable, "value": "${value}"} for variable in variables]
    return json.dumps([{"name": name, "image": "${image}", "environment": secrets}])


@pytest.mark.parametrize(
    ("files", "place"),
    [
        pytest.param(
            {"compose.yml": "services:\n" + APP.replace("CONTEXT", "src/shop") + OTHER},
            "../../compose.yml: search",
            id="above the app",
        ),
        pytest.param(
            {"src/shop/compose.yml": "services:\n" + APP.replace("CONTEXT", ".") + OTHER},
            "compose.yml: search",
            id="in the app",
        ),
        pytest.param(
            {
                "deploy/ecs/app.json": task("web", "DB_PASSWORD", "SECRET_KEY"),
                "deploy/ecs/search.json": task("search", "DB_PASSWORD"),
            },
            "../../deploy/ecs/search.json: search",
            id="task definitions",
        ),
        pytest.param(
            {
                "k8s/app.yaml": "kind: Deployment\napiVersion: apps/v1\nspec: {containers: ["
                "{name: web, image: shop, env: [{name: SECRET_KEY, value: $A}]},"
                "{name: search, image: logstash, env: [{name: DB_PASSWORD, value: $A}]}]}\n"
            },
            "../../k8s/app.yaml: search",
            id="Kubernetes",
        ),
    ],
)
def test_a_password_of_another_service_has_no_schedule(app, files, place):
    manifest, text = drafted(app, files)
    assert SCHEDULE not in manifest
    assert f"without a schedule, because {place} gets DB_PASSWORD, too" in " ".join(text.split())


@pytest.mark.parametrize(
    "services",
    [
        pytest.param(APP.replace("CONTEXT", "src/shop"), id="the app"),
        pytest.param(
            APP.replace("CONTEXT", "src/shop") + APP.replace("web", "job").replace("CONTEXT", "."),
            id="two services of the app",
        ),
        pytest.param(
            f"  a: {{image: shop, environment: [SECRET_KEY=$A]}}\n  b: {{image: shop, {DB}}}\n",
            id="the same image",
        ),
        pytest.param(
            APP.replace("CONTEXT", "src/shop") + OTHER.replace("logstash", "postgres:17"),
            id="server",
        ),
        pytest.param(
            APP.replace("CONTEXT", "src/shop") + OTHER.replace("search", "shop-db"),
            id="name of a server",
        ),
        pytest.param(OTHER, id="unknown app"),
    ],
)
def test_a_password_of_the_app_alone_has_a_schedule(app, services):
    assert SCHEDULE in drafted(app, {"compose.yml": f"services:\n{services}"})[0]
