from __future__ import annotations

import pytest

from shield_ai.project.import_roots import find_roots, find_run_roots


def test_root_of_the_django_settings():
    settings = "backend/config/settings/__init__.py"
    files = {settings: b"", "backend/manage.py": b""}
    roots = find_roots([settings], {settings: "backend"}, set(files), files.get)
    assert roots == ("backend",)


def test_root_by_packages():
    known = {"src/app/__init__.py", "src/app/core/__init__.py", "src/app/core/config.py"}
    assert find_roots(["src/app/core/config.py"], {}, known, {}.get) == ("src",)
    assert find_roots(["config.py"], {}, {"config.py"}, {}.get) == ("",)


@pytest.mark.parametrize(
    ("line", "root"),
    [
        ("from app.core.config import A", "back"),
        ("    import core.config", "back/app"),
        ("import config", "back/app/core"),
        ("import os, app.other", "back"),
    ],
)
def test_root_by_imports(line, root):
    files = {"back/main.py": f"{line}\n".encode(), "back/app/core/config.py": b""}
    assert find_roots(["back/app/core/config.py"], {}, set(files), files.get) == (root,)


@pytest.mark.parametrize(
    ("settings", "roots"),
    [
        pytest.param(["app/api/routes/mail_settings.py"], ("",), id="by its package"),
        pytest.param(
            ["app/api/routes/mail_settings.py", "app/config.py"], ("",), id="by another one"
        ),
        pytest.param(
            ["app/config.py", "my-bot/config.py"],
            ("my-bot", ""),
            id="a folder that can't be a package",
        ),
    ],
)
def test_root_by_imports_of_the_package(settings, roots):
    files = {
        "main.py": b"from app.config import A\nfrom app.api import b\n",
        **dict.fromkeys(settings, b""),
    }
    files["my-bot/run.py"] = b"from config import A\n"
    assert find_roots(settings, {}, set(files), files.get) == roots


def test_imports_of_missing_modules_are_ignored():
    """The package has no `__init__.py` that could define create_app."""
    files = {"app/config.py": b"", "manage.py": b"from app import create_app\n"}
    assert find_roots(["app/config.py"], {}, set(files), files.get) == ("app",)
    files["app/create_app.py"] = b""
    assert find_roots(["app/config.py"], {}, set(files), files.get) == ("",)


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("app/core/config.py", ""),
        ("src/app/core/config.py", "src"),
        ("common/src/common/config.py", "common/src"),
        ("src/common/core/config.py", "src"),
        ("configs/production.py", ""),
        ("back/settings/production.py", "back"),
        ("app/config.py", "app"),
        ("env/production.py", "env"),
    ],
)
def test_root_by_common_names(path, root):
    assert find_roots([path], {}, {path}, {}.get) == (root,)


@pytest.mark.parametrize(
    ("path", "command", "roots"),
    [
        pytest.param("Dockerfile", 'CMD ["uvicorn", "app.main:app", "--reload"]', {"src"}, id="uvicorn"),
        pytest.param("docker-compose.yml", "command: gunicorn -w 4 app.main:app", {"src"}, id="options"),
        pytest.param("Procfile", "web: gunicorn 'app:create_app()'", {"src"}, id="package"),
        pytest.param("Dockerfile", "CMD uvicorn other.main:app", set(), id="another app"),
        pytest.param("README.md", "uvicorn app.main:app", set(), id="prose"),
    ],
)  # fmt: skip
def test_roots_of_run_commands(path, command, roots):
    files = {path: command.encode(), "src/app/main.py": b"", "src/app/__init__.py": b""}
    assert find_run_roots(set(files), files.get) == roots
