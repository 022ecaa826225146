"""The sample shop, started from its Compose file and its manifest, before and after apply."""

from __future__ import annotations

import base64
import secrets
import shutil
from typing import TYPE_CHECKING

import boto3
import pytest
import yaml
from containers import compose_service, created_secret, kubernetes_container
from django.core import signing
from shield_helpers import files_of, run

from shield_ai.sandbox.postgres import free_port

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = ("DATABASE_NAME", "DATABASE_USER", "DATABASE_HOST", "DATABASE_PORT")
COMPOSE = """\
services:
  web:
    build: .
    command: >-
      waitress-serve --listen=${LISTEN:-127.0.0.1}:PORT --trusted-proxy="*"
      --trusted-proxy-headers=x-forwarded-proto storefront.wsgi:application
    environment:
      HSTS_SECONDS: "60"  # for a start
      SECRET_KEY: LITERAL
      DATABASE_NAME: $DATABASE_NAME
      DATABASE_USER: ${DATABASE_USER}
      DATABASE_HOST: ${DATABASE_HOST:-localhost}
      DATABASE_PORT: ${DATABASE_PORT:-5432}
      DATABASE_PASSWORD: ${DATABASE_PASSWORD:?}
      REPORTING_DATABASE_URL: postgres://${REPORTING}
      CACHE_URL: ${CACHE_URL-}
      RABBITMQ_PASSWORD: ${RABBITMQ_PASSWORD?}
      PAYMENT_WEBHOOK_SECRET:
      SEARCH_API_KEY:
      EMAIL_HOST_PASSWORD: ${EMAIL_HOST_PASSWORD}
      INVOICE_SIGNING_KEY: ${INVOICE_SIGNING_KEY}
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: ${DATABASE_PASSWORD:?}
"""
# The command that checks the database for reports, in a container that does not call get_secret().
CONNECT = "import os, psycopg; psycopg.connect(os.environ['REPORTING_DATABASE_URL']); print('ok')"


@pytest.fixture
def app(shop, tmp_path):
    """A copy of the shop. Its key has a dollar, which Compose and Kubernetes can replace."""
    folder = shutil.copytree(shop.folder, tmp_path / "storefront")
    key = shop.secrets["SECRET_KEY"].reveal()
    reporting = shop.secrets["REPORTING_DATABASE_URL"].reveal().removeprefix("postgres://")
    text = (folder / ".env").read_text()
    text = text.replace(f"SECRET_KEY={key}\n", f"SECRET_KEY='{key}$(new)$1'\n")
    (folder / ".env").write_text(f"{text}REPORTING={reporting}\n")
    return folder


@pytest.fixture
def values(shop):
    found = {name: value.reveal() for name, value in shop.secrets.items()}
    return found | {"SECRET_KEY": found["SECRET_KEY"] + "$(new)$1"}


@pytest.fixture
def credentials(aws):
    """The variables that a platform sets for the role of a container. The file sets the region."""
    environment = aws.environment({})
    return {name: environment[name] for name in environment if not name.endswith("REGION")}


def image(app: Path) -> Path:
    """Build the folder of a container, which has no .env file."""
    folder = app.with_name(f"image-{secrets.token_hex(4)}")
    return shutil.copytree(app, folder, ignore=shutil.ignore_patterns(".env", ".shield"))


def serves(container, app, values, credentials):
    """Use the secrets of the shop; return the variables of its process."""
    log = app.with_name("log")
    with container.serving(image(app), log, **credentials) as web:
        assert web.health()["products"] > 0
        assert web.request("GET", "/")[0] == 200
        for key, status in ((values["SECRET_KEY"], 404), ("another", 403)):
            signer = signing.TimestampSigner(key=key, salt="shop.order", fallback_keys=[])
            assert web.request("GET", f"/orders/{signer.sign_object(999)}/")[0] == status
        return web.environment()


def apply(app, table):
    """Apply with a [deployment] table."""
    assert run("draft", cwd=app).code == 0
    with (app / "shield.toml").open("a") as file:
        file.write(f"\n[deployment]\n{table}")
    before = files_of(app)
    done = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    return before


def test_compose_file(app, values, credentials):
    path = app / "docker-compose.yml"
    text = COMPOSE.replace(":PORT", f":{free_port()}")
    path.write_text(text.replace("LITERAL", values["SECRET_KEY"].replace("$", "$$")))
    names = {*values, *PLAIN}
    assert names <= serves(compose_service(path, "web"), app, values, {}).keys()

    before = apply(app, 'edit = ["compose"]\ncontainers = ["web"]\n')
    environment = serves(compose_service(path, "web"), app, values, credentials)
    assert names.isdisjoint(environment)
    settings = {"USE_AWS_SECRETS": "true", "AWS_SECRETS_ENV": "production"}
    settings["AWS_REGION"] = "us-east-1"
    assert compose_service(path, "web").environment == {"HSTS_SECONDS": "60", **settings}
    services = yaml.safe_load(path.read_text())["services"]
    assert services["db"] == yaml.safe_load(COMPOSE)["services"]["db"]

    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before
    assert names <= serves(compose_service(path, "web"), app, values, {}).keys()


def manifest(values, plain):
    """Return a Secret and a Deployment with a value, references to the Secret, and names."""
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    entries = [{"name": name, "value": plain[name]} for name in PLAIN]
    entries.append({"name": "SECRET_KEY", "value": values["SECRET_KEY"].replace("$", "$$")})
    for name in values.keys() - {"SECRET_KEY"}:
        source = {"secretKeyRef": {"name": "shop", "key": name}}
        entries.append({"name": name, "valueFrom": source})
    proxy = ["--trusted-proxy=*", "--trusted-proxy-headers=x-forwarded-proto"]
    command = ["waitress-serve", f"--listen=127.0.0.1:{free_port()}", *proxy]
    url = {"name": "REPORTING_DATABASE_URL", "value": values["REPORTING_DATABASE_URL"]}
    containers = [
        {
            "name": "web",
            "image": "shop",
            "command": [*command, "storefront.wsgi:application"],
            "env": [{"name": "HSTS_SECONDS", "value": "60"}, *entries],
        },
        {"name": "reports", "image": "shop", "command": ["python", "-c", CONNECT], "env": [url]},
    ]
    spec = {"template": {"spec": {"containers": containers}}}
    return yaml.safe_dump_all(
        [
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"}, "data": data},
            {"apiVersion": "apps/v1", "kind": "Deployment", "spec": spec},
        ],
        sort_keys=False,
    )


def test_kubernetes_manifest(app, values, credentials):
    path = app / "deploy/shop.yaml"
    path.parent.mkdir()
    lines = (app / ".env").read_text().splitlines()
    path.write_text(manifest(values, dict(line.split("=", 1) for line in lines)))

    def container(name, *created):
        return kubernetes_container([*yaml.safe_load_all(path.read_text()), *created], name)

    assert container("web").environment["SECRET_KEY"] == values["SECRET_KEY"]
    names = {*values, *PLAIN}
    assert names <= serves(container("web"), app, values, {}).keys()
    assert container("reports").run(app).stdout == "ok\n"

    table = 'edit = ["kubernetes"]\ncontainers = ["web"]\ninject = ["reports"]\n'
    before = apply(app, table)
    kept = {"DATABASE_HOST", "DATABASE_NAME", "DATABASE_PORT"}  # plain values of the manifest
    assert names.intersection(serves(container("web"), app, values, credentials)) == kept
    export = run("export", "--format", "external-secrets", "--account", "123456789012", cwd=app)
    _, external = yaml.safe_load_all(export.out)
    assert values["REPORTING_DATABASE_URL"] not in path.read_text().partition("kind: Deployment")[2]
    created = created_secret(external, boto3.client("secretsmanager"))
    reports = container("reports", created)
    assert reports.environment.keys() == {"REPORTING_DATABASE_URL"}
    assert reports.run(app).stdout == "ok\n"

    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before
    assert names <= serves(container("web"), app, values, {}).keys()
    assert container("reports").run(app).stdout == "ok\n"
