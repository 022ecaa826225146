from __future__ import annotations

import pytest
from shield_helpers import make_app, run


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("action", ["create", "restore"])
def test_a_plan_that_was_applied_before(tmp_path, action):
    make_app(tmp_path)
    apply = ("apply", "plan.json", "--env-file", ".env", "--yes", "--no-proof")
    assert run("draft", cwd=tmp_path).code == 0
    if action == "restore":
        run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path)
        assert run("rollback", "--yes", cwd=tmp_path).code == 0
    assert run("plan", "--env-file", ".env", "-o", "plan.json", cwd=tmp_path).code == 0
    assert run(*apply, cwd=tmp_path).code == 0
    done = run(*apply, cwd=tmp_path)
    assert done.code == 4
    assert f"the plan would {action} the secret " in done.err
    assert "if the plan was applied before, it is done" in done.err
