from __future__ import annotations

import pytest

from shield_ai.changes import resource_changes
from shield_ai.model import Action, Live, Resource

A, B = {"n": 1}, {"n": 2}
KEY = ("policy", "shop-read")


def made(desired, now, put):
    wanted = [Resource(kind=KEY[0], name=KEY[1], settings=desired)] if desired else []
    live = Live(account="1", region="r", resources={KEY: now})
    return [(c.action, c.settings, c.before) for c in resource_changes(wanted, live, {KEY: put} if put else {})]


@pytest.mark.parametrize(
    ("desired", "now", "put", "action"),
    [
        pytest.param(A, None, None, Action.CREATE, id="new"),
        pytest.param(A, None, A, Action.CREATE, id="somebody removed it"),
        pytest.param(A, A, None, Action.KEEP, id="there"),
        pytest.param(A, A, B, Action.KEEP, id="somebody made it so"),
        pytest.param(A, B, B, Action.UPDATE, id="shield.toml changed"),
        pytest.param(A, B, None, Action.UPDATE, id="made elsewhere"),
        pytest.param(A, B, A, Action.DRIFT, id="somebody changed it"),
        pytest.param(None, A, A, Action.REMOVE, id="nobody asks for it any more"),
        pytest.param(None, B, A, Action.DRIFT, id="nobody asks for it, and somebody changed it"),
    ],
)
def test_what_becomes_of_a_resource(desired, now, put, action):
    assert made(desired, now, put) == [(action, desired, now)]


def test_what_is_gone_already_is_no_change():
    assert made(None, None, A) == []


def test_what_depends_on_another_goes_first():
    keys = [("policy", "a"), ("policy-attachment", "r/a")]
    live = Live(account="1", region="r", resources=dict.fromkeys(keys, A))
    gone = list(resource_changes([], live, dict.fromkeys(keys, A)))
    assert [change.resource for change in gone] == ["policy-attachment", "policy"]
    assert gone[0].permissions == ("iam:DetachRolePolicy",)
