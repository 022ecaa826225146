"""Edits of deployment files: only the variables change, and everything else keeps its bytes."""

from __future__ import annotations

import json

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Secret
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment import containers as module
from shield_ai.rewrite.project.deployment.containers import DeploymentInputs, edit_deployment
from shield_ai.scan.deployment import blocks
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.finder import find_deployment

MANIFEST = Manifest(
    app=App(name="shop", region="eu-west-1"),
    deployment=DeploymentEdits(edit=("compose", "kubernetes", "ecs"), containers=("web", "job")),
    secret=(
        Secret(name="key", env="SECRET_KEY"),
        Secret(name="db", fields={"password": "DB_PASSWORD", "host": "DB_HOST"}),
    ),
)
COMPOSE, KUBERNETES, TASK = "docker-compose.yml", "k8s/web.yaml", "task-definition.json"
POD = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          env:
ENV
        - name: proxy
          env:
            - {name: LEVEL, value: info}
"""


def edit(root, path, text, manifest=MANIFEST, problem="", **inputs):
    """Return the file after the edits, and the reasons of the lines that remain."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    raw = text.encode()
    file.write_bytes(raw)
    found = find_deployment(root, manifest.secret).variables
    kind = next((item.kind for item in found), DeploymentKind.COMPOSE)
    environments = find_environments(raw, kind)
    files = {path: environments._replace(problem=problem or environments.problem)}
    changes, skipped, _ = edit_deployment(
        manifest, DeploymentInputs(variables=found, files=files, **inputs)
    )
    after = apply_edits(raw, changes[0].edits) if changes else raw
    file.write_bytes(after)
    return after.decode(), [(item.line, item.name, item.reason) for item in skipped]


def service(environment):
    return (
        f"services:\n  web:\n    image: shop\n    environment:\n{environment}    restart: always\n"
    )


def pod(environment):
    return POD.replace("ENV\n", environment)


def task(containers, **more):
    definition = {"taskRoleArn": "arn:aws:iam::1:role/shop", "containerDefinitions": containers}
    return json.dumps({**definition, **more}, indent=2) + "\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param(
            COMPOSE,
            service(
                "      DEBUG: 'no'  # off\n      SECRET_KEY: VALUE # why\n      # the database\n"
                "      DB_PASSWORD: ${DB_PASSWORD:?}\n      DB_HOST:\n"
            ),
            service(
                "      DEBUG: 'no'  # off\n      USE_AWS_SECRETS: \"true\"\n"
                '      DJANGO_ENV: "production"\n      AWS_REGION: "eu-west-1"\n      # the database\n'
            ),
            id="Compose, map",
        ),
        pytest.param(
            COMPOSE,
            service("    - WORKERS=1\n    - 'SECRET_KEY=VALUE'\n    - DB_HOST\n").replace(
                "\n", "\r\n"
            ),
            service(
                "    - WORKERS=1\n    - USE_AWS_SECRETS=true\n    - DJANGO_ENV=production\n"
                "    - AWS_REGION=eu-west-1\n"
            ).replace("\n", "\r\n"),
            id="Compose, list, CRLF",
        ),
        pytest.param(
            COMPOSE,
            'services:\n  web:\n    environment: {A: 1, SECRET_KEY: "x, y", DB_HOST: db}\n',
            "services:\n  web:\n    environment: {A: 1, "
            'USE_AWS_SECRETS: "true", DJANGO_ENV: "production", AWS_REGION: "eu-west-1"}\n',
            id="Compose, map in braces",
        ),
        pytest.param(
            COMPOSE,
            "services:\n  web:\n    environment:\n      SECRET_KEY: >-\n        long\n        value\n\n"
            "      DB_PASSWORD: |\n        a\n  job:\n    environment:\n      - DB_PASSWORD=VALUE",
            'services:\n  web:\n    environment:\n      USE_AWS_SECRETS: "true"\n'
            '      DJANGO_ENV: "production"\n      AWS_REGION: "eu-west-1"\n\n'
            "  job:\n    environment:\n      - USE_AWS_SECRETS=true\n      - DJANGO_ENV=production\n"
            "      - AWS_REGION=eu-west-1",
            id="Compose, texts of several lines, no newline at the end",
        ),
        pytest.param(
            KUBERNETES,
            pod(
                "            - name: A\n              value: é\n            - name: SECRET_KEY\n"
                "              valueFrom:\n                secretKeyRef:\n                  name: app\n"
                "                  key: SECRET_KEY\n            # host\n"
                "            - {name: DB_HOST, value: db}\n"
            ),
            pod(
                "            - name: A\n              value: é\n            - name: USE_AWS_SECRETS\n"
                '              value: "true"\n            - name: DJANGO_ENV\n'
                '              value: "production"\n            - name: AWS_REGION\n'
                '              value: "eu-west-1"\n            # host\n'
            ),
            id="Kubernetes",
        ),
        pytest.param(
            KUBERNETES,
            pod("          - {name: DB_HOST, value: db}\n          - {name: B, value: c}\n"),
            pod(
                '          - {name: USE_AWS_SECRETS, value: "true"}\n'
                '          - {name: DJANGO_ENV, value: "production"}\n'
                '          - {name: AWS_REGION, value: "eu-west-1"}\n          - {name: B, value: c}\n'
            ),
            id="Kubernetes, maps in braces",
        ),
        pytest.param(
            TASK,
            task(
                [
                    {
                        "name": "web",
                        "environment": [
                            {"name": "SECRET_KEY", "value": "VALUE"},
                            {"name": "A", "value": "1"},
                        ],
                        "secrets": [
                            {"name": "B", "valueFrom": "arn:b"},
                            {"name": "DB_PASSWORD", "valueFrom": "arn:db"},
                        ],
                    }
                ]
            ),
            task(
                [
                    {
                        "name": "web",
                        "environment": [
                            {"name": "USE_AWS_SECRETS", "value": "true"},
                            {"name": "DJANGO_ENV", "value": "production"},
                            {"name": "AWS_REGION", "value": "eu-west-1"},
                            {"name": "A", "value": "1"},
                        ],
                        "secrets": [{"name": "B", "valueFrom": "arn:b"}],
                    }
                ]
            ),
            id="ECS",
        ),
        pytest.param(
            TASK,
            '{"taskRoleArn": "a", "containerDefinitions": [{"name": "web",\n  "secrets": '
            '[{"name": "DB_PASSWORD", "valueFrom": "arn:db"}]}]}',
            '{"taskRoleArn": "a", "containerDefinitions": [{"name": "web",\n  "environment": '
            '[{"name": "USE_AWS_SECRETS", "value": "true"}, {"name": "DJANGO_ENV", "value": '
            '"production"}, {"name": "AWS_REGION", "value": "eu-west-1"}],\n  "secrets": []}]}',
            id="ECS without environment",
        ),
        pytest.param(
            TASK,
            task(
                [
                    {
                        "name": "job",
                        "environment": [],
                        "secrets": [{"name": "DB_HOST", "valueFrom": "a"}],
                    }
                ]
            ),
            None,
            id="ECS with an empty environment",
        ),
    ],
)
def test_variables_are_replaced(tmp_path, path, text, expected):
    after, skipped = edit(tmp_path, path, text)
    if expected is not None:
        assert after == expected
    assert [reason for _, name, reason in skipped] == []
    parsed = json.loads(after) if path == TASK else list(yaml.safe_load_all(after))
    names = str(parsed)
    assert "USE_AWS_SECRETS" in names
    assert "SECRET_KEY" not in names
    assert "DB_PASSWORD" not in names
    again, _ = edit(tmp_path, path, after)
    assert again == after


@pytest.mark.parametrize(
    ("path", "text", "inputs", "reason"),
    [
        pytest.param(
            COMPOSE,
            service("      <<: &a {SECRET_KEY: x}\n"),
            {},
            "its line contains other text",
            id="merge key",
        ),
        pytest.param(
            COMPOSE,
            "x-env: &env {SECRET_KEY: x}\nservices: {web: {environment: *env}}\n",
            {},
            blocks.ALIASES,
            id="alias",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: '{{ key }}'\n"),
            {},
            blocks.TEMPLATE,
            id="template",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x\n    env_file: .env\n"),
            {},
            blocks.ENV_FILE,
            id="env file",
        ),
        pytest.param(
            KUBERNETES,
            pod("            - {name: SECRET_KEY, value: x}\n").replace(
                "name: web\n", "image: web\n"
            ),
            {},
            blocks.NO_NAME,
            id="container without a name",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x\n") + "  job:\n    extends: web\n",
            {},
            blocks.EXTENDS,
            id="extends",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x\n      DJANGO_ENV: qa\n"),
            {},
            module.OTHER_VALUE.format("DJANGO_ENV", "production"),
            id="another value",
        ),
        pytest.param(
            COMPOSE,
            service("      DB_HOST: db\n    command: sh -c 'wait $$DB_HOST'\n"),
            {},
            module.IN_COMMAND,
            id="command",
        ),
        pytest.param(
            COMPOSE,
            "services:\n  proxy:\n    environment: {DB_HOST: db}\n",
            {},
            module.OTHER_CONTAINER.format("proxy"),
            id="another container",
        ),
        pytest.param(
            COMPOSE,
            "services:\n  web:\n    build: {context: ., args: {SECRET_KEY: x}}\n",
            {},
            module.NOT_IN_CONTAINER,
            id="build argument",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x  # shield: ignore[CRED] only a sample\n"),
            {},
            "suppressed with a comment",
            id="suppressed",
        ),
        pytest.param(
            "docker-compose.dev.yml",
            service("      SECRET_KEY: x\n"),
            {},
            "not a file for production",
            id="development",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x\n"),
            {"kept": {"SECRET_KEY": "kept"}},
            "kept",
            id="kept",
        ),
        pytest.param(
            COMPOSE,
            service("      SECRET_KEY: x\n"),
            {"problem": "combined"},
            "combined",
            id="problem of the file",
        ),
        pytest.param(
            KUBERNETES,
            pod(
                "            - {name: DB_HOST, value: db}\n            - {name: A, value: $(DB_HOST)}\n"
            ),
            {},
            module.IN_COMMAND,
            id="reference between variables",
        ),
        pytest.param(
            KUBERNETES,
            pod("            - {name: DB_HOST, value: db}\n").replace(
                "          env:\n",
                "          envFrom: [{secretRef: {name: a}}]\n          env:\n",
                1,
            ),
            {},
            blocks.SECRET_SOURCE,
            id="envFrom",
        ),
        pytest.param(
            KUBERNETES,
            "apiVersion: v1\nkind: Secret\nmetadata: {name: web}\nstringData: {SECRET_KEY: x}\n",
            {},
            module.NOT_IN_CONTAINER,
            id="Secret",
        ),
        pytest.param(
            TASK,
            '{"containerDefinitions": [{"name": "web", "environment": [{"name": "DB_HOST", "value": "a"}]}]}',
            {},
            blocks.TASK_ROLE,
            id="no task role",
        ),
        pytest.param(
            TASK,
            '{"taskRoleArn": "a", "containerDefinitions": [{"name": "web", "environment": ['
            '{"name": "DB_HOST", "value": "a"}, // b\n {"name": "A", "value": "c"}]}]}',
            {},
            "other text is between the entries",
            id="comment in JSON",
        ),
    ],
)
def test_uncertain_lines_remain_with_a_reason(tmp_path, path, text, inputs, reason):
    after, skipped = edit(tmp_path, path, text, **inputs)
    assert after == text
    assert {reason for _, name, reason in skipped if name != ".env"} == {reason}


def test_prefix_is_set(tmp_path):
    manifest = msgspec.structs.replace(
        MANIFEST, app=msgspec.structs.replace(MANIFEST.app, prefix="shop/prod/")
    )
    after, _ = edit(tmp_path, COMPOSE, service("      SECRET_KEY: x\n"), manifest)
    environment = yaml.safe_load(after)["services"]["web"]["environment"]
    assert environment["AWS_SECRETS_PREFIX"] == "shop/prod/"


def test_settings_that_are_set_already_stay(tmp_path):
    text = service(
        "      SECRET_KEY: x\n      USE_AWS_SECRETS: true\n      AWS_REGION: eu-west-1\n"
    )
    after, _ = edit(tmp_path, COMPOSE, text)
    assert after == text.replace("SECRET_KEY: x", 'DJANGO_ENV: "production"')


def test_one_uncertain_container_does_not_block_others(tmp_path):
    text = (
        service("      SECRET_KEY: x\n")
        + "  job:\n    env_file: .env\n    environment: [SECRET_KEY=x]\n"
    )
    after, skipped = edit(tmp_path, COMPOSE, text)
    services = yaml.safe_load(after)["services"]
    assert "SECRET_KEY" not in services["web"]["environment"]
    assert services["job"]["environment"] == ["SECRET_KEY=x"]
    assert {name for _, name, _ in skipped} == {"SECRET_KEY", ".env"}


def test_another_line_of_a_variable_that_is_removed_has_a_reason(tmp_path):
    text = service("      SECRET_KEY: x\n").replace(
        "    image: shop\n", "    build: {context: ., args: {SECRET_KEY: x}}\n"
    )
    after, skipped = edit(tmp_path, COMPOSE, text)
    web = yaml.safe_load(after)["services"]["web"]
    assert "SECRET_KEY" not in web["environment"]
    assert web["build"]["args"] == {"SECRET_KEY": "x"}
    assert skipped == [(3, "SECRET_KEY", module.NOT_IN_CONTAINER)]


def test_a_variable_with_a_line_that_must_remain_keeps_all(tmp_path):
    text = service("      - SECRET_KEY=x\n      - SECRET_KEY=y  # shield: ignore[CRED] a sample\n")
    after, skipped = edit(tmp_path, COMPOSE, text)
    assert after == text
    assert sorted(line for line, _, _ in skipped) == [5, 6]


NAMES = st.sampled_from(["SECRET_KEY", "DB_PASSWORD", "DB_HOST", "A", "B"])
VALUES = st.text("ab: #'\"{}[]é\n\\$,&|>-", max_size=12)


@given(
    services=st.dictionaries(
        st.sampled_from(["web", "job", "db"]), st.dictionaries(NAMES, VALUES), min_size=1
    ),
    is_list=st.booleans(),
    is_flow=st.sampled_from([None, True, False]),
)
def test_any_compose_file_keeps_everything_else(tmp_path_factory, services, is_list, is_flow):
    def written(environment):
        if is_list:
            return [f"{name}={value}" for name, value in environment.items()]
        return environment

    document = {
        "services": {
            name: {"image": "x", "environment": written(values)}
            for name, values in services.items()
        }
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=is_flow)
    root = tmp_path_factory.mktemp("compose")
    after, skipped = edit(root, COMPOSE, text)
    other = module.OTHER_CONTAINER.format("db")
    left = {name for _, name, reason in skipped if reason != other}
    before, now = (yaml.safe_load(part)["services"] for part in (text, after))
    assert before.keys() == now.keys()
    for name, values in services.items():
        environment = now[name]["environment"]
        if isinstance(environment, list):
            environment = dict(item.split("=", 1) for item in environment)
        removed = (
            {"SECRET_KEY", "DB_PASSWORD", "DB_HOST"} - left if name in {"web", "job"} else set()
        )
        kept = {key: value for key, value in values.items() if key not in removed}
        is_edited = kept != values and after != text
        expected = {**kept, **module.aws_settings(MANIFEST)} if is_edited else values
        assert environment == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(
            COMPOSE,
            lambda n: service("      SECRET_KEY: x\n" * n + "      A: ${DB_HOST}\n" * n),
            id="the same variable",
        ),
        pytest.param(
            KUBERNETES,
            lambda n: (
                pod("            - {name: DB_HOST, value: db}\n") + "        - name: web\n" * n
            ),
            id="containers",
        ),
        pytest.param(
            TASK,
            lambda n: task([{"name": "web", "environment": [{"name": "DB_HOST"}] * n}]),
            id="entries",
        ),
    ],
)
def test_time_is_linear(tmp_path, path, text):
    assert_linear(lambda n: edit(tmp_path, path, text(n)), 500)
