from __future__ import annotations

import json

import pytest

from shield_ai.aws.desired.lambda_function import rotation_role_name
from shield_ai.aws.desired.lambda_package import build_function_zip, build_zip, code_sha256
from shield_ai.aws.desired.rotation import function_name, rotation_resources
from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import (
    App,
    Functions,
    Manifest,
    Rotation,
    Secret,
)

ACCOUNT, REGION = "123456789012", "eu-west-1"
FILES = {"ops/keys.py": b"x = 1\n", "ops/ca.pem": b"CA"}


def describe(*secrets, functions=Functions(), read=FILES.get, region=REGION, **app):
    manifest = Manifest(
        app=App(name="shop", region=region, **app), secret=secrets, rotation=functions
    )
    return list(rotation_resources(manifest, ACCOUNT, read))


def database(**more):
    fields = {"username": "U", "password": "P"}
    how = Rotation(every="30 days", **{"strategy": "postgres-single-user", **more})
    return Secret(name="db", kind=Kind.DATABASE, fields=fields, rotate=how)


def statements(resources):
    return {s["Sid"]: s for s in resources[1].settings["document"]["Statement"]}


def test_resources_of_one_secret():
    log, role, function, planned = describe(
        database(window="3h"), prefix="shop/prod/", tags={"team": "web"}
    )
    name = "shop-prod-rotate-db"
    assert (log.key, role.key) == (
        ("log-group", f"/aws/lambda/{name}"),
        ("rotation-role", f"{name}-{REGION}"),
    )
    assert log.settings == {
        "days": 30,
        "tags": {"team": "web", "app": "shop", "managed-by": "shield-ai"},
    }
    assert function.key == ("function", name)
    assert function.settings["role"] == f"arn:aws:iam::{ACCOUNT}:role/{name}-{REGION}"
    assert function.settings["environment"] == {"ROTATION_STRATEGY": "postgres-single-user"}
    assert function.settings["code"] == code_sha256(build_function_zip({}, FILES.get))
    assert planned.key == ("rotation", "shop/prod/db")
    assert planned.settings == {
        "function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        "schedule": "rate(30 days)",
        "window": "3h",
    }


def test_role_names_differ_by_region():
    """IAM is global: with equal names, the second apply would overwrite the first one's permissions."""
    here, there = (
        {r.key for r in describe(database(), region=region)} for region in (REGION, "us-east-1")
    )
    assert [key for key in here & there if key[0] == "rotation-role"] == []
    assert len(rotation_role_name("f" * 64, "us-gov-west-1")) <= 64


def test_role_has_minimal_permissions():
    allowed = statements(describe(database(), prefix="p/"))
    assert sorted(allowed) == ["GeneratePassword", "Log", "Rotate"]
    assert (
        allowed["Rotate"]["Resource"]
        == f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:p/db-??????"
    )
    condition = allowed["Rotate"]["Condition"]["StringEquals"][
        "secretsmanager:resource/AllowRotationLambdaArn"
    ]
    assert condition.endswith(":function:shop-p-rotate-db")
    assert allowed["GeneratePassword"]["Action"] == ["secretsmanager:GetRandomPassword"]
    assert allowed["Log"]["Resource"].endswith(":log-group:/aws/lambda/shop-p-rotate-db:*")


@pytest.mark.parametrize(
    ("admin", "resource"),
    [
        ("dba", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:dba-??????"),
        (
            "arn:aws:secretsmanager:eu-west-1:1:secret:x-abcdef",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x-abcdef",
        ),
    ],
    ids=["a name", "an ARN"],
)
def test_administrator_secret_is_read_only(admin, resource):
    allowed = statements(describe(database(admin=admin, strategy="postgres-alternating-users")))
    assert allowed["ReadAdministrator"]["Resource"] == resource
    assert not [
        action
        for action in allowed["ReadAdministrator"]["Action"]
        if "Put" in action or "Update" in action
    ]


def test_vpc_and_customer_managed_key():
    functions_table = Functions(
        subnets=("subnet-b", "subnet-a"), security_groups=("sg-1",), log_days=90
    )
    resources = describe(database(), functions=functions_table, kms_key="alias/shop")
    assert resources[0].settings["days"] == 90
    assert (resources[2].settings["subnets"], resources[2].settings["security_groups"]) == (
        ["subnet-a", "subnet-b"],
        ["sg-1"],
    )
    assert "ec2:CreateNetworkInterface" in statements(resources)["Network"]["Action"]
    assert statements(resources)["AllowSecretsManagerDecrypt"]["Action"] == [
        "kms:Decrypt",
        "kms:GenerateDataKey",
    ]


def test_package_without_a_list_of_its_files(tmp_path, monkeypatch):
    metadata = tmp_path / "six-1.16.0.dist-info/METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ShieldError, match=r"package six, .* has no list of its files"):
        build_zip()


def test_hook_is_part_of_the_code():
    key = Secret(
        name="k",
        kind=Kind.API_KEY,
        env="K",
        rotate=Rotation(every="90 days", hook="ops/keys.py", ca="ops/ca.pem"),
    )
    before = describe(key)[2].settings["code"]
    assert (
        describe(key, read=(FILES | {"ops/keys.py": b"x = 2\n"}).get)[2].settings["code"] != before
    )
    assert describe(key)[2].settings["code"] == before
    with pytest.raises(SourceError, match=r"ops/keys.py is not in the app's folder"):
        describe(key, read={}.get)


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(Secret(name="s", env="S"), id="no rotation"),
        pytest.param(
            Secret(name="s", kind=Kind.DJANGO_SECRET_KEY, env="S", rotate="manual"),
            id="manual rotation",
        ),
        pytest.param(
            Secret(name="s", kind=Kind.API_KEY, env="S", rotate=Rotation(every="9 days")),
            id="no hook",
        ),
    ],
)
def test_secrets_that_no_function_rotates(secret):
    assert describe(secret) == []


def test_no_functions_without_rotation_table():
    assert describe(database(), functions=None) == []
    assert describe(database(), read=None) == []


def test_function_names_are_short_and_unique():
    manifest = Manifest(app=App(name="shop"))
    names = {function_name(manifest, Secret(name="x" * 80 + end, env="X")) for end in "ab"}
    assert len(names) == 2
    assert {len(name) for name in names} == {64}
    similar = {
        function_name(manifest, Secret(name=name, env="X")) for name in ("a/b+c", "a.b@c", "a-b-c")
    }
    assert len(similar) == 3
    assert {name[:17] for name in similar} == {"shop-rotate-a-b-c"}


def test_settings_are_json():
    settings = [resource.settings for resource in describe(database())]
    assert json.loads(json.dumps(settings)) == settings
