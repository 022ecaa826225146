from __future__ import annotations

import secrets
import stat
import subprocess

import pytest
from shield_helpers import shield

KEY, MAIL, BANK = (secrets.token_urlsafe(24) for _ in range(3))
LOADED = "from dotenv import load_dotenv\n\nload_dotenv()\n"
DECOUPLE = "from decouple import config\n\nDEBUG = config('DEBUG', default=False)\n"
BODY = f"""
SECRET_KEY = '{KEY}'
MAIL_API_KEY = (
    '{MAIL[:9]}'
    '{MAIL[9:]}'
)
BANK = {{'secret_key': '{BANK}'}}
"""


@pytest.fixture
def app(tmp_path):
    def app(settings, ignored=".env\n", **files):
        (tmp_path / "shop").mkdir()
        (tmp_path / "shop/__init__.py").touch()
        (tmp_path / "shop/settings.py").write_text(settings)
        (tmp_path / "manage.py").write_text(
            "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n"
        )
        (tmp_path / ".gitignore").write_text(ignored)
        for name, text in files.items():
            (tmp_path / name.replace("dot", ".")).write_text(text)
        git(tmp_path, "init", "-q")
        git(tmp_path, "add", "-A")
        git(tmp_path, "commit", "-q", "-m", "x")
        return tmp_path

    return app


def git(root, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def run(root, *arguments):
    return shield(*arguments, "--only", "code", "--yes", cwd=root)


def flat(code):
    """Undo the breaking of lines."""
    return " ".join(code.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")


def contents(root):
    paths = (
        path
        for path in root.rglob("*")
        if path.is_file() and not {".git", ".shield"} & set(path.parts)
    )
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    ("head", "reads"),
    [
        pytest.param(LOADED, ["get_secret('django-secret-key')", "get_secret('mail-api-key')", "get_secret('bank-secret-key')"], id="loaded"),
        pytest.param(DECOUPLE, ["get_secret('django-secret-key', lambda: config('SECRET_KEY'))", "get_secret('mail-api-key', lambda: config('MAIL_API_KEY'))", "get_secret('bank-secret-key', lambda: config('BANK_SECRET_KEY'))"], id="decouple"),
    ],
)  # fmt: skip
def test_moves_literals_to_dotenv_and_rolls_back(app, head, reads):
    root = app(head + BODY)
    before = contents(root)
    done = run(root, "apply", "--remove-literals")
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    after = (root / "shop/settings.py").read_text()
    assert all(read in flat(after) for read in reads)
    assert not any(value in after + done.text for value in (KEY, MAIL[9:], BANK))
    assert (
        root / ".env"
    ).read_text() == f"BANK_SECRET_KEY='{BANK}'\nMAIL_API_KEY='{MAIL}'\nSECRET_KEY='{KEY}'\n"
    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600
    assert "nothing to do" in run(root, "apply", "--remove-literals", "--allow-dirty").err
    assert run(root, "rollback").code == 0
    assert contents(root) == before


def test_removes_defaults_of_migrated_secrets(app):
    root = app(LOADED + BODY, dotenv="OTHER=1")
    run(root, "apply")
    assert MAIL[9:] in (root / "shop/settings.py").read_text()
    middle = contents(root)
    done = run(root, "apply", "--remove-literals")
    assert done.code == 0, done.text
    text = (root / "shop/settings.py").read_text()
    assert "get_secret('django-secret-key')" in flat(text)
    assert not any(value in text for value in (KEY, MAIL[9:], BANK))
    assert (root / ".env").read_text().startswith("OTHER=1\nBANK_SECRET_KEY='")
    run(root, "rollback")
    assert contents(root) == middle


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        pytest.param(0o644, 0o600, id="readable by all"),
        pytest.param(0o640, 0o640, id="readable by group"),
    ],
)
def test_restricts_permissions_of_dotenv_and_restores_them(app, mode, after):
    root = app(LOADED + BODY, dotenv="OTHER=1\n")
    (root / ".env").chmod(mode)
    done = run(root, "apply", "--remove-literals")
    assert done.code == 0, done.text
    assert stat.S_IMODE((root / ".env").stat().st_mode) == after
    assert (".env  edited, restricted to its owner" in done.err) == (mode != after)
    assert ", restricted" not in done.err.rpartition("done: ")[2]
    run(root, "rollback")
    assert ((root / ".env").read_text(), stat.S_IMODE((root / ".env").stat().st_mode)) == (
        "OTHER=1\n",
        mode,
    )


@pytest.mark.parametrize(
    ("settings", "more", "reason"),
    [
        pytest.param(BODY, {}, "the app does not load .env", id="not loaded"),
        pytest.param(
            LOADED + BODY.replace(KEY, KEY + "\\'"),
            {},
            "a character",
            id="ambiguous characters",
        ),
        pytest.param(
            LOADED + BODY + "class A:\n    SECRET_KEY = 'k3y-of-the-other'\n",
            {},
            "several values",
            id="several values",
        ),
    ],
)
def test_reports_why_literal_stays(app, settings, more, reason):
    root = app(settings, **more)
    done = run(root, "apply", "--remove-literals", "--no-proof")
    assert (done.code, reason in done.err) == (0, True), done.text
    assert KEY in (root / "shop/settings.py").read_text()


def test_a_literal_stays_if_dotenv_has_another_value_of_its_variable(app):
    root = app(LOADED + BODY)
    assert shield("draft", cwd=root).code == 0  # shield.toml then names SECRET_KEY
    (root / ".env").write_text("SECRET_KEY=another\n")
    done = run(root, "apply", "--remove-literals", "--no-proof")
    assert (done.code, "has another value" in done.err) == (0, True), done.text
    assert KEY in (root / "shop/settings.py").read_text()


@pytest.mark.parametrize(
    ("ignored", "more", "words"),
    [
        pytest.param("", {}, "is not ignored by git", id="not ignored by git"),
        pytest.param("", {"dotenv": "A=1\n"}, "is tracked by git", id="tracked by git"),
    ],
)
def test_rejects_dotenv_that_git_does_not_ignore(app, ignored, more, words):
    root = app(LOADED + BODY, ignored, **more)
    before = contents(root)
    for command in ("plan", "apply"):
        done = shield(command, "--only", "code", "--remove-literals", cwd=root)
        assert (done.code, words in done.err) == (4, True), done.text
    assert contents(root) == before


def test_does_not_remove_literals_if_settings_cannot_be_compared(app):
    root = app("import a_library_that_is_not_here\n" + LOADED + BODY)
    before = contents(root)
    done = run(root, "apply", "--remove-literals")
    assert (
        done.code,
        "can't prove that the app reads the removed literals from .env" in done.err,
    ) == (4, True), done.text
    assert contents(root) == before


def test_detects_loader_of_another_dotenv(app):
    root = app(LOADED.replace("load_dotenv()", "load_dotenv('/nowhere/.env')") + BODY)
    before = contents(root)
    done = run(root, "apply", "--remove-literals")
    assert (done.code, "would change" in done.err) == (4, True), done.text
    assert contents(root) == before


def test_plan_contains_no_values(app):
    root = app(LOADED + BODY)
    done = shield(
        "plan", "--only", "code", "--remove-literals", "--json", "-o", "../plan.json", cwd=root
    )
    text = (root.parent / "plan.json").read_text()
    assert done.code == 0
    assert not any(value in done.text + text for value in (KEY, MAIL, MAIL[9:], BANK))
    assert run(root, "apply", "../plan.json").code == 0
    assert KEY in (root / ".env").read_text()
