from __future__ import annotations

import pytest

from shield_ai.model.deployment import DeploymentKind
from shield_ai.rewrite.project.deployment.environment_check import EditCheck

BEFORE = b"services: {web: {image: a, environment: {KEY: x, A: 1}}, db: {environment: [KEY=x]}}\n"
AFTER = BEFORE.replace(b"KEY: x", b"ON: 'true'")


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(AFTER, True, id="replaced"),
        pytest.param(AFTER.replace(b"{", b"{ "), True, id="spaces"),
        pytest.param(BEFORE, False, id="unchanged"),
        pytest.param(AFTER.replace(b"'true'", b"'false'"), False, id="another value"),
        pytest.param(AFTER.replace(b"A: 1", b"A: 2"), False, id="another variable"),
        pytest.param(AFTER.replace(b", A: 1", b""), False, id="removed too much"),
        pytest.param(AFTER.replace(b"image: a", b"image: b"), False, id="another key"),
        pytest.param(AFTER.replace(b"[KEY=x]", b"[]"), False, id="another container"),
        pytest.param(AFTER.replace(b"[KEY=x]", b"[ON=true]"), False, id="set in another container"),
        pytest.param(AFTER + b"}", False, id="invalid"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_only_the_variables_may_change(after, expected):
    check = EditCheck(DeploymentKind.COMPOSE, {"web": {"KEY"}}, {"ON": "true"})
    assert check.is_exact(BEFORE, after) is expected


def test_variable_with_a_value_and_a_reference_is_not_replaced():
    check = EditCheck(DeploymentKind.KUBERNETES, {"web": {"KEY"}}, {})
    before = b"{name: web, env: [{name: KEY, value: x}]}"
    after = b"{name: web, env: [{name: KEY, value: x}, {name: KEY, valueFrom: {}}]}"
    assert not check.is_exact(before, after)


def test_file_that_is_nested_too_deeply_is_not_exact():
    check = EditCheck(DeploymentKind.ECS, {"web": {"KEY"}}, {})
    text = b"[" * 100_000 + b"]" * 100_000
    assert not check.is_exact(text, text)
