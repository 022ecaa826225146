"""A command in a fork does what it does in a new process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from shield_forks import run_shield
from shield_helpers import make_app


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--version"], {}),
        (["scan"], {"NO_COLOR": "1", "COLUMNS": "60"}),
        (["scan", "--format", "json"], {"FORCE_COLOR": "1"}),
        (["scan", "no-such-folder"], {}),
        (["draft", "--out", "-"], {"HOME": "/nonexistent"}),
        (["scan"], {"PYTHONWARNINGS": "error"}),
    ],
    ids=["version", "width", "json", "error", "home", "read-at-start"],
)
def test_a_fork_is_like_a_new_process(arguments, variables, tmp_path):
    app = tmp_path / "app"
    app.mkdir()
    make_app(app)
    environment = {**os.environ, **variables}
    new = subprocess.run(
        [sys.executable, "-m", "shield_ai", *arguments],
        cwd=app,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    fork = run_shield(arguments, app, environment)
    assert (fork.returncode, fork.stderr) == (new.returncode, new.stderr)
    assert fork.stdout == new.stdout
    assert fork.args == new.args
