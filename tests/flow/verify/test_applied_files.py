from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from shield_helpers import make_app, run

PYDANTIC = """\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    stripe_api_key: str
    debug: bool = False


settings = Settings()
"""


def git(root, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def commit(root):
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(".env\n")
    commit(tmp_path)
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    commit(tmp_path)
    return tmp_path


def check(app):
    found = json.loads(run("verify", "--only", "code", "--json", cwd=app).out)["checks"]
    (check,) = [check for check in found if check["id"] == "files-unchanged"]
    return check["status"], check["detail"], check["hint"]


def edit(path, old="", new=""):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new) if old else text + new)


def test_a_branch_without_the_changes(app):
    git(app, "checkout", "-q", "HEAD~1")
    status, detail, hint = check(app)
    assert (status, detail) == ("failed", "every file is as it was before apply")
    assert hint.startswith("check out the branch with the changes")


def test_a_committed_edit_is_no_failure(app):
    edit(app / "shop/settings.py", new="\nLANGUAGE_CODE = 'de'\n")
    commit(app)
    assert check(app) == ("ok", "changed since apply: shop/settings.py (committed)", "")
    assert run("verify", "--only", "code", cwd=app).code == 0


def test_tells_which_edits_are_not_committed(app):
    edit(app / "shop/settings.py", new="\nLANGUAGE_CODE = 'de'\n")
    commit(app)
    (app / "requirements.txt").unlink()
    status, detail, _ = check(app)
    assert status == "ok"
    assert "shop/settings.py (committed)" in detail
    assert "requirements.txt (not committed)" in detail


def test_needs_no_repository(app):
    shutil.rmtree(app / ".git")
    edit(app / "shop/settings.py", new="\nLANGUAGE_CODE = 'de'\n")
    assert check(app) == ("ok", "changed since apply: shop/settings.py", "")


@pytest.mark.parametrize(
    ("old", "new", "lost"),
    [
        pytest.param('get_secret("mail-api-key", "")', '""', "mail-api-key", id="a constant"),
        pytest.param('get_secret("mail-api-key", "")', 'os.environ.get("MAIL_API_KEY", "")  # shield: ignore', "mail-api-key", id="a suppressed read"),
        pytest.param('get_secret("database-credentials:password")', '"x"', "", id="another field is read"),
        pytest.param('get_secret("mail-api-key", "")', 'get_secret(\n    "mail-api-key", ""\n)', "", id="formatted"),
    ],
)  # fmt: skip
def test_an_edit_that_takes_a_call_away_fails(app, old, new, lost):
    edit(app / "shop/settings.py", old, new)
    commit(app)
    status, detail, hint = check(app)
    assert status == ("failed" if lost else "ok")
    if lost:
        assert detail == f"shop/settings.py: {lost} is no longer read with get_secret()"
        assert "restore the call" in hint


def test_a_call_that_moved_to_another_file_is_no_failure(app):
    line = 'MAIL_API_KEY = get_secret("mail-api-key", "")\n'
    edit(app / "shop/settings.py", line, "from shop.mail import MAIL_API_KEY\n")
    (app / "shop/mail.py").write_text(f"from shop.utils.secrets import get_secret\n\n{line}")
    assert check(app)[0] == "ok"


def test_a_secret_that_left_shield_toml_needs_no_call(app):
    text = (app / "shield.toml").read_text()
    head, *tables = text.split("[[secret]]")
    kept = [table for table in tables if "mail-api-key" not in table]
    assert len(kept) == len(tables) - 1
    (app / "shield.toml").write_text("[[secret]]".join([head, *kept]))
    edit(app / "shop/settings.py", 'get_secret("mail-api-key", "")', '""')
    assert check(app)[0] == "ok"


def test_a_settings_source_that_was_removed_fails(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/config.py").write_text(PYDANTIC)
    (tmp_path / "requirements.txt").write_text("pydantic-settings\n")
    applied = run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert applied.code == 0, applied.text
    assert "SecretsManagerSource" in (tmp_path / "shop/config.py").read_text()
    (tmp_path / "shop/config.py").write_text(PYDANTIC)
    assert check(tmp_path)[:2] == (
        "failed",
        "shop/config.py: stripe-api-key is no longer read with get_secret()",
    )


def test_the_journal_of_a_copied_folder_is_not_checked(app, tmp_path_factory):
    copy = tmp_path_factory.mktemp("copy") / "app"
    shutil.copytree(app, copy)
    done = run("verify", "--only", "code", "--json", cwd=copy)
    checks = {found["id"]: found for found in json.loads(done.out)["checks"]}
    assert checks["files-unchanged"]["status"] == "unknown"
    assert checks["code-migrated"]["status"] == "ok"
    assert run("report", "--only", "code", cwd=copy).code in {0, 1}
    assert "run mv .shield .shield-old" in checks["files-unchanged"]["hint"]
    (copy / ".shield").rename(copy / ".shield-old")
    git(copy, "add", "-A")
    assert ".shield-old" not in (copy / ".git/index").read_text("latin-1")
    assert run("apply", "--only", "code", "--yes", cwd=copy).code == 0
