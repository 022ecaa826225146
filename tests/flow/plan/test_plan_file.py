from __future__ import annotations

import msgspec
import pytest

from shield_ai.flow.plan.plan_file import read_plan, require_app
from shield_ai.model.edit import FileChange
from shield_ai.model.errors import PLAN_REJECTED, PlanFileError
from shield_ai.model.plan import Plan

FILE = FileChange(path="a.py", before=None, after="", edits=())
STAGING = {"environment": "staging"}


def command(path, options=""):
    return f"shield plan{options} -o '{path}'"


@pytest.mark.parametrize(
    ("plan", "requested", "message", "options"),
    [
        pytest.param(None, {}, "can't be read: ", "", id="missing"),
        pytest.param(b"{}", {}, "is not a valid plan file", "", id="invalid"),
        pytest.param(
            b"{}",
            {**STAGING, "scope": "aws"},
            "is not a valid plan file",
            " --environment staging --only aws",
            id="invalid, with options",
        ),
        pytest.param(
            Plan(app="shop"),
            STAGING,
            "was created without --environment, not for staging",
            " --environment staging",
            id="environment",
        ),
        pytest.param(
            Plan(app="shop", only="code", **STAGING),
            {"scope": "aws"},
            "was made with --only code, which excludes --only aws",
            " --environment staging --only aws",
            id="scope",
        ),
        pytest.param(
            Plan(app="shop", only="aws", files=(FILE,), **STAGING),
            {},
            "was made with --only aws, but contains other changes",
            " --environment staging --only aws",
            id="contradiction",
        ),
    ],
)
def test_hints_create_the_requested_plan_in_the_same_file(
    tmp_path, plan, requested, message, options
):
    path = tmp_path / "out of date" / "plan.json"
    path.parent.mkdir()
    if plan is not None:
        path.write_bytes(plan if isinstance(plan, bytes) else msgspec.json.encode(plan))
    with pytest.raises(PlanFileError) as caught:
        read_plan(path, **requested)
    assert caught.value.message.startswith(f"{path} {message}")
    assert command(path, options) in caught.value.hint
    assert caught.value.exit_code == PLAN_REJECTED


def test_hint_for_an_env_file_given_as_a_plan(tmp_path):
    path = tmp_path / ".env"
    path.write_text("API_KEY=x\n")
    with pytest.raises(PlanFileError, match="is not a valid plan file") as caught:
        read_plan(path)
    assert caught.value.hint == f"for an env file, use --env-file {path}"


def test_rejects_the_plan_of_another_app(tmp_path):
    with pytest.raises(PlanFileError, match="is for the app shop, but this is other"):
        require_app(Plan(app="shop"), tmp_path, "other")
