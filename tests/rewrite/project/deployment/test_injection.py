"""ECS and Kubernetes set the variables of containers that do not call get_secret()."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Secret
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment import containers as module
from shield_ai.rewrite.project.deployment import injection
from shield_ai.rewrite.project.deployment.containers import DeploymentInputs, edit_deployment
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT
from shield_ai.scan.deployment import blocks
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.finder import find_deployment

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/"
MANIFEST = Manifest(
    app=App(name="shop", region="eu-west-1", prefix="shop/"),
    deployment=DeploymentEdits(
        edit=("ecs", "kubernetes"), containers=("web",), inject=("node", "proxy")
    ),
    secret=(
        Secret(name="key", env="API_KEY"),
        Secret(name="db", fields={"password": "DB_PASSWORD", "host": "DB_HOST"}),
    ),
)
PATH = "task-definition.json"
TASK = """\
{
    "family": "shop",
    "executionRoleArn": "arn:aws:iam::1:role/execution",
    "taskRoleArn": "arn:aws:iam::1:role/shop",
    "containerDefinitions": [
        {
            "name": "NAME",
            LINES
            "image": "shop"
        }
    ]
}
"""


def task(lines, name="node"):
    return TASK.replace("NAME", name).replace("LINES", lines.replace("\n", "\n            "))


def edit(root, text, manifest=MANIFEST, path=PATH, **inputs):
    """Return the file after the edits, and the reasons of the lines that remain."""
    raw = text.encode()
    (root / path).write_bytes(raw)
    found = find_deployment(root, manifest.secret).variables
    kind = DeploymentKind.ECS if path == PATH else DeploymentKind.KUBERNETES
    files = {path: find_environments(raw, kind)}
    inputs = DeploymentInputs(
        variables=found, files=files, account="123456789012", command="export", **inputs
    )
    changes, skipped, _ = edit_deployment(manifest, inputs)
    after = apply_edits(raw, changes[0].edits) if changes else raw
    return after.decode(), [(item.line, item.name, item.reason) for item in skipped]


SECRETS = f"""\
"secrets": [
    {{
        "name": "DB_PASSWORD",
        "valueFrom": "{ARN}db:password::"
    }},
    {{
        "name": "API_KEY",
        "valueFrom": "{ARN}key"
    }}
],
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            '"environment": [\n    {"name": "A", "value": "b"},\n'
            '    {"name": "DB_PASSWORD", "value": "VALUE"},\n'
            '    {"name": "API_KEY", "value": "VALUE"}\n],',
            SECRETS + '"environment": [\n    {"name": "A", "value": "b"}\n],',
            id="new list",
        ),
        pytest.param(
            '"environment": [{"name": "API_KEY", "value": "VALUE"}],\n'
            '"secrets": [{"name": "B", "valueFrom": "c"}],',
            '"environment": [],\n"secrets": [{"name": "B", "valueFrom": "c"}, '
            f'{{"name": "API_KEY", "valueFrom": "{ARN}key"}}],',
            id="existing list",
        ),
        pytest.param(
            '"environmentFiles": [],\n"environment": [{"name": "API_KEY", "value": "VALUE"}],\n'
            '"secrets": [{"name": "B", "valueFrom": "c"}],',
            '"environmentFiles": [],\n"environment": [],\n'
            f'"secrets": [{{"name": "B", "valueFrom": "c"}}, '
            f'{{"name": "API_KEY", "valueFrom": "{ARN}key"}}],',
            id="no env files",
        ),
        pytest.param(
            '"secrets": [],\n"environment": [\n    {\n        "name": "A",\n        "value": "b"\n'
            '    },\n    {\n        "name": "DB_HOST",\n        "value": "db"\n    }\n],',
            f'"secrets": [{{"name": "DB_HOST", "valueFrom": "{ARN}db:host::"}}],\n'
            '"environment": [\n    {\n        "name": "A",\n        "value": "b"\n    }\n],',
            id="empty list",
        ),
        pytest.param(
            '"environment": [{"name": "API_KEY", "value": "VALUE"}],\n"secrets": [\n    {\n'
            '        "name": "B",\n        "valueFrom": "c"\n    }\n],',
            '"environment": [],\n"secrets": [\n    {\n        "name": "B",\n'
            '        "valueFrom": "c"\n    },\n    {\n        "name": "API_KEY",\n'
            f'        "valueFrom": "{ARN}key"\n    }}\n],',
            id="list of several lines",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_variables_move_to_secrets(tmp_path, before, after, newline):
    found, skipped = edit(tmp_path, task(before).replace("\n", newline))
    assert found == task(after).replace("\n", newline)
    assert not skipped
    assert edit(tmp_path, found)[0] == found


def test_list_in_one_line(tmp_path):
    container = {"name": "node", "environment": [{"name": "API_KEY", "value": "x"}]}
    text = json.dumps({"executionRoleArn": "a", "containerDefinitions": [container]})
    found, _ = edit(tmp_path, text)
    (container,) = json.loads(found)["containerDefinitions"]
    assert container["secrets"] == [{"name": "API_KEY", "valueFrom": f"{ARN}key"}]
    assert container["environment"] == []
    assert "\n" not in found


def test_containers_with_and_without_get_secret(tmp_path):
    entry = {"name": "API_KEY", "value": "x"}
    containers = [{"name": name, "environment": [entry]} for name in ("web", "node", "other")]
    text = json.dumps(
        {"executionRoleArn": "a", "taskRoleArn": "b", "containerDefinitions": containers}, indent=2
    )
    found, skipped = edit(tmp_path, text)
    web, node, other = json.loads(found)["containerDefinitions"]
    assert "API_KEY" not in [item["name"] for item in web["environment"]]
    assert "secrets" not in web
    assert node["secrets"] == [{"name": "API_KEY", "valueFrom": f"{ARN}key"}]
    assert other["environment"] == [entry]
    assert [item[2] for item in skipped] == [module.OTHER_CONTAINER.format("other")]


LITERAL = '"environment": [{"name": "API_KEY", "value": "x"}],'


@pytest.mark.parametrize(
    ("text", "inputs", "reason"),
    [
        pytest.param(
            task(LITERAL).replace("executionRoleArn", "x"), {}, blocks.EXECUTION_ROLE, id="role"
        ),
        pytest.param(
            '[{"name": "node", ' + LITERAL + ' "image": "x"}]',
            {},
            blocks.EXECUTION_ROLE,
            id="list of containers",
        ),
        pytest.param(task(LITERAL), {"unavailable": {"API_KEY": "no value"}}, "no value", id="AWS"),
        pytest.param(
            task(LITERAL),
            {"different": {"API_KEY": module.DIFFERENT}},
            module.DIFFERENT,
            id="another value",
        ),
        pytest.param(
            task(LITERAL + '\n"secrets": [{"name": "API_KEY", "valueFrom": "a"}],'),
            {},
            injection.IN_SECRETS,
            id="in both lists",
        ),
        pytest.param(
            task('"secrets": [{"name": "API_KEY", "valueFrom": "a"}],'),
            {},
            injection.IN_SECRETS,
            id="in secrets",
        ),
        pytest.param(
            task(LITERAL + '\n"environmentFiles": [{"value": "a", "type": "s3"}],'),
            {},
            blocks.ENV_FILE,
            id="env file",
        ),
        pytest.param(task(LITERAL.replace("[{", "[/* a */ {")), {}, "other text", id="comment"),
        pytest.param(task(LITERAL) + "}", {}, NOT_EXACT, id="invalid"),
        pytest.param(
            task(LITERAL).replace('s": [\n', 's": [null,\n'),
            {},
            NOT_EXACT,
            id="null beside the container",
        ),
        pytest.param(task(LITERAL.replace("}]", "}, null]")), {}, NOT_EXACT, id="null variable"),
        pytest.param(
            task(LITERAL.replace("}]", '}, {"value": "x"}]')),
            {},
            NOT_EXACT,
            id="variable without a name",
        ),
        pytest.param(task(LITERAL + "\n// {{ x }}"), {}, blocks.TEMPLATE, id="template"),
    ],
)
def test_what_remains(tmp_path, text, inputs, reason):
    found, skipped = edit(tmp_path, text, **inputs)
    assert found == text
    assert any(reason in item[2] for item in skipped)


def test_task_role_is_needed_for_get_secret_only(tmp_path):
    text = task(LITERAL).replace('    "taskRoleArn": "arn:aws:iam::1:role/shop",\n', "")
    assert "valueFrom" in edit(tmp_path, text)[0]
    text = text.replace("node", "web")
    assert edit(tmp_path, text) == (text, [(7, "API_KEY", blocks.TASK_ROLE)])


NAMES = st.sampled_from(["API_KEY", "DB_HOST", "A", "B"])


@given(
    st.lists(NAMES, unique=True),
    st.none() | st.lists(st.sampled_from(["C", "D"]), unique=True),
    st.sampled_from([None, 2, "\t"]),
)
def test_other_variables_remain(tmp_path_factory, names, secrets, indent):
    container = {"name": "node", "environment": [{"name": name, "value": "x"} for name in names]}
    if secrets is not None:
        container["secrets"] = [{"name": name, "valueFrom": "y"} for name in secrets]
    document = {"executionRoleArn": "a", "containerDefinitions": [container, {"name": "other"}]}
    text = json.dumps(document, indent=indent)
    found, skipped = edit(tmp_path_factory.mktemp("app"), text)
    after, _ = json.loads(found)["containerDefinitions"]
    moved = [name for name in names if name in {"API_KEY", "DB_HOST"}]
    assert not skipped
    assert [item["name"] for item in after["environment"]] == [n for n in names if n not in moved]
    assert [item["name"] for item in after.get("secrets", [])] == [*(secrets or ()), *moved]


def test_manifest_without_inject(tmp_path):
    deployment = DeploymentEdits(edit=("ecs",), containers=("web",))
    manifest = msgspec.structs.replace(MANIFEST, deployment=deployment)
    found, skipped = edit(tmp_path, task(LITERAL), manifest)
    assert found == task(LITERAL)
    assert skipped[0][2] == module.OTHER_CONTAINER.format("node")


POD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: node
spec:
  template:
    spec:
      containers:
        - name: node
          image: shop
          env:
LINES            - name: LEVEL
              value: info
---
apiVersion: v1
kind: Service
"""


def pod(lines, newline="\n"):
    return POD.replace("LINES", lines).replace("\n", newline)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "            - name: DB_PASSWORD\n              value: VALUE\n",
            "            - name: DB_PASSWORD\n              valueFrom:\n                secretKeyRef:\n"
            "                  name: shop-secrets\n                  key: DB_PASSWORD\n",
            id="lines",
        ),
        pytest.param(
            "            - {name: API_KEY, value: VALUE}  # why\n",
            "            - {name: API_KEY, valueFrom: {secretKeyRef: {name: shop-secrets, "
            "key: API_KEY}}}  # why\n",
            id="braces",
        ),
        pytest.param(
            "            - name: 'API_KEY' # a\n              # b\n              value: >-\n"
            "                VALUE\n                VALUE\n\n            # c\n",
            "            - name: 'API_KEY' # a\n              # b\n              valueFrom:\n"
            "                secretKeyRef:\n                  name: shop-secrets\n"
            "                  key: API_KEY\n\n            # c\n",
            id="comments, text of several lines",
        ),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_variables_refer_to_a_secret(tmp_path, before, after, newline):
    found, skipped = edit(tmp_path, pod(before, newline), path="web.yaml")
    assert found == pod(after, newline)
    assert not skipped
    assert edit(tmp_path, found, path="web.yaml")[0] == found


def test_labels_with_the_name_of_the_container(tmp_path):
    labels = "  labels:\n    name: node\n    env: production\nspec:\n  template:"
    before, after = (
        pod(f"            - {{name: API_KEY, {value}}}\n").replace("spec:\n  template:", labels)
        for value in (
            "value: VALUE",
            "valueFrom: {secretKeyRef: {name: shop-secrets, key: API_KEY}}",
        )
    )
    assert edit(tmp_path, before, path="web.yaml") == (after, [])


def test_next_step_of_kubernetes(tmp_path):
    raw = pod("            - {name: API_KEY, value: VALUE}\n").encode()
    (tmp_path / "web.yaml").write_bytes(raw)
    inputs = DeploymentInputs(
        variables=find_deployment(tmp_path, MANIFEST.secret).variables,
        files={"web.yaml": find_environments(raw, DeploymentKind.KUBERNETES)},
        command="shield export",
    )
    command = "shield export --format external-secrets"
    assert edit_deployment(MANIFEST, inputs).next_steps == [
        injection.CREATE_SECRET.format("web.yaml", "shop-secrets", command)
    ]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        pytest.param(
            "            - value: VALUE\n              name: API_KEY\n",
            "not in a form that can be edited",
            id="value first",
        ),
        pytest.param(
            "            - name: API_KEY\n              valueFrom:\n                secretKeyRef:\n"
            "                  name: x\n                  key: API_KEY\n",
            injection.IN_OBJECT,
            id="other Secret",
        ),
        pytest.param(
            "            - name: API_KEY\n              value: VALUE\n              other: x\n",
            NOT_EXACT,
            id="another key",
        ),
    ],
)
def test_variables_of_kubernetes_that_remain(tmp_path, lines, reason):
    found, skipped = edit(tmp_path, pod(lines), path="web.yaml")
    assert found == pod(lines)
    assert reason in skipped[0][2]


def test_secret_in_the_data_of_an_object_with_the_name_of_a_container_remains(tmp_path):
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: node}\nstringData: {API_KEY: VALUE}\n"
    found, skipped = edit(tmp_path, text, path="web.yaml")
    assert found == text
    assert skipped[0][2] == injection.NOT_IN_CONTAINER
