from __future__ import annotations

import importlib.util
import sys

import pytest

from shield_ai.model.installation import install_command


@pytest.mark.parametrize(
    ("prefix", "has_pip", "command"),
    [
        pytest.param("/srv/venv", True, "/srv/venv/bin/python -m pip install", id="pip"),
        pytest.param(
            "/home/a/.local/pipx/venvs/shield-ai", True, "pipx install --force", id="pipx"
        ),
        pytest.param(
            "/home/a/.local/share/uv/tools/shield-ai", False, "uv tool install", id="uv tool"
        ),
        pytest.param("/srv/my venv", True, "'/srv/my venv/bin/python' -m pip install", id="space"),
        pytest.param("/srv/venv", False, "uv pip install --python /srv/venv/bin/python", id="uv"),
    ],
)
def test_install_command(monkeypatch, prefix, has_pip, command):
    monkeypatch.setattr(sys, "prefix", prefix)
    monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: has_pip or None)
    assert install_command("local") == f"{command} 'shield-ai[local]'"


def test_pipx_in_a_folder_of_another_name(monkeypatch, tmp_path):
    (tmp_path / "pipx_metadata.json").write_text("{}")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert install_command("local") == "pipx install --force 'shield-ai[local]'"
