from __future__ import annotations

import pytest
import yaml
from shield_helpers import make_app, run

from shield_ai.flow.plan.compose_interpolation import (
    has_embedded_reference,
    interpolate_compose_value,
)
from shield_ai.flow.plan.deployment_values import NOT_COMPARED
from shield_ai.rewrite.project.deployment.containers import DIFFERENT

VARIABLES = {"A": "a$1", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "composed", "value"),
    [
        ("$A", False, "a$1"),
        ("${A}", False, "a$1"),
        ("x-${A}-$A/", True, "x-a$1-a$1/"),
        ("x$$A", False, "x$A"),
        ("$${A}${A}", True, "${A}a$1"),
        ("x${B}", True, None),
        ("x$B", True, None),
        ("x${B:-b}", True, "xb"),
        ("x${B-b}", True, "xb"),
        ("x${EMPTY-b}", True, "x"),
        ("x${EMPTY:-b}", True, "xb"),
        ("x${EMPTY:?needed}", True, None),
        ("x${EMPTY?needed}", True, "x"),
        ("x${A:+b}${EMPTY:+c}${EMPTY+d}", True, "xbd"),
        ("x${B:-${A}}", True, None),
        ("x${A}$", True, None),
        ("plain", False, "plain"),
    ],
)
def test_composed_value(text, composed, value):
    assert has_embedded_reference(text) is composed
    assert interpolate_compose_value(text, VARIABLES) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("${USER_PART}${REST:?}", "", id="the same value"),
        pytest.param(
            "${USER_PART}other", DIFFERENT.format("docker-compose.yml"), id="another value"
        ),
        pytest.param("${SHELL_PART}other", NOT_COMPARED, id="unknown value"),
    ],
)
def test_a_composed_value_is_compared(aws, tmp_path, text, reason):
    value = make_app(tmp_path)["SECRET_KEY"]
    with (tmp_path / ".env").open("a") as file:
        file.write(f"USER_PART={value[:5]}\nREST={value[5:]}\n")
    compose = tmp_path / "docker-compose.yml"
    compose.write_text(f"services:\n  web:\n    environment:\n      SECRET_KEY: {text}\n")
    assert run("draft", cwd=tmp_path).code == 0
    with (tmp_path / "shield.toml").open("a") as file:
        file.write('\n[deployment]\nedit = ["compose"]\ncontainers = ["web"]\n')
    done = run("plan", "--env-file", ".env", cwd=tmp_path)
    assert value not in done.text
    assert (reason or "-      SECRET_KEY") in " ".join(done.out.split()) or not reason
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    found = yaml.safe_load(compose.read_text())["services"]["web"]["environment"]
    assert ("SECRET_KEY" in found) is bool(reason)
    if reason:
        again = run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path)
        assert again.code in {0, 1}
        found = yaml.safe_load(compose.read_text())["services"]["web"]["environment"]
        assert "SECRET_KEY" in found
