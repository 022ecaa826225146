from __future__ import annotations

import json
import re

import pytest
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.aws.desired import resources as everything
from shield_ai.aws.desired.iam import (
    MAX_POLICY_SIZE,
    PARTITIONS,
    app_slug,
    iam_resources,
    partition,
    policy_document,
    policy_documents,
)
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.aws.desired.rotation import function_name
from shield_ai.aws.live.kinds.registry import KINDS
from shield_ai.model.manifest import (
    App,
    Manifest,
    Monitoring,
    Secret,
)

NAMES = ("django-secret-key", "database-credentials", "sentry-dsn")


def manifest(**app):
    settings = {"name": "shop", "region": "eu-central-1", **app}
    return Manifest(app=App(**settings), secret=tuple(Secret(name=name, env="X") for name in NAMES))


ACCOUNT = "123456789012"


def statements(**app):
    return policy_document(manifest(**app), ACCOUNT)["Statement"]


def test_policy_names_exactly_the_secrets():
    (access,) = statements(prefix="shop/prod/")
    assert access["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert access["Resource"] == [
        f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:shop/prod/{name}-??????"
        for name in ("django-secret-key", "database-credentials", "sentry-dsn")
    ]


def test_optional_secret_may_be_missing():
    """AWS checks a call for a missing secret against its name without a suffix."""
    secrets = (Secret(name="key", env="KEY"), Secret(name="dsn", env="DSN", optional=True))
    document = policy_document(Manifest(app=App(name="shop"), secret=secrets), ACCOUNT)
    (access,) = document["Statement"]
    assert not find_broad_grants(document, ["key", "dsn"])
    assert [arn.rpartition(":")[2] for arn in access["Resource"]] == [
        "key-??????",
        "dsn-??????",
        "dsn",
    ]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eu-central-1", "aws"),
    ],
)
def test_partition(region, expected):
    assert partition(region) == expected
    assert statements(region=region)[0]["Resource"][0].startswith(
        f"arn:{expected}:secretsmanager:{region}:"
    )


def test_partitions_match_botocore():
    known = get_session()
    for name in known.get_available_partitions():
        regions = known.get_available_regions("secretsmanager", name, allow_non_regional=True)
        assert {partition(region) for region in regions} <= {name}
        assert name in {"aws", *PARTITIONS.values()}
    for start, name in PARTITIONS.items():  # botocore lists no regions for some partitions
        assert (
            known.get_partition_for_region(f"{start}{'de-' if name == 'aws-eusc' else ''}east-1")
            == name
        )


@pytest.mark.parametrize(
    "key",
    [
        "aws/secretsmanager",
        "alias/aws/secretsmanager",
        f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/aws/secretsmanager",
        "",
    ],
)
def test_aws_managed_key_needs_no_permission(key):
    assert len(statements(kms_key=key)) == 1


ARN = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/"


@pytest.mark.parametrize(
    ("key", "resource", "aliases"),
    [
        pytest.param("1234abcd-12ab", f"{ARN}1234abcd-12ab", None, id="id"),
        pytest.param("arn:aws:kms:eu-central-1:999999999999:key/x", "arn:aws:kms:eu-central-1:999999999999:key/x", None,
                     id="ARN of another account"),
        pytest.param("alias/shop", f"{ARN}*", "alias/shop", id="alias"),
        pytest.param(f"arn:aws:kms:eu-central-1:{ACCOUNT}:alias/shop", f"{ARN}*", "alias/shop", id="ARN of an alias"),
    ],
)  # fmt: skip
def test_customer_managed_key_is_usable_only_through_secrets_manager(key, resource, aliases):
    decrypt = statements(kms_key=key)[1]
    assert decrypt["Action"] == ["kms:Decrypt"]
    assert decrypt["Resource"] == [resource]
    condition = {"StringEquals": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}}
    if aliases:
        condition["ForAnyValue:StringEquals"] = {"kms:ResourceAliases": aliases}
    assert decrypt["Condition"] == condition


def test_second_service_name_in_china():
    via = statements(kms_key="x", region="cn-north-1")[1]["Condition"]["StringEquals"][
        "kms:ViaService"
    ]
    assert via == [
        "secretsmanager.cn-north-1.amazonaws.com",
        "secretsmanager.cn-north-1.amazonaws.com.cn",
    ]


def resources(**app):
    return list(iam_resources(manifest(**app), ACCOUNT))


def test_policy_and_attachment():
    policy, attachment = resources(role="ShopRole", tags={"team": "web"})
    assert policy.key == ("policy", "shop-secrets-read-eu-central-1")
    assert policy.settings["document"] == policy_document(manifest(), ACCOUNT)
    assert policy.settings["tags"] == {"team": "web", "app": "shop", "managed-by": "shield-ai"}
    assert attachment.key == ("policy-attachment", f"ShopRole/{policy.name}")
    assert attachment.settings == {
        "role": "ShopRole",
        "policy": f"arn:aws:iam::{ACCOUNT}:policy/{policy.name}",
    }


def test_nothing_without_a_role():
    assert resources() == []


@pytest.mark.parametrize(
    "role", ["Shop", "service/Shop", f"arn:aws:iam::{ACCOUNT}:role/service/Shop"]
)
def test_role_with_path(role):
    assert resources(role=role)[1].settings["role"] == "Shop"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", "shop"),
        ("shop/prod/", "shop-prod"),
        ("prod/", "shop-prod"),
        ("shop", "shop"),
        ("/a.b/", "shop-a-b"),
        ("shopping/prod/", "shop-shopping-prod"),
    ],
)
def test_slug_includes_the_prefix(prefix, expected):
    assert app_slug(manifest(prefix=prefix).app) == expected


def test_slug_of_non_ascii_names():
    assert app_slug(manifest(name="日本").app) != app_slug(manifest(name="中国").app)
    assert app_slug(manifest(name="日本", prefix="prod/").app) == "app-cf2abf0c-prod"


@given(
    name=st.text(min_size=1, max_size=120),
    prefix=st.from_regex(r"([a-z]{1,40}/){0,3}", fullmatch=True),
)
def test_names_are_within_the_limits_of_their_services(name, prefix):
    secrets = tuple(Secret(name=f"{'s' * 40}-{n}", env="X") for n in range(20))
    app_manifest = Manifest(
        app=App(name=name, prefix=prefix, role="Shop"),
        monitoring=Monitoring(email=("ops@example.com",), overdue=1),
        secret=secrets,
    )
    created = everything(app_manifest, ACCOUNT)
    assert [r.name for r in created if len(r.name) > KINDS[r.kind].max_name] == []
    assert len({r.key for r in created}) == len(created)
    assert all(
        re.fullmatch(r"[\w/-]+", r.name, re.ASCII) and not r.name.startswith("-") for r in created
    )
    assert len(function_name(app_manifest, secrets[0])) <= 64


@given(
    st.lists(st.from_regex(r"[a-z]{1,200}", fullmatch=True), min_size=1, max_size=80, unique=True)
)
def test_policy_is_split_at_the_size_limit(names):
    app_manifest = Manifest(
        app=App(name="shop", kms_key="alias/x"),
        secret=tuple(Secret(name=n, env="X") for n in names),
    )
    documents = policy_documents(app_manifest, ACCOUNT)
    arns = [arn for document in documents for arn in document["Statement"][0]["Resource"]]
    assert arns == policy_document(app_manifest, ACCOUNT)["Statement"][0]["Resource"]
    assert all(
        len(json.dumps(document, separators=(",", ":"))) <= MAX_POLICY_SIZE
        for document in documents
    )
    assert all(
        document["Statement"][1]["Sid"] == "AllowSecretsManagerDecrypt" for document in documents
    )
    assert len(documents) <= 1 + sum(len(arn) + 3 for arn in arns) // 5000
