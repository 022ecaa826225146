from __future__ import annotations

import pytest

from shield_ai.model.deployment import Use
from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

SECRETS = (Secret(name="key", env="SECRET_KEY"),)
DEVELOPMENT, PRODUCTION, UNKNOWN = Use.DEVELOPMENT, Use.PRODUCTION, Use.UNKNOWN
ENV = "environment: {SECRET_KEY: tr0ub4dor-and-3}"
DATABASE = f"{{image: postgres, {ENV}}}"


def service(*fields):
    return "{" + ", ".join((ENV, *fields)) + "}"


def compose(*, head="", **services):
    lines = [f"  {name.replace('_', '-')}: {text}\n" for name, text in services.items()]
    return head + "services:\n" + "".join(lines)


def uses(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found: dict[str, Use] = {}
    for item in find_deployment(root, SECRETS).variables:
        assert found.setdefault(item.unit, item.use) is item.use
    return found


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["command: python manage.py runserver 0.0.0.0:8000"], id="runserver"),
        pytest.param(["command: [python, manage.py, runserver]"], id="runserver in a list"),
        pytest.param(['command: sh -c "migrate && python manage.py runserver"'], id="runserver in a shell"),
        pytest.param(["command: flask --app shop run --debug"], id="flask --debug"),
        pytest.param(["command: flask --debug run"], id="flask --debug first"),
        pytest.param(["command: uvicorn shop:app --reload"], id="uvicorn --reload"),
        pytest.param(["entrypoint: fastapi dev"], id="fastapi dev"),
        pytest.param(["command: watchmedo auto-restart -- celery -A shop worker"], id="watchmedo"),
        pytest.param(["command: python -m debugpy --listen 5678 app.py"], id="debugger"),
        pytest.param(["command: pytest"], id="tests"),
        pytest.param(["command: pnpm dev"], id="server of a frontend"),
        pytest.param(["develop: {watch: []}"], id="Compose Watch"),
        pytest.param(["build: {context: ., target: dev}"], id="target"),
        pytest.param(["build: {context: ., target: django-unittests}"], id="target for tests"),
        pytest.param(["build: {dockerfile: Dockerfile.dev}"], id="Dockerfile"),
        pytest.param(["build: {dockerfile: ./compose/local/Dockerfile}"], id="folder of the Dockerfile"),
        pytest.param(["env_file: .env.dev"], id="env file"),
        pytest.param(["env_file: [{path: ./.envs/.local/.django}]"], id="folder of env files"),
        pytest.param(["container_name: shop_dev"], id="container name"),
        pytest.param(["profiles: [dev]"], id="profile"),
        pytest.param(["volumes: ['.:/app']", "stdin_open: true"], id="two hints"),
        pytest.param(["volumes: ['./src/:/app']", "build: src", "command: sleep infinity"], id="mount of the build context"),
        pytest.param(["volumes: ['${PWD}:/app:z']", "build: {target: '${TARGET:-development}'}"], id="mount of the folder"),
        pytest.param(["build: {target: dev}", "command: gunicorn shop"], id="the name wins over the server"),
    ],
)  # fmt: skip
def test_evidence_of_development(tmp_path, fields):
    assert uses(tmp_path, {"compose.yml": compose(web=service(*fields))}) == {"web": DEVELOPMENT}


@pytest.mark.parametrize(
    "variable",
    [
        "DEBUG: 1",
        "DEBUG: 'True'",
        "DJANGO_DEBUG: on",
        "FLASK_ENV: development",
        "DEPLOY_ENV: dev",
        "ENVIRONMENT: local",
        "DJANGO_SETTINGS_MODULE: config.settings.dev",
        "DJANGO_SETTINGS_MODULE: config.settings.local",
        "DJANGO_SETTINGS_MODULE: shop.settings_dev",
        "DJANGO_SETTINGS_MODULE: shop.local_settings",
        "APP_SETTINGS: config.DevelopmentConfig",
        "FLASK_ENV: dev, PUBLIC_SITE_URL: https://shop.example.com",
        "DJANGO_CONFIGURATION: Development",
    ],
)
def test_variables_for_development(tmp_path, variable):
    name, value = variable.partition(", ")[0].split(": ")
    as_map = f"{{environment: {{SECRET_KEY: tr0ub4dor-and-3, {variable}}}}}"
    as_list = f'{{environment: [SECRET_KEY=tr0ub4dor-and-3, "{name}={value.strip(chr(39))}"]}}'
    found = uses(tmp_path, {"compose.yml": compose(a=as_map, b=as_list)})
    assert found == {"a": DEVELOPMENT, "b": DEVELOPMENT}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(["command: gunicorn shop.wsgi"], id="server for production"),
        pytest.param(["command: celery -A shop worker"], id="no evidence"),
        pytest.param(["stdin_open: true"], id="one hint"),
        pytest.param(["command: flask run"], id="a server of small sites"),
        pytest.param(["stdin_open: true", "command: flask run", "ports: ['80:5000']"], id="hints and a public port"),
        pytest.param(["command: python manage.py runserver", "ports: ['80:8000']"], id="public port"),
        pytest.param(["command: python manage.py runserver", "ports: [{target: 8000, published: 80}]"], id="published port"),
        pytest.param(["command: python manage.py runserver", "deploy: {replicas: 3}"], id="replicas"),
        pytest.param(["command: python manage.py runserver --settings=shop.settings.production"], id="settings option"),
        pytest.param(["command: python manage.py runserver", "env_file: .env.prod"], id="env file for production"),
        pytest.param(["command: python manage.py runserver", "build: {target: release}"], id="target for production"),
        pytest.param(["container_name: speed-test", "command: gunicorn speed"], id="a name of a feature"),
        pytest.param(["command: ./test-results --renderer"], id="a word in a command"),
        pytest.param(["build: {target: '${TARGET}'}"], id="unknown target"),
        pytest.param(["build: {target: '${TARGET:-dev}'}"], id="a default is a hint"),
        pytest.param(["stdin_open: false", "tty: true"], id="no terminal"),
        pytest.param(["command: [" + "a, " * 200 + "runserver]"], id="a long command"),
    ],
)  # fmt: skip
def test_evidence_that_is_not_enough(tmp_path, fields):
    assert uses(tmp_path, {"compose.yml": compose(web=service(*fields))}) == {"web": PRODUCTION}


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param("DEBUG: 0", id="debug off"),
        pytest.param("DEBUG: '${DEBUG}'", id="unknown"),
        pytest.param("DEBUG: '${DEBUG:-1}'", id="default"),
        pytest.param("SQL_DEBUG: 1", id="debug of something else"),
        pytest.param("DJANGO_SETTINGS_MODULE: devices.settings", id="part of a word"),
        pytest.param("DEBUG: 1, DJANGO_ENV: production", id="stage"),
        pytest.param("DEBUG: 1, DJANGO_SETTINGS_MODULE: config.settings.production", id="settings"),
        pytest.param("FLASK_ENV: development, ALLOWED_HOSTS: 'shop.example.com'", id="public host"),
        pytest.param("FLASK_ENV: development, VIRTUAL_HOST: shop.io", id="host of a proxy"),
    ],
)
def test_variables_that_are_not_enough(tmp_path, variables):
    text = f"{{environment: {{SECRET_KEY: tr0ub4dor-and-3, {variables}}}}}"
    assert uses(tmp_path, {"compose.yml": compose(web=text)}) == {"web": PRODUCTION}


RUNSERVER = "command: python manage.py runserver"
GUNICORN = "command: gunicorn shop"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            compose(web=service(RUNSERVER), db=DATABASE),
            {"web": DEVELOPMENT, "db": DEVELOPMENT},
            id="services without evidence",
        ),
        pytest.param(
            compose(web=service(GUNICORN), web_dev=service(RUNSERVER), db=DATABASE),
            {"web": PRODUCTION, "web-dev": DEVELOPMENT, "db": PRODUCTION},
            id="both",
        ),
        pytest.param(
            compose(web=service("image: shop"), tests=service("profiles: [test]", "command: pytest")),
            {"web": PRODUCTION, "tests": DEVELOPMENT},
            id="tests beside the app",
        ),
        pytest.param(
            compose(web=service("image: shop"), web_debug=service(RUNSERVER, "profiles: [debug]")),
            {"web": PRODUCTION, "web-debug": DEVELOPMENT},
            id="a variant of a service",
        ),
        pytest.param(
            compose(web=service("image: shop"), shell=service("command: sleep infinity", "stdin_open: true")),
            {"web": PRODUCTION, "shell": DEVELOPMENT},
            id="a shell beside the app",
        ),
        pytest.param(
            compose(head="name: shop-dev\n", web=service(GUNICORN), db=DATABASE),
            {"web": DEVELOPMENT, "db": DEVELOPMENT},
            id="project for development",
        ),
        pytest.param(
            compose(head="name: devices\n", web=service(GUNICORN)),
            {"web": PRODUCTION},
            id="project with another name",
        ),
        pytest.param(
            compose(head="name: shop-prod\n", web=service(RUNSERVER)),
            {"web": PRODUCTION},
            id="project for production",
        ),
        pytest.param(
            compose(web=service(RUNSERVER), proxy=service("image: nginx", "ports: ['443:443']")),
            {"web": PRODUCTION, "proxy": PRODUCTION},
            id="TLS",
        ),
        pytest.param(
            compose(web=service(RUNSERVER), proxy=service("image: nginx", "ports: ['80:80']"), db=DATABASE),
            {"web": DEVELOPMENT, "proxy": PRODUCTION, "db": DEVELOPMENT},
            id="a proxy for development",
        ),
        pytest.param(
            compose(web=service("volumes: ['.:/app']"), mail="{image: axllent/mailpit}"),
            {"web": DEVELOPMENT},
            id="mail that is not sent",
        ),
        pytest.param(
            "x-app: &app\n  " + ENV + "\n"
            + compose(web="{<<: *app, " + RUNSERVER + "}", worker="{<<: *app}"),
            {"": DEVELOPMENT},
            id="values outside the services",
        ),
        pytest.param(
            "x-app: &app\n  " + ENV + "\n"
            + compose(dev="{<<: *app, " + RUNSERVER + "}", web="{<<: *app, " + GUNICORN + "}"),
            {"": PRODUCTION},
            id="values for both",
        ),
        pytest.param(
            compose(dev="&dev " + service(RUNSERVER), web="{<<: *dev, " + GUNICORN + "}"),
            {"dev": PRODUCTION},
            id="production merges a service",
        ),
        pytest.param(
            compose(dev=service(RUNSERVER), web="{extends: {service: dev}, " + GUNICORN + "}"),
            {"dev": PRODUCTION},
            id="production extends a service",
        ),
        pytest.param(
            compose(web="&web " + service("image: shop", RUNSERVER), b="{<<: *web, command: celery}"),
            {"web": DEVELOPMENT},
            id="a merged command is replaced",
        ),
    ],
)  # fmt: skip
def test_services_of_one_file(tmp_path, text, expected):
    assert uses(tmp_path, {"compose.yml": text}) == expected


DEV = compose(web=service("build: .", RUNSERVER), db="{image: postgres}")


@pytest.mark.parametrize(
    ("other", "text", "use"),
    [
        pytest.param("docker-compose.prod.yml", compose(web="{command: gunicorn}"), UNKNOWN, id="override"),
        pytest.param("docker-compose.prod.yml", compose(web="{build: .}"), UNKNOWN, id="override of the image"),
        pytest.param("docker-compose.prod.yml", compose(web="{build: .}", db="{image: postgres}"), DEVELOPMENT, id="complete"),
        pytest.param("docker-compose.prod.yml", "{", UNKNOWN, id="invalid"),
        pytest.param("docker-compose.aws.yml", compose(web="{command: gunicorn}"), PRODUCTION, id="another name"),
        pytest.param("docker-compose.tools.yml", compose(grafana="{image: grafana}"), DEVELOPMENT, id="other services"),
        pytest.param("docker-compose.dev.yml", compose(web="{command: gunicorn}"), DEVELOPMENT, id="another file for development"),
        pytest.param("deploy/compose.yml", compose(web="{extends: {file: ../compose.yml, service: web}}"), PRODUCTION, id="extends in a folder"),
        pytest.param("deploy/compose.yml", "include: [../compose.yml]\n" + compose(a="{image: b}"), PRODUCTION, id="include in a folder"),
        pytest.param("deploy/compose.yml", compose(web="{command: gunicorn}"), PRODUCTION, id="override in a folder"),
        pytest.param("deploy/compose.yml", compose(web="{image: shop}"), DEVELOPMENT, id="another app"),
        pytest.param("production.yml", "debug: false\n", DEVELOPMENT, id="not a Compose file"),
    ],
)  # fmt: skip
def test_files_that_may_be_combined(tmp_path, other, text, use):
    assert uses(tmp_path, {"compose.yml": DEV, other: text})["web"] is use


OVERRIDE = {"compose.yml": DEV, "compose.gunicorn.yml": compose(web="{command: gunicorn}")}


@pytest.mark.parametrize(
    ("files", "use"),
    [
        pytest.param({}, PRODUCTION, id="none"),
        pytest.param({"Procfile": "web: gunicorn"}, DEVELOPMENT, id="Procfile"),
        pytest.param({"README.md": "dokku config:set shop A=b"}, DEVELOPMENT, id="Dokku"),
        pytest.param({"README.md": "Run `helm upgrade`."}, DEVELOPMENT, id="Helm"),
        pytest.param({"README.md": "Push to Heroku."}, PRODUCTION, id="no command"),
        pytest.param({"Procfile": "", "compose.prod.yml": compose(web="{command: gunicorn}")}, UNKNOWN, id="named for production"),
        pytest.param({"Procfile": "", "deploy/compose.yml": compose(web="{extends: {file: ../compose.yml, service: web}}")}, PRODUCTION, id="extends"),
    ],
)  # fmt: skip
def test_apps_on_a_platform_combine_no_files(tmp_path, files, use):
    assert uses(tmp_path, {**OVERRIDE, **files})["web"] is use


def test_tests_stay_for_development_in_combined_files(tmp_path):
    text = compose(web=service(RUNSERVER), test=service("command: python manage.py test"))
    found = uses(tmp_path, {**OVERRIDE, "compose.yml": text})
    assert found == {"web": PRODUCTION, "test": DEVELOPMENT}


def test_a_name_for_production_wins_over_the_content(tmp_path):
    assert uses(tmp_path, {"compose.prod.yml": DEV}) == {"web": PRODUCTION}


def test_names_in_services_for_development_are_not_reported(tmp_path):
    text = compose(web=service(RUNSERVER, "labels: ['--set env.SECRET_KEY=tr0ub4dor-and-3']"))
    (tmp_path / "compose.yml").write_text(text)
    assert find_deployment(tmp_path, SECRETS).unread == ()
    (tmp_path / "compose.yml").write_text(text.replace("runserver", "migrate"))
    assert len(find_deployment(tmp_path, SECRETS).unread) == 1
