from __future__ import annotations

import secrets
import subprocess

import pytest
from shield_helpers import run

KEY = secrets.token_hex(16)
CODE = f"""import os

from dotenv import load_dotenv

load_dotenv()
DEBUG = os.environ.get("DEBUG")
MAIL_API_KEY = "{KEY}"
"""


def git(root, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def app(tmp_path):
    """Return an app with its value in .env, on the branch without the edits of apply."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/settings.py").write_text(CODE)
    (tmp_path / "manage.py").write_text('SETTINGS = "DJANGO_SETTINGS_MODULE", "shop.settings"\n')
    (tmp_path / "requirements.txt").write_text("django\n")
    (tmp_path / ".gitignore").write_text(".env\n")
    (tmp_path / ".env").write_text("DEBUG=1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "x")
    git(tmp_path, "checkout", "-qb", "feature")
    assert run("draft", cwd=tmp_path).code == 0
    options = ("--only", "code", "--env-file", ".env", "--remove-literals", "--yes", "--no-proof")
    done = run("apply", *options, cwd=tmp_path)
    assert done.code == 0, done.err
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "y")
    git(tmp_path, "checkout", "-q", "-")
    return tmp_path


def test_keeps_the_values_of_another_branch(app):
    before = (app / ".env").read_bytes()
    assert KEY.encode() in before
    done = run("rollback", "--yes", cwd=app)
    assert done.code != 0
    assert "the code that apply edited is not in this folder" in done.err
    assert (app / ".env").read_bytes() == before
    git(app, "checkout", "-q", "feature")
    assert run("rollback", "--yes", cwd=app).code == 0
    assert (app / ".env").read_text() == "DEBUG=1\n"
    assert (app / "shop/settings.py").read_text() == CODE


def test_force_restores_the_env_file_of_discarded_edits(app):
    assert run("rollback", "--yes", "--force", cwd=app).code == 0
    assert (app / ".env").read_text() == "DEBUG=1\n"
