from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shield_ai.project.app_name import choose_app_name

if TYPE_CHECKING:
    from pathlib import Path

POETRY = b"[build-system]\nname = 'b'\n[tool.poetry]\r\nversion = '1'\r\nname = 'Big_Shop'\r\n"


@pytest.mark.parametrize(
    ("folder", "pyproject", "name"),
    [
        pytest.param("repo/My Shop", b"[project]\nname = 'x'\n", "my-shop", id="folder"),
        pytest.param("repo/backend", b"[project]\nname = 'shop'\n", "shop", id="project"),
        pytest.param("repo/backend", POETRY, "big-shop", id="poetry"),
        pytest.param("repo/backend", b"[project]\nname = 'app'\n", "repo", id="generic project"),
        pytest.param("repo/src", b"[tool.x]\nname = 'x'\n", "repo", id="another table"),
        pytest.param("repo/src", None, "repo", id="repository"),
        pytest.param("other/src", None, "src", id="no repository"),
        pytest.param("other/__", None, "app", id="no name"),
    ],
)
def test_prefers_specific_names(
    tmp_path: Path, folder: str, pyproject: bytes | None, name: str
) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / folder).mkdir(parents=True)
    assert choose_app_name(tmp_path / folder, pyproject) == name
