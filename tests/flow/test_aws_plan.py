from __future__ import annotations

import msgspec
import pytest

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.flow.aws_plan import AwsInputs, resource_changes, secret_change
from shield_ai.flow.origins import choose_origins
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.plan import Action, Origin
from shield_ai.model.resource import Live, Resource, SecretState
from shield_ai.scan.python.app_scan import scan_files

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


def test_what_somebody_changed_may_be_overwritten():
    assert made(A, B, A, replace=True) == [(Action.UPDATE, A, B)]
    assert made(None, B, A, replace=True) == [(Action.REMOVE, None, B)]


def test_an_address_that_aws_forgot_is_nobodys_change():
    def topic(*emails, **more):
        return {"emails": [*emails], "policy": {}, **more}

    def action(desired, now, put):
        wanted = [Resource(kind="topic", name="t", settings=desired)]
        live = Live(account="1", region="r", resources={("topic", "t"): now})
        inputs = AwsInputs(live=live, desired=wanted, last_applied={("topic", "t"): put})
        return [change.action for change in resource_changes(inputs)]

    assert action(topic("a", "c"), topic("a"), topic("a", "b")) == [Action.UPDATE]
    assert action(topic("a", "b"), topic("a", policy={"x": 1}), topic("a", "b")) == [Action.DRIFT]


def test_what_is_gone_already_is_no_change():
    assert made(None, None, A) == []


def test_what_depends_on_another_goes_first():
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
        pytest.param(BY_HAND, "already exists, and was not created by shield", id="made by hand"),
        pytest.param(tagged(2), "already exists", id="no tags"),
    ],
)  # fmt: skip
def test_what_belongs_to_somebody_else_is_not_overwritten(now, message):
    with pytest.raises(UnsafePlanError, match=f"policy shop-read {message}") as caught:
        made(WANTED, now, None, replace=True)
    assert "another" in caught.value.hint


def test_what_is_ours_by_its_tags_or_by_the_journal_is_updated():
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
    value="unchanged",
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
        pytest.param({"now": RIGHT}, (Action.KEEP, False, "unchanged", RIGHT), id="as it should be"),
        pytest.param({"now": RIGHT, "value": "differs"}, (Action.KEEP, False, "differs", RIGHT), id="another value is kept"),
        pytest.param({"now": RIGHT, "value": "differs", "replace": True}, (Action.UPDATE, True, "differs", RIGHT), id="another value is replaced"),
        pytest.param({"now": RIGHT, "value": "unknown", "replace": True}, (Action.UPDATE, True, "unknown", RIGHT), id="an unknown value is replaced"),
        pytest.param({"now": RIGHT, "replace": True}, (Action.KEEP, False, "unchanged", RIGHT), id="the same value is not stored again"),
        pytest.param({"now": RIGHT, "origins": (), "replace": True}, (Action.KEEP, False, "", RIGHT), id="no source"),
        pytest.param({"now": RIGHT, "origins": (Origin(locator="generate:password"),), "replace": True}, (Action.KEEP, False, "", RIGHT), id="what would be made anew"),
        pytest.param({"now": RIGHT, "stage": "AWSPENDING"}, (Action.UPDATE, True, "", RIGHT), id="no value yet"),
        pytest.param({"now": RIGHT, "stage": "x", "origins": ()}, (Action.KEEP, False, "", RIGHT), id="and no source"),
        pytest.param({"now": RIGHT, "stage": "x", "origins": (Origin(locator="generate:password"),)}, (Action.UPDATE, True, "", RIGHT), id="one is made"),
        pytest.param({"now": OTHER, "put": RIGHT, "stage": "x"}, (Action.UPDATE, True, "", OTHER), id="a value, and settings that somebody changed"),
        pytest.param({"now": OTHER}, (Action.UPDATE, False, "unchanged", RIGHT), id="settings of another machine"),
        pytest.param({"now": OTHER, "put": OTHER}, (Action.UPDATE, False, "unchanged", RIGHT), id="shield.toml changed"),
        pytest.param({"now": OTHER, "put": RIGHT}, (Action.DRIFT, False, "unchanged", RIGHT), id="somebody changed it"),
        pytest.param({"now": OTHER, "put": RIGHT, "replace": True}, (Action.UPDATE, False, "unchanged", RIGHT), id="and it is put right"),
        pytest.param({"now": {**RIGHT, "tags": {**OURS, "cost": "1"}}, "tags": {**OURS, "cost": "1"}}, (Action.KEEP, False, "unchanged", {**RIGHT, "tags": {**OURS, "cost": "1"}}), id="somebody's tag"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_secret_that_is_there(given, expected):
    assert secret(**given) == expected


def test_a_secret_made_by_hand_is_left_alone():
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
def test_a_key_of_the_customers_is_named_in_what_a_value_needs(state, replace, key):
    manifest = Manifest(app=App(name="shop", kms_key=key), secret=(MAIL,))
    live = Live(account="1", region="r", secrets={"mail-key": state} if state else {})
    inputs = AwsInputs(
        live=live, compare_value=lambda *_: "differs", may_overwrite=lambda *_: replace
    )
    permissions = secret_change(MAIL, manifest, SOURCE, inputs).permissions
    assert ({"kms:Decrypt", "kms:GenerateDataKey"} <= {*permissions}) == (key == "alias/shop")


def test_a_value_in_settings_that_are_there_to_be_copied_is_none():
    token = Secret(name="shop-token", env="SHOP_TOKEN")
    raws = dict.fromkeys(
        ("shop/settings.py", "shop/settings.example.py"), b"SHOP_TOKEN = 'k3y-of-a-test'"
    )

    def origins(*paths):
        found = scan_files("shop", list(paths), raws.get).findings
        return [origin.locator for origin in choose_origins(token, found, raws.get, {}, {})[0]]

    assert origins(*raws) == origins("shop/settings.py") == ["code:shop/settings.py#13-28"]
    assert origins("shop/settings.example.py") == []
