from __future__ import annotations

import os
import secrets
import socket
import string
from pathlib import Path

import pytest
from shield_helpers import shield

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.scan.files.walk import Entry, is_dotenv, walk_all
from shield_ai.scan.python.app_scan import scan_app


def walk(root):
    return [entry.path for entry in walk_all(root) if entry.is_app_file]


def test_walk_honors_gitignore_and_skips_folders_of_others(tmp_path):
    for path in (
        "a.py",
        "gen/b.py",
        "keep/c.py",
        "node_modules/d.py",
        ".venv/e.py",
        "shop/migrations/0001.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / ".env").write_text("")
    (tmp_path / ".gitignore").write_text("gen/\n.env\nkeep/*\n")
    (tmp_path / "keep" / ".gitignore").write_text("!c.py\n")
    assert [p for p in walk(tmp_path) if not p.endswith(".gitignore")] == [
        ".env",
        "a.py",
        "keep/c.py",
    ]


def test_a_gitignore_file_applies_only_below_its_folder(tmp_path):
    for path in ("a/x.py", "a/b/x.py", "a/c/x.py", "a/y.py", "ab/x.py", "b/x.py", "y.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    (tmp_path / ".gitignore").write_text("y.py\n")
    (tmp_path / "a/.gitignore").write_text("x.py\n")
    (tmp_path / "a/b/.gitignore").write_text("!x.py\n")
    assert [path for path in walk(tmp_path) if path.endswith(".py")] == [
        "a/b/x.py",
        "ab/x.py",
        "b/x.py",
    ]


def test_walks_the_settings_of_third_party_libraries(tmp_path):
    for folder in ("shop/settings/third_party", "shop/third_party", "shop/conf/env"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("")
    assert list(walk(tmp_path)) == ["shop/conf/env/a.py", "shop/settings/third_party/a.py"]


def test_walks_the_environment_of_alembic(tmp_path):
    for path in (
        "alembic/env.py",
        "shop/migrations/env.py",
        "shop/migrations/versions/env.py",
        "vendor/migrations/env.py",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "shop/migrations/0001.py").write_text("")
    assert list(walk(tmp_path)) == ["alembic/env.py", "shop/migrations/env.py"]


def test_cookiecutter_templates_are_skipped(tmp_path):
    folder = tmp_path / "{{ cookiecutter.name }}"
    folder.mkdir()
    (folder / "settings.py").write_text("SECRET_KEY = 'k3y-of-a-test'\n")
    assert list(walk(tmp_path)) == []


def test_symlink_cycle_ends(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").symlink_to(tmp_path)
    assert list(walk(tmp_path)) == []


def test_special_files_do_not_stop_the_walk(tmp_path):
    (tmp_path / "settings.py").write_text("SECRET_KEY = 'k3y-of-a-test'\n")
    (tmp_path / "x").symlink_to("x")
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / ".env").symlink_to(".env")
    for one, two in (("a.py", "b.py"), ("b.py", "a.py")):
        (tmp_path / one).symlink_to(two)
    (tmp_path / "null.py").symlink_to("/dev/null")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "fifo_settings.py")
    os.mkfifo(tmp_path / ".env.local")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket.py"))
        found = scan_app(tmp_path)
    assert {f.path for f in found.findings} == {"settings.py"}
    unreadable = ("a.py", "b.py", "loop.py", "null.py", "socket.py", "zero.py")
    assert [(s.path, s.id) for s in found.skipped] == [
        (path, SkipId.UNREADABLE) for path in unreadable
    ]
    done = shield("scan", ".", cwd=tmp_path)
    assert (done.code, "settings.py" in done.out) == (1, True), done.text
    assert shield("plan", "--only", "code", cwd=tmp_path).code == 0
    closed.chmod(0o700)


@pytest.fixture
def non_utf8_app(tmp_path):
    """Return an app with a literal in a file with a name that is not UTF-8."""
    token = "ghp_" + "".join(
        secrets.choice(string.ascii_letters + string.digits) for _ in range(36)
    )
    name = os.fsdecode(b"caf\xe9.py")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / name).write_text(
        f"import os\nTOKEN = '{token}'\nAPI_KEY = os.environ['API_KEY']\n"
    )
    (tmp_path / "app" / os.fsdecode(b"\xff.env")).write_text(f"API_TOKEN={token}\n")
    (tmp_path / "app/settings.py").write_text("import os\nSECRET_KEY = os.environ['SECRET_KEY']\n")
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_reports_escape_names_that_are_not_utf_8(non_utf8_app, form):
    done = shield("scan", "app", "--format", form, cwd=non_utf8_app)
    shape = {"text": r"caf\xe9.py", "json": r"caf\\xe9.py", "sarif": "caf%5Cxe9.py"}[form]
    assert (done.code, shape in done.out) == (0 if form == "sarif" else 1, True), done.text
    if form != "sarif":
        assert "not UTF-8: scanned for credentials only" in " ".join(done.out.split())


def test_commands_accept_names_that_are_not_utf_8(non_utf8_app):
    done = shield("plan", "app", "--only", "code", "-o", "plan.json", cwd=non_utf8_app)
    assert (done.code, "settings.py" in (non_utf8_app / "plan.json").read_text()) == (0, True), (
        done.text
    )
    for command in (
        ("scan", "app", "--write-baseline", "baseline.json"),
        ("apply", "app", "--only", "code", "--yes", "--no-proof"),
        ("report", "app", "--only", "code", "-o", "report.html"),
        ("rollback", "app", "--only", "code", "--yes"),
    ):
        done = shield(*command, cwd=non_utf8_app)
        assert done.code in {0, 1}, done.text
    assert "caf" in (non_utf8_app / "report.html").read_text()


def test_unreadable_and_invalid_files_are_reported(tmp_path):
    (tmp_path / "settings.py").write_text("SECRET_KEY = = 'k3y-of-a-test'\n")
    (tmp_path / "config.py").write_bytes(b"API_KEY = '\xff'\n")
    (tmp_path / "conf.py").symlink_to("nowhere")
    (tmp_path / "big_settings.py").write_bytes(b"#" * 2_000_001)
    found = scan_app(tmp_path)
    assert found.findings == ()
    skipped = {entry.path: entry for entry in found.skipped}
    assert skipped["settings.py"].reason.startswith("not parsed, line 1: ")
    assert "encoding" in skipped["config.py"].reason
    assert skipped["conf.py"].id is SkipId.UNREADABLE
    assert skipped["big_settings.py"].id is SkipId.TOO_LARGE


def test_dotenv_finding_does_not_hold_the_value(tmp_path):
    value = "s3cret" + "-of-a-test"
    (tmp_path / ".env").write_text(
        f"DEBUG=1\n\nexport API_KEY='{value}'\nEMPTY_TOKEN=\nDATABASE_URL=postgres://u:{value}@h/d\n"
    )
    (tmp_path / ".env.example").write_text(f"API_KEY={value}\n")
    found = scan_app(tmp_path).findings
    assert [(f.path, f.line, f.name, f.rule) for f in found] == [
        (".env", 3, "API_KEY", "CSEC34.dotenv"),
        (".env", 5, "DATABASE_URL", "CSEC34.dotenv"),
    ]
    assert value not in repr(found)


def test_settings_file_without_the_runtime_is_reported(tmp_path):
    (tmp_path / "settings.py").write_text("import os\nX = os.environ['API_KEY']\n")
    rules = [f.rule for f in scan_app(tmp_path).findings]
    assert rules == ["CSEC34.no-runtime", "CSEC34.environ-read"]


def test_settings_file_without_secrets_needs_no_runtime(tmp_path):
    (tmp_path / "settings.py").write_text("import os\nX = os.environ['DB_NAME']\n")
    assert scan_app(tmp_path).findings == ()


def test_circular_star_imports_are_fast(tmp_path):
    stars = "".join(f"from shop.m{i} import *\n" for i in range(12))
    (tmp_path / "shop").mkdir()
    for i in range(12):
        (tmp_path / "shop" / f"m{i}.py").write_text(
            f"{stars}x = environ(a)\nAPI_KEY = nothing('API_KEY')\n"
        )
    assert scan_app(tmp_path).findings == ()


def test_unreadable_folder_is_reported(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", scandir)  # root reads everything
    assert list(walk_all(tmp_path)) == [Entry("closed", is_app_file=False)]
    with pytest.raises(SourceError, match="closed can't be read: Permission denied"):
        list(walk_all(tmp_path / "closed"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (".env", True),
        (".env.prod", True),
        ("shop.env", True),
        (".env.models", True),
        (".env.example", False),
        (".env.model", False),
        (".env.prod-skel", False),
        (".env.exemple", False),
        ("defaults.env", False),
    ],
)
def test_templates_are_no_dotenv_files(name, *, expected):
    assert is_dotenv(name) is expected
