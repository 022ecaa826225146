"""Edits of templates of CloudFormation and SAM: only the variables change."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scaling import assert_linear

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.manifest import App, DeploymentEdits, Manifest, Rotation, Secret
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment import containers as module
from shield_ai.rewrite.project.deployment import (
    injection,
    template_injection,
    template_units,
)
from shield_ai.rewrite.project.deployment.containers import DeploymentInputs, edit_deployment
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT
from shield_ai.rewrite.project.deployment.template_check import parse_template
from shield_ai.scan.deployment import blocks, cloudformation
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.finder import find_deployment

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/"
MANIFEST = Manifest(
    app=App(name="shop", region="eu-west-1", prefix="shop/"),
    deployment=DeploymentEdits(
        edit=("cloudformation",), containers=("web", "Api", "Job"), inject=("proxy", "Hook")
    ),
    secret=(
        Secret(name="key", env="SECRET_KEY"),
        Secret(name="db", fields={"password": "DB_PASSWORD", "host": "DB_HOST"}),
        Secret(name="login", env="LOGIN", rotate=Rotation(every="30 days")),
    ),
)
HEAD = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  DbPassword: {Type: String, NoEcho: true}
  Stage: {Type: String}
"""
SETTINGS = 'USE_AWS_SECRETS: "true"\nDJANGO_ENV: "production"\nAWS_SECRETS_PREFIX: "shop/"\n'


def edit(root, text, manifest=MANIFEST, path="template.yaml", **inputs):
    """Return the file after the edits, the reasons of the lines that remain, and the steps."""
    raw = text.encode()
    (root / path).write_bytes(raw)
    found = find_deployment(root, manifest.secret).variables
    files = {path: find_environments(raw, DeploymentKind.CLOUDFORMATION)}
    inputs = DeploymentInputs(
        variables=found, files=files, account="123456789012", command="export", **inputs
    )
    changes, skipped, steps = edit_deployment(manifest, inputs)
    after = apply_edits(raw, changes[0].edits) if changes else raw
    return after.decode(), {(item.line, item.name): item.reason for item in skipped}, steps


def indented(text, columns):
    return text.replace("\n", "\n" + " " * columns).rstrip(" ")


def function(variables, name="Api", kind="AWS::Serverless::Function", more=""):
    """Return a function with lines of variables."""
    return (
        f"  {name}:\n    Type: {kind}\n    Properties:\n      Runtime: python3.13\n"
        f"      Environment:\n        Variables:\n          {indented(variables, 10)}{more}"
    )


def template(variables, **options):
    return f"{HEAD}Resources:\n{function(variables, **options)}"


def task(container, name="web", roles="TaskRoleArn: a\n      ExecutionRoleArn: b"):
    """Return a task definition with the lines of a container."""
    return (
        f"Resources:\n  Task:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n"
        f"      {roles}\n      ContainerDefinitions:\n"
        f"        - Name: {name}\n          {indented(container, 10)}          Image: shop\n"
    )


TASK_SETTINGS = """\
  - Name: USE_AWS_SECRETS
    Value: "true"
  - Name: DJANGO_ENV
    Value: "production"
  - Name: AWS_REGION
    Value: "eu-west-1"
  - Name: AWS_SECRETS_PREFIX
    Value: "shop/"
"""
JSON = {
    "Resources": {
        "Api": {
            "Type": "AWS::Lambda::Function",
            "Properties": {"Environment": {"Variables": {"A": "1", "SECRET_KEY": "x"}}},
        }
    }
}
SETTINGS_JSON = {
    "A": "1",
    "USE_AWS_SECRETS": "true",
    "DJANGO_ENV": "production",
    "AWS_SECRETS_PREFIX": "shop/",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            template(
                "A: !Ref Stage # why\nSECRET_KEY: VALUE # a key\nDB_PASSWORD: !Ref DbPassword\n"
            ),
            template(f"A: !Ref Stage # why\n{SETTINGS}"),
            id="function of SAM",
        ),
        pytest.param(
            template("SECRET_KEY:\n  Ref: DbPassword\nB: 1\n", kind="AWS::Lambda::Function"),
            template(f"{SETTINGS}B: 1\n", kind="AWS::Lambda::Function"),
            id="function, value in several lines",
        ),
        pytest.param(
            template("SECRET_KEY: !Sub '${DbPassword}'\nUSE_AWS_SECRETS: 'true'\n"),
            template(
                'DJANGO_ENV: "production"\nAWS_SECRETS_PREFIX: "shop/"\nUSE_AWS_SECRETS: \'true\'\n'
            ),
            id="settings that are set already",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace(
                "\n          SECRET_KEY: VALUE", " {SECRET_KEY: VALUE}"
            ),
            template("SECRET_KEY: VALUE\n").replace(
                "\n          SECRET_KEY: VALUE",
                ' {USE_AWS_SECRETS: "true", DJANGO_ENV: "production", AWS_SECRETS_PREFIX: "shop/"}',
            ),
            id="map in braces",
        ),
        pytest.param(
            task(
                "Environment:\n  - Name: A\n    Value: b\n  - Name: SECRET_KEY\n    Value: VALUE\n"
            ),
            task(f"Environment:\n  - Name: A\n    Value: b\n{TASK_SETTINGS}"),
            id="container",
        ),
        pytest.param(
            task(
                "Environment:\n  - {Name: AWS_REGION, Value: !Ref AWS::Region}\n"
                "  - {Name: SECRET_KEY, Value: !Ref Key}\n"
            ),
            task(
                "Environment:\n  - {Name: AWS_REGION, Value: !Ref AWS::Region}\n"
                '  - {Name: USE_AWS_SECRETS, Value: "true"}\n'
                '  - {Name: DJANGO_ENV, Value: "production"}\n'
                '  - {Name: AWS_SECRETS_PREFIX, Value: "shop/"}\n'
            ),
            id="container, entries in braces, region of the stack",
        ),
        pytest.param(
            task(
                "Environment:\n  - Name: A\n    Value: b\nSecrets:\n"
                "  - Name: SECRET_KEY\n    ValueFrom: !Ref Key\n"
            ),
            task(f"Environment:\n  - Name: A\n    Value: b\n{TASK_SETTINGS}Secrets: []\n"),
            id="container, all secrets",
        ),
        pytest.param(
            task(
                "Secrets:\n  - Name: SECRET_KEY\n    ValueFrom: arn\n  - Name: B\n    ValueFrom: c\n"
            ),
            task(f"Environment:\n{TASK_SETTINGS}Secrets:\n  - Name: B\n    ValueFrom: c\n"),
            id="container without an environment",
        ),
        pytest.param(
            task("Environment:\n  - Name: SECRET_KEY\n    Value: VALUE\n", "!Ref Name").replace(
                "Task:", "Api:"
            ),
            task(f"Environment:\n{TASK_SETTINGS}", "!Ref Name").replace("Task:", "Api:"),
            id="container with a computed name",
        ),
        pytest.param(
            f"{HEAD}Globals:\n  Function:\n    Environment:\n      Variables:\n"
            "        SECRET_KEY: VALUE\nResources:\n"
            + function("SECRET_KEY: OTHER\n")
            + function("C: d\n", "Job"),
            f"{HEAD}Globals:\n  Function:\n    Environment:\n      Variables:\n"
            f"        {indented(SETTINGS, 8)}Resources:\n"
            + function(SETTINGS)
            + function("C: d\n", "Job"),
            id="all functions",
        ),
        pytest.param(
            json.dumps(JSON),
            json.dumps(JSON).replace(
                json.dumps({"A": "1", "SECRET_KEY": "x"}), json.dumps(SETTINGS_JSON)
            ),
            id="JSON in one line",
        ),
    ],
)
def test_variables_are_replaced(tmp_path, text, expected, newline):
    after, skipped, _ = edit(tmp_path, text.replace("\n", newline))
    assert after == expected.replace("\n", newline)
    assert not skipped
    assert edit(tmp_path, after)[0] == after


def test_json_in_several_lines(tmp_path):
    after, skipped, _ = edit(tmp_path, json.dumps(JSON, indent=2), path="template.json")
    resources = json.loads(after)["Resources"]
    assert resources["Api"]["Properties"]["Environment"]["Variables"] == SETTINGS_JSON
    assert after == json.dumps(json.loads(after), indent=2)
    assert not skipped


GLOBAL = (
    f"{HEAD}Globals:\n  Function:\n    Environment:\n      Variables:\n        SECRET_KEY: VALUE\n"
)
CONTAINER = "Environment:\n  - Name: SECRET_KEY\n    Value: VALUE\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            template("SECRET_KEY: VALUE\n", name="Worker"),
            module.OTHER_CONTAINER.format("Worker"),
            id="function that is not named",
        ),
        pytest.param(
            task(CONTAINER, "sidecar"),
            module.OTHER_CONTAINER.format("sidecar"),
            id="container that is not named",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n" + function("A: b\n") + function("A: b\n", "Worker"),
            template_units.INHERITED.format("Worker", "containers"),
            id="a function that inherits the variable is not named",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n  Bucket: {{Type: AWS::S3::Bucket}}\n",
            module.OTHER_CONTAINER.format(cloudformation.GLOBALS),
            id="no function inherits the variable",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n" + function("USE_AWS_SECRETS: 'false'\n"),
            module.OTHER_VALUE.format("USE_AWS_SECRETS", "true"),
            id="a function that inherits the variable has another setting",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n"
            + function("SECRET_KEY: VALUE\n")
            + function("A: b\n", "Worker"),
            template_units.INHERITED.format("Worker", "containers"),
            id="function that would inherit the variable",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\nDJANGO_ENV: !Ref Stage\n"),
            module.OTHER_VALUE.format("DJANGO_ENV", "production"),
            id="setting from a parameter",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace(
                "AWS::Serverless-2016-10-31", "[AWS::Serverless-2016-10-31, Company]"
            ),
            cloudformation.MACRO,
            id="macro",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace(
                "Parameters:", "Fn::Transform: {Name: AWS::Include}\nParameters:"
            ),
            cloudformation.MACRO,
            id="AWS::Include of the template",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\nFn::Transform: {Name: AWS::Include}\n"),
            cloudformation.COMPUTED,
            id="AWS::Include of variables",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n")
            + "  Fn::ForEach::Topics: [A, [b], {'T${A}': {Type: AWS::SNS::Topic}}]\n",
            cloudformation.COMPUTED,
            id="ForEach",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n")
            .replace("Environment:\n", "Environment: !If\n")
            .replace(
                "        Variables:\n          SECRET_KEY: VALUE\n",
                "        - A\n        - Variables: {SECRET_KEY: VALUE}\n        - !Ref AWS::NoValue\n",
            ),
            cloudformation.COMPUTED,
            id="condition around the environment",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace("          SECRET_KEY: VALUE\n", "")
            + "          Fn::If: [A, {SECRET_KEY: VALUE}, {}]\n",
            cloudformation.COMPUTED,
            id="condition around the variables",
        ),
        pytest.param(
            task(f"{CONTAINER}  - !If [A, {{Name: B, Value: c}}, !Ref AWS::NoValue]\n"),
            cloudformation.COMPUTED,
            id="condition around another variable of a list",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\nA: b\nA: c\n"), cloudformation.COMPUTED, id="duplicate key"
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n") + function("A: b\n"),
            cloudformation.COMPUTED,
            id="duplicate resource",
        ),
        pytest.param(template("SECRET_KEY: &a VALUE\nB: *a\n"), blocks.ALIASES, id="alias"),
        pytest.param(
            template("SECRET_KEY: VALUE\nA: '{{ stage }}'\n"), blocks.TEMPLATE, id="template tags"
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\nA: !Sub '${SECRET_KEY}'\n"),
            module.IN_COMMAND,
            id="used in the file",
        ),
        pytest.param(task(CONTAINER, roles="Family: shop"), cloudformation.TASK_ROLE, id="no role"),
        pytest.param(
            task(CONTAINER, roles="TaskRoleArn: !If [A, !Ref Role, !Ref AWS::NoValue]"),
            cloudformation.TASK_ROLE,
            id="role that can be missing",
        ),
        pytest.param(
            task(f"{CONTAINER}EnvironmentFiles:\n  - Value: arn\n    Type: s3\n"),
            cloudformation.ENV_FILE,
            id="env file",
        ),
        pytest.param(
            task(CONTAINER, "!Ref A")
            + f"        - Name: !Ref B\n          {indented(CONTAINER, 10)}",
            cloudformation.UNNAMED,
            id="containers without names",
        ),
        pytest.param(
            "Resources:\n  Build:\n    Type: AWS::CodeBuild::Project\n    Properties:\n"
            "      Environment:\n        EnvironmentVariables:\n"
            "          - {Name: SECRET_KEY, Value: VALUE}\n",
            injection.NOT_IN_CONTAINER,
            id="resource of another type",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE  # shield: ignore[CRED] for tests\n"),
            injection.SKIP_BY_USE["suppressed"],
            id="accepted",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n") + "      InlineCode: import os\n",
            cloudformation.OTHER_CODE,
            id="inline code of SAM",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n", kind="AWS::Lambda::Function")
            + "      Code: {ZipFile: import os}\n",
            cloudformation.OTHER_CODE,
            id="inline code",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace("python3.13", "nodejs22.x"),
            cloudformation.OTHER_CODE,
            id="function without Python",
        ),
        pytest.param(
            template("SECRET_KEY: VALUE\n").replace("      Runtime: python3.13\n", "")
            + "Globals: {Function: {Runtime: nodejs22.x}}\n",
            cloudformation.OTHER_CODE,
            id="functions without Python",
        ),
        pytest.param("\ufeff" + json.dumps(JSON), cloudformation.INVALID, id="JSON with a BOM"),
        pytest.param(json.dumps(JSON) + "}", NOT_EXACT, id="invalid JSON"),
        pytest.param(
            template("SECRET_KEY: VALUE\n") + "---\n{}\n", cloudformation.INVALID, id="documents"
        ),
        pytest.param(
            template("A: b\n  # why\nSECRET_KEY:\n  # a comment\n  VALUE\n"),
            "",
            id="comment inside",
        ),
    ],
)
def test_uncertain_lines_remain_with_a_reason(tmp_path, text, reason):
    names = (*MANIFEST.deployment.containers, "Build", "Task")
    manifest = msgspec.structs.replace(
        MANIFEST, deployment=DeploymentEdits(edit=("cloudformation",), containers=names)
    )
    path = "template.json" if text.startswith("{") else "template.yaml"
    after, skipped, steps = edit(tmp_path, text, manifest, path)
    if reason:
        assert {text for (_, name), text in skipped.items() if name == "SECRET_KEY"} == {reason}
        assert after == text
        assert not steps
    else:
        assert "VALUE" not in after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            template("SECRET_KEY: VALUE # a\nB: c\n", name="Hook"),
            template(
                'SECRET_KEY: "{{resolve:secretsmanager:shop/key:SecretString}}" # a\nB: c\n',
                name="Hook",
            ),
            id="function",
        ),
        pytest.param(
            template("DB_PASSWORD:\n  Ref: DbPassword\n", name="Hook"),
            template(
                'DB_PASSWORD: "{{resolve:secretsmanager:shop/db:SecretString:password}}"\n',
                name="Hook",
            ),
            id="function, parameter",
        ),
        pytest.param(
            task("Environment:\n  - Name: SECRET_KEY\n    Value: VALUE\n", "proxy"),
            task(
                f'Secrets:\n  - Name: SECRET_KEY\n    ValueFrom: "{ARN}key"\nEnvironment: []\n',
                "proxy",
            ),
            id="container, new list",
        ),
        pytest.param(
            task(
                "Environment:\n  - Name: A\n    Value: b\n  - Name: DB_PASSWORD\n    Value: !Ref P\n"
                "Secrets:\n  - Name: B\n    ValueFrom: c\n",
                "proxy",
            ),
            task(
                "Environment:\n  - Name: A\n    Value: b\nSecrets:\n  - Name: B\n    ValueFrom: c\n"
                f'  - Name: DB_PASSWORD\n    ValueFrom: "{ARN}db:password::"\n',
                "proxy",
            ),
            id="container, existing list",
        ),
        pytest.param(
            "Resources: {Task: {Type: AWS::ECS::TaskDefinition, Properties: {ExecutionRoleArn: a, "
            "ContainerDefinitions: [{Name: proxy, Environment: [{Name: SECRET_KEY, Value: V}]}]}}}\n",
            "Resources: {Task: {Type: AWS::ECS::TaskDefinition, Properties: {ExecutionRoleArn: a, "
            'ContainerDefinitions: [{Name: proxy, "Secrets": [{"Name": "SECRET_KEY", '
            f'"ValueFrom": "{ARN}key"}}], Environment: []}}]}}}}}}\n',
            id="container in braces",
        ),
    ],
)
def test_aws_sets_the_variables(tmp_path, text, expected):
    after, skipped, _ = edit(tmp_path, text)
    assert after == expected
    assert not skipped
    assert edit(tmp_path, after)[0] == after


def test_a_new_list_in_json_has_the_indent_of_the_file(tmp_path):
    container = {"Name": "proxy", "Environment": [{"Name": "SECRET_KEY", "Value": "x"}]}
    properties = {"ExecutionRoleArn": "a", "ContainerDefinitions": [container]}
    task_definition = {"Type": "AWS::ECS::TaskDefinition", "Properties": properties}
    text = json.dumps({"Resources": {"Task": task_definition}}, indent=2)
    after, _, _ = edit(tmp_path, text, path="template.json")
    assert after == json.dumps(json.loads(after), indent=2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(
            template("LOGIN: VALUE\n", name="Hook"),
            template_injection.ROTATED,
            id="rotated secret of a function",
        ),
        pytest.param(
            template("SECRET_KEY: '{{resolve:secretsmanager:a}}'\n", name="Hook"),
            template_injection.IN_STORE,
            id="dynamic reference",
        ),
        pytest.param(
            task("Secrets:\n  - Name: SECRET_KEY\n    ValueFrom: a\n", "proxy"),
            injection.IN_SECRETS,
            id="secrets of the container",
        ),
        pytest.param(
            task(CONTAINER, "proxy", "TaskRoleArn: a"),
            cloudformation.EXECUTION_ROLE,
            id="no role",
        ),
        pytest.param(
            template(f"SECRET_KEY: VALUE\nA: '{'{{resolve:ssm:a}}' * 60}'\n", name="Hook"),
            template_injection.TOO_MANY,
            id="too many references",
        ),
        pytest.param(
            template("SECRET_KEY:\n  # why\n  Ref: A\n", name="Hook"),
            "its lines are not in a form that can be edited with certainty",
            id="comment",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n" + function("A: b\n", "Hook") + function("A: b\n", "Api"),
            template_units.INHERITED.format("Hook", "containers"),
            id="inherited by functions that read AWS and others",
        ),
        pytest.param(
            f"{GLOBAL}Resources:\n" + function("A: b\n", "Hook"),
            template_injection.IN_GLOBALS,
            id="inherited",
        ),
    ],
)
def test_aws_does_not_set_uncertain_variables(tmp_path, text, reason):
    after, skipped, steps = edit(tmp_path, text)
    assert after == text
    assert set(skipped.values()) == {reason}
    assert not steps


def test_rotated_secret_of_a_container(tmp_path):
    text = task("Environment:\n  - Name: LOGIN\n    Value: VALUE\n", "proxy")
    assert f'ValueFrom: "{ARN}login"' in edit(tmp_path, text)[0]


def test_steps(tmp_path):
    text = template("SECRET_KEY: VALUE\nDB_PASSWORD: !Ref DbPassword\n") + function(
        "DB_HOST: !Ref Stage\n", "Hook"
    )
    path = "template.yaml"
    assert edit(tmp_path, text)[2] == [
        template_units.ROLES.format(path, "eu-west-1", "role", "Api", template_units.PATH),
        template_units.PARAMETERS.format(path, "parameter", "DbPassword", "it"),
        template_injection.DEPLOYING_ROLE.format(path, "export --format sam", "Hook"),
        template_units.PARAMETERS.format(path, "parameter", "Stage", "it"),
    ]


def test_a_parameter_that_is_still_used_is_not_named(tmp_path):
    text = template("DB_PASSWORD: !Ref DbPassword\n") + "Outputs:\n  A: {Value: !Ref DbPassword}\n"
    assert len(edit(tmp_path, text)[2]) == 1


NAMES = st.sampled_from(["SECRET_KEY", "DB_PASSWORD", "DB_HOST", "A", "B"])
VALUES = st.text("ab: #'\"{}[]é\n\\$,&|>-!", max_size=12)
TAGS = st.sampled_from(["", "!Ref ", "!Sub "])


@given(
    functions=st.dictionaries(
        st.sampled_from(["Api", "Job", "Hook", "Other"]),
        st.dictionaries(NAMES, st.tuples(TAGS, VALUES), min_size=1),
        min_size=1,
    ),
    is_flow=st.booleans(),
)
def test_any_template_keeps_everything_else(tmp_path_factory, functions, is_flow):
    text = "Resources:\n"
    for name, variables in functions.items():
        lines = [f"{key}: {tag}{json.dumps(value)}" for key, (tag, value) in variables.items()]
        body = " {" + ", ".join(lines) + "}\n" if is_flow else ""
        body = body or "\n" + "".join(f"          {line}\n" for line in lines)
        text += (
            f"  {name}:\n    Type: AWS::Lambda::Function\n    Properties:\n      Environment:\n"
            f"        Variables:{body}"
        )
    after, _, _ = edit(tmp_path_factory.mktemp("app"), text)
    old, new = parse_template(text.encode()), parse_template(after.encode())
    for name, variables in functions.items():
        found = new["Resources"][name]["Properties"]["Environment"]["Variables"]
        before = old["Resources"][name]["Properties"]["Environment"]["Variables"]
        kept = {key: value for key, value in before.items() if key in {"A", "B"}}
        assert {key: value for key, value in found.items() if key in {"A", "B"}} == kept
        if name == "Other":
            assert found == before
        elif after != text and name in {"Api", "Job"} and kept.keys() < variables.keys():
            secrets = {"SECRET_KEY", "DB_PASSWORD", "DB_HOST"}
            assert secrets.isdisjoint(found) or found == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            lambda n: (
                "Resources:\n" + "".join(function("SECRET_KEY: VALUE\n", f"F{i}") for i in range(n))
            ),
            id="functions",
        ),
        pytest.param(
            lambda n: (
                f"{GLOBAL}Resources:\n"
                + "".join(function("SECRET_KEY: VALUE\n", f"F{i}") for i in range(n))
            ),
            id="functions that inherit",
        ),
        pytest.param(
            lambda n: (
                "Parameters:\n"
                + "".join(f"  P{i}: {{Type: String}}\n" for i in range(n))
                + "Resources:\n"
                + "".join(function(f"SECRET_KEY: !Ref P{i}\n", f"F{i}") for i in range(n))
            ),
            id="parameters",
        ),
        pytest.param(lambda n: template(f"SECRET_KEY: {'[' * n}\n"), id="nesting"),
        pytest.param(
            lambda n: json.dumps({"Resources": {"A": 1}}) + '{"a":' * n, id="nesting in JSON"
        ),
    ],
)
def test_time_is_linear(tmp_path, text):
    def edit_all(number):
        names = tuple(f"F{i}" for i in range(number))
        deployment = DeploymentEdits(edit=("cloudformation",), containers=names)
        edit(tmp_path, text(number), msgspec.structs.replace(MANIFEST, deployment=deployment))

    assert_linear(edit_all, 150)
