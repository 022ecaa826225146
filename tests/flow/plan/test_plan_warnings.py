from __future__ import annotations

import shutil

import pytest
from shield_helpers import run, shield

from shield_ai.model.manifest import DEFAULT_REGION_NOTE

STEP = "us-east-1 is only the default region: before shield apply creates the secrets there"
SETTINGS = """\
import os

SECRET_KEY = os.environ.get("SECRET_KEY") or "in-development"
DB_HOST = os.getenv("DB_HOST", "127.0.0.1")
DB_USER = os.environ["DB_USER"]
DB_PASSWORD = os.environ["DB_PASSWORD"]
"""
NEW_READ = 'MAIL_API_KEY = os.environ.get("MAIL_API_KEY", "")\n'
MISSING = ".py is missing, but config.py imports it"


@pytest.mark.parametrize("note", [True, False])
def test_plan_says_that_the_region_is_the_default(tmp_path, note):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("import os\nKEY = os.environ['STRIPE_KEY']\n")
    assert shield("draft", cwd=tmp_path).code == 0
    if not note:
        path = tmp_path / "shield.toml"
        path.write_text(path.read_text().replace(f"# {DEFAULT_REGION_NOTE}", ""))
    assert (STEP in shield("plan", "--only", "code", cwd=tmp_path).text) == note


def apply(app):
    return run(
        "apply", "--only", "code", "--yes", cwd=app, env={"DB_USER": "a", "DB_PASSWORD": "b"}
    )


@pytest.fixture(params=["aws_secrets", "credentials"])
def app(tmp_path, request):
    """An app in which the files that apply created were not committed."""
    (tmp_path / "config.py").write_text(SETTINGS)
    assert run("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace("aws_secrets.py", f"{request.param}.py"))
    done = apply(tmp_path)
    assert done.code == 0, done.text
    assert MISSING not in done.text
    (tmp_path / f"{request.param}.py").unlink()
    shutil.rmtree(tmp_path / "_shield_runtime")
    return tmp_path


def test_a_missing_map_file_is_created_without_edits_of_its_calls(app):
    before = (app / "config.py").read_text()
    assert "lambda: os.environ.get(" in before
    done = apply(app)
    assert done.code == 0, done.text
    assert MISSING in done.text
    assert (app / "config.py").read_text() == before
    assert run("verify", "--only", "code", cwd=app).code == 0
    assert "nothing to do" in apply(app).text


def test_a_new_read_is_moved_although_the_map_file_is_missing(app):
    settings = app / "config.py"
    before = settings.read_text()
    settings.write_text(before.replace("\nSECRET_KEY", f"\n{NEW_READ}SECRET_KEY"))
    assert "1 secret added" in run("draft", cwd=app).text
    done = apply(app)
    assert done.code == 0, done.text
    expected = 'MAIL_API_KEY = get_secret("mail-api-key", "")\n'
    assert settings.read_text() == before.replace("\nSECRET_KEY", f"\n{expected}SECRET_KEY")


def test_verify_says_what_to_do_about_missing_files(app):
    done = run("verify", "--only", "code", cwd=app)
    assert done.code == 1
    assert done.out.count("commit the files that it created") == 2


@pytest.mark.parametrize("variable", ["AUTH_PASSWORD", "DB_PASSWORD"])
def test_plan_says_that_a_hardcoded_value_gets_another_variable(tmp_path, variable):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (tmp_path / "config.py").write_text("AUTH_PASSWORD = 'correct-horse-battery'\n")
    (tmp_path / "run.sh").write_text(f"export {variable}=abc\n")
    assert run("draft", cwd=tmp_path).code == 0
    line = "config.py:1: AUTH_PASSWORD moves to the variable SHOP_AUTH_PASSWORD"
    text = " ".join(run("plan", "--only", "code", cwd=tmp_path).text.split())
    assert (line in text) == (variable == "AUTH_PASSWORD")


def test_a_variable_that_shield_toml_chooses_is_no_reason_for_a_line(tmp_path):
    (tmp_path / "requirements.txt").write_text("flask\n")
    (tmp_path / "config.py").write_text("AUTH_PASSWORD = 'correct-horse-battery'\n")
    assert run("draft", cwd=tmp_path).code == 0
    manifest = tmp_path / "shield.toml"
    manifest.write_text(manifest.read_text().replace("AUTH_PASSWORD", "MY_AUTH_PASSWORD"))
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    assert "moves to the variable" not in done.text
