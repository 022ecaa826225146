from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shield_ai.model.errors import SourceError
from shield_ai.project.app_folder import (
    app_folder_above,
    require_no_nested_repository,
    require_not_parent_of_apps,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param("manage.py shop/__init__.py", "manage.py", id="package of a Django app"),
        pytest.param("manage.py shop/x.py", "manage.py", id="folder of a Django app"),
        pytest.param("shield.toml shop/x.py", "shield.toml", id="folder of a known app"),
        pytest.param("pyproject.toml shop/__init__.py", "pyproject.toml", id="package"),
        pytest.param("requirements.txt shop/x.py", None, id="folder of a monorepo"),
        pytest.param("manage.py shop/requirements.txt", None, id="an app below another"),
        pytest.param("manage.py shop/shield.toml", None, id="already an app"),
        pytest.param("manage.py shop/.git/HEAD", None, id="a repository"),
        pytest.param("shop/__init__.py", None, id="nothing above"),
    ],
)
def test_finds_the_folder_of_the_app(tmp_path: Path, files: str, found: str | None) -> None:
    for name in files.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    expected = None if found is None else (tmp_path, found)
    assert app_folder_above(tmp_path / "shop") == expected


def test_finds_the_app_of_a_package_in_a_package(tmp_path: Path) -> None:
    inner = tmp_path / "shop/api"
    inner.mkdir(parents=True)
    for path in (tmp_path / "setup.py", tmp_path / "shop/__init__.py", inner / "__init__.py"):
        path.touch()
    assert app_folder_above(inner) == (tmp_path, "setup.py")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param(".git/HEAD manage.py src/shop/__init__.py", "manage.py", id="package"),
        pytest.param(
            ".git/HEAD setup.cfg src/shop/__init__.py", "setup.cfg", id="package of a project"
        ),
        pytest.param(".git/HEAD shield.toml src/shop/x.py", "shield.toml", id="known app"),
        pytest.param(".git/HEAD manage.py src/shop/x.py", None, id="folder of a monorepo"),
        pytest.param("manage.py src/shop/__init__.py", None, id="no repository"),
    ],
)
def test_finds_the_app_two_levels_above(tmp_path: Path, files: str, found: str | None) -> None:
    for name in files.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    expected = None if found is None else (tmp_path, found)
    assert app_folder_above(tmp_path / "src/shop") == expected


def test_does_not_leave_the_repository(tmp_path: Path) -> None:
    (tmp_path / "manage.py").touch()
    inner = tmp_path / "repository/shop"
    inner.mkdir(parents=True)
    (tmp_path / "repository/.git").mkdir()
    (inner / "__init__.py").touch()
    assert app_folder_above(inner) is None


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param("a/.git/HEAD b/.git/HEAD", ["a", "b"], id="above two repositories"),
        pytest.param("a/.git", ["a"], id="above a work tree"),
        pytest.param("a/src/.git/HEAD", ["a/src"], id="above a deeper repository"),
        pytest.param(".git/HEAD a/.git/HEAD", [], id="in a repository"),
        pytest.param("lib/.git/HEAD", [], id="a repository without the code"),
        pytest.param("", [], id="no repository"),
    ],
)
def test_refuses_a_folder_above_the_repository_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: str, found: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in files.split():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    paths = ["a/src/settings.py", "b/settings.py"]
    if not found:
        require_no_nested_repository(tmp_path, paths)
        return
    with pytest.raises(SourceError) as caught:
        require_no_nested_repository(tmp_path, paths)
    assert f"the app: {' or '.join(found)}; nothing was changed" in caught.value.hint


@pytest.mark.parametrize(
    ("paths", "problem", "hint"),
    [
        pytest.param(["web/shop/settings.py", "web/mail.py"], "the app below it does", "the app: ", id="one app"),
        pytest.param(["web/mail.py", "jobs/run.py"], "2 apps below it have one", "one app: ", id="two apps"),
        pytest.param(["web/mail.py", "tools/send.py"], "", "", id="other code too"),
        pytest.param(["mail.py"], "", "", id="in the folder"),
        pytest.param([], "", "", id="no code"),
    ],
)  # fmt: skip
def test_refuses_a_folder_above_apps(
    tmp_path: Path, paths: list[str], problem: str, hint: str
) -> None:
    for app in ("web", "jobs"):
        (tmp_path / app).mkdir()
        (tmp_path / app / "shield.toml").touch()
    if problem:
        with pytest.raises(SourceError, match=rf"has no shield\.toml, but {problem}") as caught:
            require_not_parent_of_apps(tmp_path, paths)
        assert f"run shield in the folder of {hint}" in caught.value.hint
    else:
        require_not_parent_of_apps(tmp_path, paths)
