from __future__ import annotations

import msgspec
import pytest

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.flow.plan.aws_plan import AwsInputs, resource_changes, secret_change
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.plan import Action, Origin, ValueState
from shield_ai.model.resource import Live, Resource, SecretState

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


MAIL = Secret(name="mail-key", env="MAIL_KEY")
MANIFEST = Manifest(app=App(name="shop"), secret=(MAIL,))
RIGHT = secret_settings(MAIL, MANIFEST)
OTHER = {**RIGHT, "description": "by hand"}
OURS = {"app": "shop", "managed-by": "shield-ai"}
SOURCE = (Origin(locator="env:MAIL_KEY"),)


def secret(
    now,
    *,
    put=None,
    value=ValueState.UNCHANGED,
    replace=False,
    origins=SOURCE,
    tags=OURS,
    stage="AWSCURRENT",
):
    state = SecretState(arn="arn:x", tags=tags, versions={"v1": (stage,)}, settings=now)
    live = Live(account="1", region="r", secrets={"mail-key": state})
    inputs = AwsInputs(
        live=live,
        last_applied={("secret", "mail-key"): put} if put else {},
        compare_value=lambda *_: value,
        may_overwrite=lambda *_: replace,
    )
    change = secret_change(MAIL, MANIFEST, origins, inputs)
    return change.action, bool(change.origins), change.value, change.settings


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"now": RIGHT}, (Action.KEEP, False, "unchanged", RIGHT), id="unchanged"),
        pytest.param({"now": RIGHT, "value": ValueState.DIFFERS}, (Action.KEEP, False, "differs", RIGHT), id="different value kept"),
        pytest.param({"now": RIGHT, "value": ValueState.DIFFERS, "replace": True}, (Action.UPDATE, True, "differs", RIGHT), id="different value replaced"),
        pytest.param({"now": RIGHT, "value": ValueState.UNKNOWN, "replace": True}, (Action.UPDATE, True, "unknown", RIGHT), id="unknown value replaced"),
        pytest.param({"now": RIGHT, "replace": True}, (Action.KEEP, False, "unchanged", RIGHT), id="same value not stored"),
        pytest.param({"now": RIGHT, "origins": (), "replace": True}, (Action.KEEP, False, "", RIGHT), id="no source"),
        pytest.param({"now": RIGHT, "origins": (Origin(locator="generate:password"),), "replace": True}, (Action.KEEP, False, "", RIGHT), id="generated value"),
        pytest.param({"now": RIGHT, "stage": "AWSPENDING"}, (Action.UPDATE, True, "", RIGHT), id="no value yet"),
        pytest.param({"now": RIGHT, "stage": "x", "origins": ()}, (Action.KEEP, False, "", RIGHT), id="no value and no source"),
        pytest.param({"now": RIGHT, "stage": "x", "origins": (Origin(locator="generate:password"),)}, (Action.UPDATE, True, "", RIGHT), id="no value, generated"),
        pytest.param({"now": OTHER, "put": RIGHT, "stage": "x"}, (Action.UPDATE, True, "", OTHER), id="no value, settings changed manually"),
        pytest.param({"now": OTHER}, (Action.UPDATE, False, "unchanged", RIGHT), id="settings applied elsewhere"),
        pytest.param({"now": OTHER, "put": OTHER}, (Action.UPDATE, False, "unchanged", RIGHT), id="shield.toml changed"),
        pytest.param({"now": OTHER, "put": RIGHT}, (Action.DRIFT, False, "unchanged", RIGHT), id="changed manually"),
        pytest.param({"now": OTHER, "put": RIGHT, "replace": True}, (Action.UPDATE, False, "unchanged", RIGHT), id="changed manually, replaced"),
        pytest.param({"now": {**RIGHT, "tags": {**OURS, "cost": "1"}}, "tags": {**OURS, "cost": "1"}}, (Action.KEEP, False, "unchanged", {**RIGHT, "tags": {**OURS, "cost": "1"}}), id="manual tag"),
    ],
)  # fmt: skip
def test_plans_an_existing_secret(given, expected):
    assert secret(**given) == expected


def test_keeps_a_manually_created_secret():
    assert secret(OTHER, tags={}, replace=True)[:3] == (Action.KEEP, False, "")


BROUGHT = SecretState(arn="arn:x", tags=OURS, versions={"v1": ("AWSCURRENT",)}, settings=RIGHT)


@pytest.mark.parametrize("key", ["aws/secretsmanager", "alias/shop"])
@pytest.mark.parametrize(
    ("state", "replace"),
    [
        pytest.param(None, False, id="create"),
        pytest.param(msgspec.structs.replace(BROUGHT, deleted=True), False, id="restore"),
        pytest.param(BROUGHT, True, id="update"),
    ],
)
def test_names_the_permissions_for_a_customer_key(state, replace, key):
    manifest = Manifest(app=App(name="shop", kms_key=key), secret=(MAIL,))
    live = Live(account="1", region="r", secrets={"mail-key": state} if state else {})
    inputs = AwsInputs(
        live=live, compare_value=lambda *_: ValueState.DIFFERS, may_overwrite=lambda *_: replace
    )
    permissions = secret_change(MAIL, manifest, SOURCE, inputs).permissions
    assert ({"kms:Decrypt", "kms:GenerateDataKey"} <= {*permissions}) == (key == "alias/shop")
