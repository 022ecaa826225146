from __future__ import annotations

import json

import pytest
from shield_helpers import run

BRANCHES = """\
import os

if os.getenv("SQLITE") == "True":
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DB_NAME", "/var/shop/db.sqlite3"),
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": os.environ.get("DB_NAME"),
            "USER": os.environ.get("DB_USER"),
            "PASSWORD": os.environ.get("DB_PASSWORD"),
            "HOST": os.environ.get("DB_HOST"),
        }
    }
"""


@pytest.fixture
def app(tmp_path):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "requirements.txt").write_text("boto3\n")
    return tmp_path


def planned(app):
    done = run("plan", "--only", "code", "--json", cwd=app)
    assert done.code == 0, done.text
    return json.loads(done.out)


def drafted(app):
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    return (app / "shield.toml").read_text()


def test_the_name_of_an_sqlite_database_stays(app):
    (app / "settings.py").write_text(BRANCHES)
    text = run("plan", "--only", "code", cwd=app).text
    assert (
        "settings.py\n      DB_NAME:7, DB_NAME:14\n"
        "      the name of an SQLite database in at least one of the settings\n"
    ) in text
    skipped = planned(app)["skipped"]
    assert [(skip["line"], skip["id"]) for skip in skipped] == [
        (7, "sqlite-name"),
        (14, "sqlite-name"),
    ]
    manifest = drafted(app)
    assert "DB_NAME" not in manifest
    assert 'username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST"' in manifest
    assert 'rotate = "manual"' in manifest


def test_a_database_of_another_engine_keeps_its_name(app):
    (app / "settings.py").write_text(BRANCHES.replace("sqlite3", "mysql"))
    assert 'database = "DB_NAME"' in drafted(app)


def test_a_listed_name_of_an_sqlite_database_moves(app):
    (app / "settings.py").write_text(BRANCHES)
    manifest = drafted(app).replace("{ username", '{ database = "DB_NAME", username')
    (app / "shield.toml").write_text(manifest)
    assert planned(app)["skipped"] == []


POSTGRES = """\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["DB_NAME"],
        "USER": os.environ["DB_USER"],
        "PASSWORD": os.environ["DB_PASSWORD"],
        "HOST": os.environ["DB_HOST"],
    }
}
"""
PYDANTIC = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    DB_NAME: str
    DB_USER: str
    DB_PASSWORD: str
    DB_HOST: str
"""
TERRAFORM = """\
locals {
  environment = [
    { name = "DB_HOST", value = module.rds.db_instance_address },
    { name = "DB_USER", value = "shop" },
    { name = "DB_NAME", value = "shop" },
  ]
}
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop}
spec:
  template:
    spec:
      containers:
        - name: web
          image: shop
          env:
            - {name: DB_HOST, value: db.internal}
            - {name: DB_NAME, valueFrom: {configMapKeyRef: {name: shop, key: name}}}
            - {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: shop, key: password}}}
"""
COMPOSE = """\
services:
  web:
    image: shop
    environment:
      DB_HOST: db.internal
      DB_NAME: ${DB_NAME}
"""
ALL = 'database = "DB_NAME", username = "DB_USER", password = "DB_PASSWORD", host = "DB_HOST"'
LOGIN = 'username = "DB_USER", password = "DB_PASSWORD"'


@pytest.mark.parametrize("code", [POSTGRES, PYDANTIC])
@pytest.mark.parametrize(
    ("path", "content", "fields"),
    [
        pytest.param("terraform/ecs.tf", TERRAFORM, LOGIN, id="Terraform"),
        pytest.param("k8s/production/web.yaml", KUBERNETES, LOGIN, id="Kubernetes"),
        pytest.param("k8s/local/web.yaml", KUBERNETES, ALL, id="Kubernetes for development"),
        pytest.param("compose.prod.yaml", COMPOSE, f'database = "DB_NAME", {LOGIN}', id="Compose"),
        pytest.param("compose.dev.yaml", COMPOSE, ALL, id="Compose for development"),
    ],
)
def test_what_the_deployment_sets_stays(app, code, path, content, fields):
    (app / "settings.py").write_text(code)
    (app / path).parent.mkdir(parents=True, exist_ok=True)
    (app / path).write_text(content)
    skipped = planned(app)["skipped"]
    manifest = drafted(app)
    assert f"fields = {{ {fields} }}" in manifest
    reasons = {skip["reason"] for skip in skipped if skip["id"] == "set-by-deployment"}
    assert reasons == (set() if fields == ALL else {f"set by {path}, and not a secret"})
    assert ('rotate = "manual"' in manifest) is (fields != ALL or code == PYDANTIC)


def test_a_port_stays_beside_its_host(app):
    port = "DATABASES['default']['PORT'] = os.environ.get('DB_PORT', '5432')\n"
    (app / "settings.py").write_text(POSTGRES + port)
    (app / "compose.prod.yaml").write_text(COMPOSE)
    skipped = planned(app)["skipped"]
    assert "DB_PORT" in {skip["name"] for skip in skipped if skip["id"] == "set-by-deployment"}
    assert f'fields = {{ database = "DB_NAME", {LOGIN} }}' in drafted(app)


def test_the_draft_says_that_a_password_without_its_host_is_not_rotated(app):
    port = "DATABASES['default']['PORT'] = os.environ.get('DB_PORT', '5432')\n"
    (app / "settings.py").write_text(POSTGRES + port)
    text = "database-credentials: shield rotate can't change its password, because DB_HOST stays"
    assert text not in run("draft", cwd=app).err
    (app / "shield.toml").unlink()
    (app / "compose.prod.yaml").write_text(COMPOSE)
    done = run("draft", cwd=app)
    assert text in done.err
    assert 'add host = "DB_HOST", port = "DB_PORT" to its fields in shield.toml' in done.err


SERVER = (
    "import os\n\nURL = os.environ.get({name!r}, 'http://{host}:9200')\nK = os.environ['API_KEY']\n"
)
VALUES = "FROM python:3.13\nENV {name}={value}\n"


@pytest.mark.parametrize(
    ("name", "host", "value", "other", "stays"),
    [
        pytest.param("SEARCH_ES_URL", "localhost", "http://es:9200", "", True, id="everywhere"),
        pytest.param("SEARCH_ES_URL", "a:b@es", "http://es:9200", "", False, id="code"),
        pytest.param("SEARCH_ES_URL", "localhost", "http://a:b@es:9200", "", False, id="value"),
        pytest.param("SEARCH_ES_URL", "localhost", "http://es:9200", "$URL", False, id="not known"),
        pytest.param("MONGODB_URL", "localhost", "http://db:9200", "", False, id="database"),
        pytest.param("CELERY_BROKER_URL", "localhost", "http://mq:1", "", False, id="broker"),
    ],
)
def test_a_url_without_credentials_stays(app, name, host, value, other, stays):
    (app / "settings.py").write_text(SERVER.format(name=name, host=host))
    (app / "Dockerfile").write_text(VALUES.format(name=name, value=value))
    compose = f"services:\n  web:\n    image: shop\n    environment:\n      {name}: '{other}'\n"
    (app / "compose.yaml").write_text(compose)
    skipped = planned(app)["skipped"]
    reasons = [skip["reason"] for skip in skipped if skip["id"] == "plain-url"]
    text = "a URL without credentials, set by Dockerfile: not moved"
    assert reasons == [text] * stays
    ignored = f'ignore = ["{name}"] # left to the deployment: injected from AWS, built by a chart, or a URL without'
    assert (ignored in drafted(app)) is stays
    assert "not-in-manifest" not in {skip["id"] for skip in planned(app)["skipped"]}


@pytest.mark.parametrize(
    ("path", "value", "stays"),
    [
        pytest.param("compose.prod.yml", "redis://redis:6379", True, id="production"),
        pytest.param("compose.prod.yml", "redis://${REDIS_HOST}:6379", True, id="its host is set"),
        pytest.param("compose.prod.yml", "redis://:${PW}@redis:6379", False, id="with a login"),
        pytest.param("compose.yml", "redis://redis:6379", False, id="maybe not production"),
    ],
)
def test_the_url_of_a_service_stays_if_it_has_no_login_in_production(app, path, value, stays):
    (app / "settings.py").write_text(SERVER.format(name="REDIS_URL", host="redis"))
    compose = f"services:\n  web:\n    image: shop\n    environment:\n      REDIS_URL: {value}\n"
    (app / path).write_text(compose)
    text = f"a URL without credentials, set by {path}: not moved"
    assert (text in {skip["reason"] for skip in planned(app)["skipped"]}) is stays


@pytest.mark.parametrize(
    ("default", "stays"),
    [
        pytest.param("mongodb://127.0.0.1:27017/", True, id="no login"),
        pytest.param("mongodb://root:example@127.0.0.1/", False, id="login"),
    ],
)
def test_the_url_of_a_database_without_a_login_stays(app, default, stays):
    code = f"import os\n\nURL = os.getenv('MONGODB_URL', '{default}')\nK = os.environ['API_KEY']\n"
    (app / "settings.py").write_text(code)
    compose = "services:\n  web:\n    image: shop\n    environment:\n      MONGODB_URL: mongodb://db:27017\n"
    (app / "compose.production.yml").write_text(compose)
    assert ('ignore = ["MONGODB_URL"]' in drafted(app)) is stays


def test_a_url_that_a_chart_builds_stays(app):
    settings = "import os\n\nURL = os.environ['BROKER_URL']\nK = os.environ['API_KEY']\n"
    (app / "settings.py").write_text(settings)
    (app / "helm/templates").mkdir(parents=True)
    (app / "helm/Chart.yaml").write_text("name: shop\n")
    script = "data:\n  env.sh: |\n    export BROKER_URL=amqp://${USER}:${PASSWORD}@mq/${TAG}\n"
    (app / "helm/templates/config.yaml").write_text(script)
    reasons = {skip["name"]: skip["reason"] for skip in planned(app)["skipped"]}
    text = "helm/templates/config.yaml builds it, maybe for each release: not moved"
    assert reasons["BROKER_URL"] == text
    assert 'ignore = ["BROKER_URL"]' in drafted(app)
