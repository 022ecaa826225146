from __future__ import annotations

import pytest
from shield_helpers import make_app, run


@pytest.mark.parametrize("is_migrated", [False, True], ids=["new", "migrated"])
def test_a_folder_above_the_app(tmp_path, is_migrated):
    app = tmp_path / "web"
    app.mkdir()
    make_app(app)
    assert run("draft", cwd=app).code == 0
    if is_migrated:
        assert run("apply", "--only", "code", "--yes", cwd=app).code == 0
    for command in ("draft", "plan"):
        done = run(command, cwd=tmp_path)
        assert done.code == 2
        assert "has no shield.toml, but the app below it does" in done.err
        assert "run shield in the folder of the app: web" in done.err
    assert not (tmp_path / "shield.toml").exists()
