"""The planned changes of secrets, and the permissions that they need."""

import msgspec
import pytest

from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.flow.plan.aws_plan import AwsInputs
from shield_ai.flow.plan.secret_change import secret_change
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.plan import Action, Origin, ValueState
from shield_ai.model.resource import Live, SecretState

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


def test_names_no_permissions_for_settings_that_stay_drifted():
    state = SecretState(arn="arn:x", tags=OURS, versions={"v1": ("x",)}, settings=OTHER)
    inputs = AwsInputs(
        live=Live(account="1", region="r", secrets={"mail-key": state}),
        last_applied={("secret", "mail-key"): RIGHT},
        may_overwrite=lambda *_: False,
    )
    permissions = secret_change(MAIL, MANIFEST, SOURCE, inputs).permissions
    assert "secretsmanager:UpdateSecret" not in permissions


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


@pytest.mark.parametrize(
    ("state", "origins", "expected"),
    [
        pytest.param(None, SOURCE, "CreateSecret TagResource ReplicateSecretToRegions", id="create"),
        pytest.param(BROUGHT, (), "RestoreSecret DescribeSecret TagResource UntagResource", id="restore"),
        pytest.param(BROUGHT, SOURCE, "RestoreSecret DescribeSecret PutSecretValue UpdateSecretVersionStage TagResource UntagResource", id="restore with a value"),
    ],
)  # fmt: skip
def test_names_the_permissions_of_each_call(state, origins, expected):
    manifest = Manifest(app=App(name="shop", replicas=("eu-west-2",)), secret=(MAIL,))
    settings = secret_settings(MAIL, manifest)
    if state:
        settings = {**settings, "tags": {**settings["tags"], "cost": "1"}}
        state = msgspec.structs.replace(state, deleted=True, settings=settings)
    live = Live(account="1", region="r", secrets={"mail-key": state} if state else {})
    change = secret_change(MAIL, manifest, origins, AwsInputs(live=live))
    assert change.permissions == tuple(f"secretsmanager:{name}" for name in expected.split())
