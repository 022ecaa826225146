from __future__ import annotations

import pytest

from shield_ai.flow.plan.aws_plan import AwsInputs, resource_changes
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.plan import Action
from shield_ai.model.resource import Live, Resource

A, B = {"n": 1}, {"n": 2}
KEY = ("policy", "shop-read")


def made(desired, now, put, *, replace=False):
    wanted = [Resource(kind=KEY[0], name=KEY[1], settings=desired)] if desired else []
    live = Live(account="1", region="r", resources={KEY: now})
    inputs = AwsInputs(
        live=live,
        desired=wanted,
        last_applied={KEY: put} if put else {},
        may_overwrite=lambda *_: replace,
    )
    return [(c.action, c.settings, c.before) for c in resource_changes(inputs)]


@pytest.mark.parametrize(
    ("desired", "now", "put", "action"),
    [
        pytest.param(A, None, None, Action.CREATE, id="new"),
        pytest.param(A, None, A, Action.CREATE, id="removed manually"),
        pytest.param(A, A, None, Action.KEEP, id="unchanged"),
        pytest.param(A, A, B, Action.KEEP, id="already changed manually"),
        pytest.param(A, B, B, Action.UPDATE, id="shield.toml changed"),
        pytest.param(A, B, None, Action.UPDATE, id="created elsewhere"),
        pytest.param(A, B, A, Action.DRIFT, id="changed manually"),
        pytest.param(None, A, A, Action.REMOVE, id="no longer desired"),
        pytest.param(None, B, A, Action.DRIFT, id="no longer desired and changed manually"),
    ],
)
def test_plans_a_resource(desired, now, put, action):
    assert made(desired, now, put) == [(action, desired, now)]


def test_overwrites_manual_changes_if_allowed():
    assert made(A, B, A, replace=True) == [(Action.UPDATE, A, B)]
    assert made(None, B, A, replace=True) == [(Action.REMOVE, None, B)]


def test_an_unconfirmed_address_is_no_manual_change():
    def topic(*emails, **more):
        return {"emails": [*emails], "policy": {}, **more}

    def action(desired, now, put):
        wanted = [Resource(kind="topic", name="t", settings=desired)]
        live = Live(account="1", region="r", resources={("topic", "t"): now})
        inputs = AwsInputs(live=live, desired=wanted, last_applied={("topic", "t"): put})
        return [change.action for change in resource_changes(inputs)]

    assert action(topic("a", "c"), topic("a"), topic("a", "b")) == [Action.UPDATE]
    assert action(topic("a", "b"), topic("a", policy={"x": 1}), topic("a", "b")) == [Action.DRIFT]


def test_a_missing_resource_is_not_removed():
    assert made(None, None, A) == []


def test_removes_dependent_resources_first():
    keys = [("policy", "a"), ("policy-attachment", "r/a")]
    live = Live(account="1", region="r", resources=dict.fromkeys(keys, A))
    gone = list(resource_changes(AwsInputs(live=live, last_applied=dict.fromkeys(keys, A))))
    assert [change.resource for change in gone] == ["policy-attachment", "policy"]
    assert gone[0].permissions == ("iam:DetachRolePolicy",)


def tagged(n, **tags):
    return {"n": n, "tags": tags}


SHOP = {"app": "shop", "managed-by": "shield-ai"}
WANTED = tagged(1, **SHOP, environment="staging")
BY_HAND = tagged(2, team="web")


@pytest.mark.parametrize(
    ("now", "message"),
    [
        pytest.param(tagged(2, **SHOP | {"app": "shop-prod"}), "belongs to the app shop-prod", id="another app's"),
        pytest.param(tagged(2, **SHOP, environment="live"), "belongs to the environment live", id="another environment's"),
        pytest.param(BY_HAND, "already exists, and was not created by shield", id="created manually"),
        pytest.param(tagged(2), "already exists", id="no tags"),
    ],
)  # fmt: skip
def test_refuses_resources_of_others(now, message):
    with pytest.raises(UnsafePlanError, match=f"policy shop-read {message}") as caught:
        made(WANTED, now, None, replace=True)
    assert "another" in caught.value.hint


def test_updates_own_resources_by_tags_or_journal():
    assert made(WANTED, tagged(2, **SHOP), None) == [(Action.UPDATE, WANTED, tagged(2, **SHOP))]
    assert made(WANTED, BY_HAND, WANTED) == [(Action.DRIFT, WANTED, BY_HAND)]
    assert made(WANTED, BY_HAND, WANTED, replace=True) == [(Action.UPDATE, WANTED, BY_HAND)]
