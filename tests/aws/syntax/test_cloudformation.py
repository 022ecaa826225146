from __future__ import annotations

import pytest

from shield_ai.aws.syntax.cloudformation import arn_of, logical_id, ref, resolve


@pytest.mark.parametrize(
    ("target", "used", "expected"),
    [
        pytest.param("Secret shop/api-key", (), "SecretShopApiKey", id="camel case"),
        pytest.param("Secret a/b", {"SecretAB"}, "SecretAB2", id="used"),
        pytest.param("Secret a/b", {"SecretAB", "SecretAB2"}, "SecretAB3", id="used twice"),
        pytest.param("Secret " + "a" * 500, (), "SecretA" + "a" * 233, id="long"),
    ],
)
def test_logical_id(target, used, expected):
    assert logical_id(target, used) == expected


def test_reference_has_the_id_of_its_own_target():
    ids = {"Secret a-b": "SecretAB", "Secret a/b": "SecretAB2"}
    part = {"Policy": [ref("Secret a/b"), arn_of("Secret a-b")], "Name": "Secret a/b"}
    assert resolve(part, ids) == {
        "Policy": [{"Ref": "SecretAB2"}, {"Fn::GetAtt": ["SecretAB", "Arn"]}],
        "Name": "Secret a/b",
    }
