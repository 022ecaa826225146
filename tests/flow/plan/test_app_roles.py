from __future__ import annotations

import pytest

from shield_ai.flow.plan.app_roles import role_steps
from shield_ai.model.manifest import App, Manifest

CDK = "import aws_cdk as cdk\n\nweb.task_definition.task_role.add_managed_policy(s3)\n"
TEMPLATE = (
    "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  WebTaskRole:\n    Type: AWS::IAM::Role\n"
)
TASK = '{\n  "taskRoleArn": "arn:aws:iam::123456789012:role/shop"\n}\n'
INSTANCE = 'resource "aws_instance" "web" {\n  iam_instance_profile = "shop"\n}\n'


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        pytest.param("cdk/stack.py", CDK, "cdk/stack.py:3", id="CDK"),
        pytest.param("deploy/ecs.yaml", TEMPLATE, "deploy/ecs.yaml:3", id="CloudFormation"),
        pytest.param("task.json", TASK, "task.json:2", id="task definition"),
        pytest.param("main.tf", INSTANCE, "main.tf:2", id="Terraform"),
        pytest.param("shop/roles.py", "TASK_ROLE = 'editor'\n", "", id="the app's own word"),
        pytest.param("tests/stack.py", CDK, "", id="test"),
        pytest.param("docs/ecs.md", TEMPLATE, "", id="documentation"),
    ],
)
def test_the_place_that_defines_a_role_is_named(tmp_path, path, text, place):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)
    steps = list(role_steps(Manifest(app=App(name="shop")), tmp_path))
    assert [step.partition(": ")[0] for step in steps] == ([place] if place else [])


def test_a_role_in_the_manifest_needs_no_step(tmp_path):
    (tmp_path / "task.json").write_text(TASK)
    assert not list(role_steps(Manifest(app=App(name="shop", role="shop")), tmp_path))


def test_only_the_first_places_are_named(tmp_path):
    for number in range(5):
        (tmp_path / f"task{number}.json").write_text(TASK)
    [step] = role_steps(Manifest(app=App(name="shop")), tmp_path)
    assert step.startswith("task0.json:2, task1.json:2, task2.json:2 and 2 more: attach the policy")
