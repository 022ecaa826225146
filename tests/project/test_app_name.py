from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shield_ai.project.app_name import choose_app_name

if TYPE_CHECKING:
    from pathlib import Path

POETRY = b"[build-system]\nname = 'b'\n[tool.poetry]\r\nversion = '1'\r\nname = 'Big_Shop'\r\n"
SETUP_CFG = b"[flake8]\nname = x\n[metadata]\nversion = 1\nname = big_shop\nauthor = me\n"
SETUP_PY = b"from setuptools import setup\nsetup(\n    version='1',\n    name='big_shop',\n)\n"


def project(name: str) -> dict[str, bytes]:
    return {"pyproject.toml": f"[project]\nname = '{name}'\n".encode()}


@pytest.mark.parametrize(
    ("folder", "files", "name"),
    [
        pytest.param("repo/My Shop", project("x"), "x", id="project"),
        pytest.param("repo/My Shop", project("app"), "my-shop", id="folder"),
        pytest.param("repo/backend", project("app"), "repo", id="generic folder"),
        pytest.param("repo/docker-app", project("python-api"), "repo", id="generic words"),
        pytest.param("repo/web-shop", {}, "web-shop", id="one generic word"),
        pytest.param("repo/backend", {"pyproject.toml": POETRY}, "big-shop", id="poetry"),
        pytest.param("repo/a", {"setup.cfg": SETUP_CFG}, "big-shop", id="setup.cfg"),
        pytest.param("repo/a", {"setup.py": SETUP_PY}, "big-shop", id="setup.py"),
        pytest.param("repo/a", {"setup.py": b"setup(name=NAME)"}, "a", id="computed name"),
        pytest.param("repo/a", {"setup.cfg": b"[metadata]\nname = attr: x\n"}, "a", id="no name"),
        pytest.param(
            "repo/a", {"pyproject.toml": b"[tool.x]\nname = 'x'\n"}, "a", id="another table"
        ),
        pytest.param("repo/src", {}, "repo", id="repository"),
        pytest.param("other/src", {}, "src", id="no repository"),
        pytest.param("other/__", {}, "app", id="no usable name"),
    ],
)
def test_prefers_specific_names(
    tmp_path: Path, folder: str, files: dict[str, bytes], name: str
) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / folder).mkdir(parents=True)
    assert choose_app_name(tmp_path / folder, files.get) == name
