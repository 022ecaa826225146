from __future__ import annotations

import re
from pathlib import Path

import pytest
from exporting import RESOURCES

from shield_ai.aws.live.kinds.registry import KINDS
from shield_ai.model.plan import Action


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_complete(kind):
    cls = KINDS[kind]
    assert cls.__module__.rpartition(".")[2] == kind.replace("-", "_")
    assert not cls.__abstractmethods__
    assert cls.arn.startswith(("arn:{partition}:", "{role}"))
    assert cls.permissions.read
    assert cls.permissions.create
    assert cls.permissions.delete


def test_every_resource_of_an_app_has_a_kind():
    assert {resource.kind for resource in RESOURCES} == {"secret", *KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_permissions_match_the_calls_of_the_class(kind):
    """The calls of a class name the same permissions as the table for plans and policies."""
    source = Path(__import__(KINDS[kind].__module__, fromlist=["_"]).__file__).read_text()
    body = (
        source.split(f"class {KINDS[kind].__name__}(ResourceKind):")[1]
        .split("\nclass ")[0]
        .split("\ndef ")[0]
    )
    named = set(re.findall(r'translate_errors\(\s*"([\w-]+:\w+)"', body))
    verbs = KINDS[kind].permissions
    listed = {*verbs.read, *verbs.create, *verbs.update, *verbs.delete}
    assert named <= listed
    assert listed - named <= {
        "iam:TagPolicy",
        "iam:PassRole",
        "iam:TagRole",
        "lambda:InvokeFunction",  # needed by RotateSecret
        "lambda:TagResource",
    }  # needed by other calls, which create resources


def test_permissions_of_plan_actions():
    verbs = KINDS["policy-attachment"].permissions
    assert verbs.for_action(Action.CREATE) == ("iam:AttachRolePolicy",)
    assert (
        verbs.for_action(Action.KEEP)
        == verbs.for_action(Action.DRIFT)
        == ("iam:ListAttachedRolePolicies",)
    )
