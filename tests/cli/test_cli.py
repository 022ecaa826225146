from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from disk_faults import fill_disk
from fault_proxy import FaultProxy
from shield_helpers import SETTINGS, files_of, make_app, run, shield

from shield_ai.cli import COMMANDS


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    return root


def error(done, code, *words):
    """Check the exit code, and that the error is one line and a hint."""
    assert done.code == code, done.text
    lines = done.err.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("error: "))
    assert len(lines) - at in {1, 3}, done.err
    if len(lines) - at == 3:
        assert lines[at + 1] == ""
        assert lines[at + 2].startswith("hint: ")
    for word in words:
        assert word in done.err
    assert "Traceback" not in done.err


def test_all_commands_in_order(app, aws):
    before = files_of(app)
    scan = shield("scan", "--format", "json", cwd=app)
    assert scan.code == 1
    assert {f["env"] for f in json.loads(scan.out)["findings"]} >= {
        "SECRET_KEY",
        "MAIL_API_KEY",
        "DATABASE_PASSWORD",
    }
    assert files_of(app) == before

    assert shield("draft", cwd=app).code == 0
    drafted = files_of(app)
    assert drafted.keys() - before.keys() == {"shield.toml"}

    plan = shield("plan", "--env-file", ".env", cwd=app)
    assert plan.code == 0, plan.err
    assert "get_secret(" in plan.out
    assert files_of(app) == drafted

    done = shield("apply", "--env-file", ".env", "--yes", cwd=app)
    assert done.code == 0, done.err
    applied = files_of(app)
    assert b"get_secret(" in applied["shop/settings.py"]

    again = shield("apply", "--env-file", ".env", "--yes", cwd=app)
    assert again.code == 0, again.err
    assert "nothing to do" in again.err
    assert files_of(app) == applied

    assert shield("scan", cwd=app).code == 1  # the values in .env
    verify = shield("verify", cwd=app)
    assert verify.code == 0, verify.text

    undone = shield("rollback", "--yes", cwd=app)
    assert undone.code == 0, undone.err
    assert files_of(app) == drafted
    nothing = shield("rollback", "--yes", cwd=app)
    assert (nothing.code, nothing.err) == (0, "nothing to undo\n")


def test_apply_runs_all_stages_and_rollback_undoes_them(app, aws):
    before = files_of(app)
    assert run("apply", ".", "--env-file", ".env", "--yes", cwd=app).code == 0
    assert (app / "shield.toml").exists()
    assert run("rollback", "--yes", cwd=app).code == 0
    assert files_of(app) == before


def test_generated_files_have_no_findings(app, aws):
    for name in ("docs/a.md", "tests/test_a.py", "SECURITY_UPDATES.md", ".env.example"):
        (app / name).parent.mkdir(exist_ok=True)
        (app / name).write_text("")
    boto3.client("iam").create_role(RoleName="shop", AssumeRolePolicyDocument="{}")
    before = files_of(app)
    assert shield("draft", cwd=app).code == 0
    text = (app / "shield.toml").read_text()
    (app / "shield.toml").write_text(text.replace("[app]\n", '[app]\nrole = "shop"\n', 1))
    assert shield("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    written = {path for path, raw in files_of(app).items() if raw != before.get(path)}
    assert {"docs/aws-secrets-manager.md", "SECURITY_UPDATES.md", ".env.example"} <= written
    findings = json.loads(run("scan", "--format", "json", cwd=app).out)["findings"]
    assert {found["path"] for found in findings} & written == set()


def test_apply_code_first_and_aws_later(app, aws):
    (app / "shop/settings.py").write_bytes(SETTINGS + b"STRIPE_SECRET_KEY = 'left in the code'\n")
    assert code_only(app).code == 0
    done = run("apply", "--only", "aws", "--env-file", ".env", "--yes", cwd=app)
    assert done.code == 0, done.err
    client = boto3.client("secretsmanager")
    assert (
        client.get_secret_value(SecretId="stripe-secret-key")["SecretString"] == "left in the code"
    )
    (app / ".env").write_text((app / ".env").read_text().replace("DATABASE_NAME=", "OTHER="))
    for kind in ("aws", "code"):
        assert run("rollback", "--only", kind, "--yes", cwd=app).code == 0
    assert code_only(app).code == 0
    assert run("apply", "--only", "aws", "--env-file", ".env", "--yes", cwd=app).code == 0
    document = json.loads(client.get_secret_value(SecretId="database-credentials")["SecretString"])
    assert document["database"] == "shop"  # the default in the code


def test_rollback_of_the_code_after_a_later_apply_to_aws(app, aws):
    assert run("draft", cwd=app).code == 0
    before = files_of(app)
    assert code_only(app).code == 0
    assert run("apply", "--only", "aws", "--env-file", ".env", "--yes", cwd=app).code == 0
    done = run("rollback", "--only", "code", "--yes", cwd=app)
    assert (done.code, files_of(app)) == (0, before)


def test_renaming_a_secret_updates_the_code(app):
    assert code_only(app).code == 0
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text().replace('"mail-api-key"', '"mail-service"'))
    assert code_only(app).code == 0
    text = (app / "shop/settings.py").read_text()
    assert '"mail-service"' in text
    assert '"mail-service": "MAIL_API_KEY"' in (app / "shop/aws_secrets.py").read_text()
    assert "nothing to do" in code_only(app).err


def test_apply_a_plan_file(app, aws, tmp_path):
    path = str(tmp_path / "plan.json")
    assert run("plan", "--env-file", ".env", "-o", path, cwd=app).code == 0
    assert run("apply", path, "--yes", cwd=app).code == 0
    assert b"get_secret(" in (app / "shop/settings.py").read_bytes()
    assert "nothing to do" in run("apply", ".", "--yes", cwd=app).err


def test_stale_plan(app, aws, tmp_path):
    path = str(tmp_path / "plan.json")
    run("plan", "--env-file", ".env", "-o", path, cwd=app)
    (app / "shop/settings.py").write_bytes(SETTINGS + b"X = 1\n")
    before = files_of(app)
    error(
        run("apply", path, "--yes", cwd=app), 4, "shop/settings.py changed since the plan was made"
    )
    assert files_of(app) == before
    (tmp_path / "garbage.json").write_text("{}")
    error(
        run("apply", str(tmp_path / "garbage.json"), "--yes", cwd=app),
        4,
        "is not a valid plan file",
    )


def code_only(app):
    return run("apply", "--only", "code", "--yes", cwd=app)


def test_ends_with_the_steps_of_the_plan(app):
    (app / "README.md").write_text(f"Environment variables: {SETTINGS.decode()}")
    (app / "CHANGELOG.md").write_text("# Changes\n\n## Unreleased\n")
    planned = json.loads(run("plan", "--only", "code", "--json", cwd=app).out)["next_steps"]
    assert {step.partition(":")[0] for step in planned} >= {"README.md", "CHANGELOG.md"}
    done = code_only(app).err
    assert [line for line in done.splitlines() if line.startswith("next: ")] == [
        f"next: {step}" for step in planned
    ]
    assert all(done.count(step) == 1 for step in planned)


def test_rollback_counts_the_steps_that_it_lists(app):
    """All files of the copied runtime are one step."""
    assert code_only(app).code == 0
    done = run("rollback", "--only", "code", "--yes", cwd=app)
    assert done.code == 0, done.text
    heading, *rest = done.err.splitlines()
    listed = list(itertools.takewhile(lambda line: line.startswith("  "), rest))
    steps = [line for line in listed if line.startswith(("  create", "  edit"))]
    assert heading.startswith(f"These {len(steps)} steps of the last apply")


@pytest.mark.parametrize("edited", ["pyproject.toml", "requirements.in"])
def test_ends_with_the_lock_files_to_update(app, edited):
    (app / "requirements.txt").write_text("# via\ndjango==5.2\n")
    (app / "requirements.in").write_text("django\n")
    expected = ["next: requirements.txt: lock file; compile it again to add boto3"]
    if edited == "pyproject.toml":
        (app / edited).write_text('[project]\nname = "shop"\ndependencies = ["django"]\n')
        (app / "uv.lock").write_text("version = 1\n")
        expected = ["next: uv.lock: lock file; run `uv lock` to update it from pyproject.toml"]
    done = code_only(app)
    assert done.code == 0, done.err
    assert [line for line in done.err.splitlines() if "lock file;" in line][-1:] == expected
    assert done.err.splitlines()[-1] == expected[-1]


@pytest.mark.parametrize("command", ["draft", "plan", "apply"])
def test_folder_without_an_app(tmp_path, command):
    error(
        run(command, "--only", "code", cwd=tmp_path)
        if command != "draft"
        else run("draft", cwd=tmp_path),
        2,
    )
    error(run(command, str(tmp_path / "none"), cwd=tmp_path), 2, "does not exist")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param(
            "shop/settings.py",
            b"SECRET_KEY = (\n",
            ["shop/settings.py", "not parsed", "line 1"],
            id="not Python",
        ),
        pytest.param(
            "shop/settings.py",
            b"SECRET_KEY = '\xe4'\n",
            ["shop/settings.py", "encoding"],
            id="latin-1, undeclared",
        ),
        pytest.param("shop/settings.py", b"SECRET\0", ["shop/settings.py", "NUL"], id="binary"),
        pytest.param(
            "shield.toml",
            b"[app]\nnaem = 'x'\n",
            ["shield.toml:2", "unknown key `naem`"],
            id="wrong key",
        ),
        pytest.param(
            "shield.toml", b"\xff\xfe", ["shield.toml", "UTF-8"], id="manifest is not text"
        ),
    ],
)
def test_unreadable_file_stops_apply(app, name, content, words):
    (app / name).write_bytes(content)
    before = files_of(app)
    error(code_only(app), 2, *words)
    assert files_of(app) == before


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(SETTINGS.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + SETTINGS, id="BOM"),
        pytest.param(
            b"# -*- coding: latin-1 -*-\nNAME = 'B\xe4cker'\n" + SETTINGS, id="latin-1, declared"
        ),
        pytest.param(SETTINGS.rstrip(b"\n"), id="no final newline"),
    ],
)
def test_encodings_and_line_endings_are_restored_byte_for_byte(app, content):
    (app / "shop/settings.py").write_bytes(content)
    before = files_of(app)
    done = code_only(app)
    assert done.code == 0, done.err
    new = (app / "shop/settings.py").read_bytes()
    assert b"get_secret(" in new
    assert (b"\r\n" in new) == (b"\r\n" in content)
    assert b"\r\n" not in content or b"\n" not in new.replace(b"\r\n", b"")
    assert run("rollback", "--yes", "--only", "code", cwd=app).code == 0
    assert files_of(app) == before


def test_symlink_out_of_the_tree_is_not_followed(app, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_bytes(SETTINGS)
    (app / "shop/settings.py").unlink()
    (app / "shop/settings.py").symlink_to(outside)
    error(code_only(app), 2, "shop/settings.py: can't be read, or is a symbolic link to a file")
    assert outside.read_bytes() == SETTINGS


def test_full_disk(app, monkeypatch):
    fill_disk(monkeypatch, "settings.py")
    before = files_of(app)
    error(code_only(app), 2, "No space left", "nothing was changed")
    assert files_of(app) == before


AS_NOBODY = """
import os, sys
from shield_ai.__main__ import main
arguments = ["apply", sys.argv[1], "--only", "code", "--yes"]
assert main([*arguments[:1], sys.argv[2], *arguments[2:]]) == 0  # imports the lazy modules
os.setuid(65534)
sys.exit(main(arguments))
"""


@pytest.fixture
def public_app():
    """An app in a folder that every user can enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in ("app", "other"):
            root = Path(folder) / name
            root.mkdir()
            make_app(root)
        yield Path(folder) / "app"


def as_nobody(app):
    """Run `shield apply` as a normal user, because root ignores permissions."""
    command = [sys.executable, "-c", AS_NOBODY, str(app), str(app.parent / "other")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.getuid() != 0, reason="requires root")
def test_read_only_tree(public_app):
    before = files_of(public_app)
    done = as_nobody(public_app)
    assert done.returncode == 2, done.stderr
    assert "can't be written" in done.stderr
    assert files_of(public_app) == before
    assert not (public_app / ".shield").exists()


@pytest.mark.skipif(os.getuid() != 0, reason="requires root")
def test_unreadable_file(public_app):
    before = files_of(public_app)
    (public_app / "shop/settings.py").chmod(0o600)
    done = as_nobody(public_app)
    assert done.returncode == 2, done.stderr
    assert "error: shop/settings.py: can't be read" in done.stderr
    assert files_of(public_app) == before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("secret key", ["not a KEY=value line"], id="no name"),
        pytest.param("SECRET_KEY", ["no value for django-secret-key"], id="no equals sign"),
        pytest.param("SECRET_KEY=", ["no value for django-secret-key"], id="empty"),
        pytest.param("", ["no value for database-credentials"], id="absent"),
    ],
)
def test_env_file_without_a_value(app, aws, line, words):
    kept = [
        x
        for x in (app / ".env").read_text().splitlines()
        if not x.startswith(("SECRET", "DATABASE"))
    ]
    rest = ["DATABASE_USER=x", "DATABASE_PASSWORD=y"] if line else ["SECRET_KEY=z"]
    (app / ".env").write_text("\n".join([*kept, line, *rest]) + "\n")
    before = files_of(app)
    done = run("apply", "--env-file", ".env", "--yes", cwd=app)
    error(done, 2, *words)
    if "no value" in words[0]:
        assert "hint: add it to .env; set generate" in done.err
        assert done.err.endswith("; to store the value later, use --allow-missing\n")
        unnamed = run("apply", "--yes", cwd=app)
        assert "hint: if .env has production's values, use --env-file .env; " in unnamed.err
    assert files_of(app) == before
    assert boto3.client("secretsmanager").list_secrets()["SecretList"] == []


def test_env_file_that_gives_no_value_at_all(app, aws):
    (app / "production.env").write_text("DEBUG=0\n")
    done = run("apply", "--env-file", "production.env", "--yes", cwd=app)
    error(done, 2, "no value for")
    assert "hint: add them to production.env; set generate" in done.err


def test_missing_env_file(app, aws):
    error(run("apply", "--env-file", "none.env", "--yes", cwd=app), 2, "none.env can't be read")


@pytest.mark.parametrize(
    "arguments",
    [["apply", "--yes"], ["plan", "--json"], ["plan", "-o", "p"], ["plan", "--detailed-exitcode"]],
    ids=" ".join,
)
def test_no_credentials(app, arguments):
    error(run(*arguments, cwd=app), 5, "no AWS credentials", "--only code")
    assert not (app / "p").exists()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (
            ["rotate", "django-secret-key", "--yes"],
            "sign in with aws sso login; without an account, try shield local bash\n",
        ),
        (
            ["pull", "--env-file", "new.env"],
            "sign in with aws sso login; without an account, try shield local bash\n",
        ),
        (
            ["verify"],
            "sign in with aws sso login; without an account, try shield local bash; shield verify also works with --only code\n",
        ),
    ],
)
def test_the_hint_for_missing_credentials_is_true(app, arguments, hint):
    assert run("draft", cwd=app).code == 0
    done = run(*arguments, cwd=app)
    assert (done.code, done.err.endswith(hint)) == (5, True), done.text


def test_the_hint_for_an_option_without_a_value_names_the_command(app):
    error(run("scan", "--format", cwd=app), 2, "requires an argument", "see shield scan --help")


def test_plan_without_credentials_shows_the_code(app):
    done = run("plan", cwd=app)
    assert done.code == 0
    assert done.out == run("plan", "--only", "code", cwd=app).out
    assert "The changes in AWS are not shown: no AWS credentials." in done.err
    assert done.err.splitlines()[-1].startswith("hint: set AWS_PROFILE")


def test_plan_with_detailed_exitcode(app):
    arguments = ["plan", "--only", "code", "--detailed-exitcode"]
    assert run(*arguments, cwd=app).code == 1
    error(run(*arguments, "--conflict", "none", cwd=app), 2)
    assert code_only(app).code == 0
    done = run(*arguments, cwd=app)
    assert (done.code, done.out) == (0, "No changes to the code\n")


def test_plan_without_changes_in_aws(app, aws):
    assert run("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    done = run("plan", "--detailed-exitcode", cwd=app)
    assert (done.code, done.out.splitlines()[-1]) == (0, "No changes; 1 item skipped")


def test_endpoint_down(app, aws):
    done = run(
        "plan", cwd=app, env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    )
    error(done, 5, "can't be reached")


@pytest.mark.parametrize(
    ("operation", "code", "words"),
    [
        (
            "DescribeSecret",
            "AccessDeniedException",
            ["denied secretsmanager:DescribeSecret", "Allow"],
        ),
        (
            "CreateSecret",
            "AccessDeniedException",
            ["denied secretsmanager:CreateSecret on django-secret-key", "Allow"],
        ),
        ("CreateSecret", "ExpiredTokenException", ["credentials", "sign in again"]),
        ("CreateSecret", "ThrottlingException", ["throttled secretsmanager:CreateSecret"]),
    ],
)
def test_aws_errors(app, aws, operation, code, words):
    before = files_of(app)
    with FaultProxy(aws.url) as proxy:
        proxy.answer(operation, code, at=None)
        done = run(
            "apply",
            "--env-file",
            ".env",
            "--yes",
            cwd=app,
            env={"AWS_ENDPOINT_URL": proxy.url, "AWS_MAX_ATTEMPTS": "1"},
        )
    error(done, 5, *words)
    assert files_of(app) == before


def test_rollback_in_a_folder_without_an_app_is_an_error(tmp_path):
    done = run("rollback", "--yes", cwd=tmp_path)
    error(done, 2, f"nothing was applied in {tmp_path}, and it has no app", "folder")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["manage.py", "requirements.txt", "shop/settings.py"])
def test_rollback_in_an_app_without_an_apply_does_nothing(tmp_path, path):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).touch()
    done = run("rollback", "--yes", cwd=tmp_path)
    assert (done.code, done.err) == (0, "nothing to undo\n")


def test_rollback_keeps_the_edits_since_apply(app, aws):
    assert run("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    settings = app / "shop/settings.py"
    edited = settings.read_bytes() + b"X = 1\n"
    settings.write_bytes(edited)
    done = run("rollback", "--yes", cwd=app)
    assert done.code == 0, done.text
    assert "+X = 1" in done.err
    assert "these edits of shop/settings.py are kept" in done.err
    assert settings.read_bytes() == SETTINGS + b"X = 1\n"
    assert (app / ".shield/edited/shop/settings.py").read_bytes() == edited


def test_rollback_names_the_apply_and_how_many_are_left(app, aws):
    assert run("draft", cwd=app).code == 0
    manifest = app / "shield.toml"
    for team in ("", '[app]\ntags = { team = "web" }\n'):
        manifest.write_text(manifest.read_text().replace("[app]\n", team or "[app]\n"))
        assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    asked = run("rollback", cwd=app)
    assert f" of the last apply of {day} " in asked.err
    assert "1 earlier apply remains after this rollback" in asked.err
    done = run("rollback", "--yes", cwd=app)
    assert "1 earlier apply remains; to undo the newest, run shield rollback again" in done.err
    done = run("rollback", "--yes", cwd=app)
    assert done.code == 0, done.text
    assert "remain" not in done.err


def test_rollback_does_not_remove_modules_that_new_code_imports(app, aws):
    assert run("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    (app / "shop/views.py").write_text("from shop.aws_secrets import get_secret\n")
    before = files_of(app)
    done = run("rollback", "--yes", cwd=app)
    error(done, 4, "imports shop/aws_secrets.py", "shop/views.py:1", "--force")
    assert files_of(app) == before


def test_rollback_with_force_keeps_modules_that_new_code_imports(app, aws):
    before = files_of(app)
    assert run("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    views = app / "shop/views.py"
    views.write_text("from shop.aws_secrets import get_secret\n")
    module = app / "shop/aws_secrets.py"
    edited = module.read_bytes() + b"# edited\n"
    module.write_bytes(edited)
    done = run("rollback", "--yes", cwd=app)
    error(done, 4, "edited since apply: shop/aws_secrets.py", "shop/views.py:1", "--force")
    done = run("rollback", "--yes", "--force", cwd=app)
    error(done, 6, "not undone: shop/aws_secrets.py", "shop/views.py:1 imports it")
    assert module.read_bytes() == edited
    assert (app / "shop/settings.py").read_bytes() == before["shop/settings.py"]
    command = [sys.executable, "-B", "-c", "import shop.views"]
    assert subprocess.run(command, cwd=app, check=False).returncode == 0
    views.write_text("import os\n")
    assert run("rollback", "--yes", "--force", cwd=app).code == 0
    assert files_of(app) == {**before, "shop/views.py": b"import os\n"}


def test_rollback_of_an_edit_that_it_would_lose_requires_force(app, aws):
    assert run("apply", "--env-file", ".env", "--yes", cwd=app).code == 0
    settings = app / "shop/settings.py"
    settings.write_bytes(settings.read_bytes() + b"X = get_secret('x')\n")
    before = files_of(app)
    done = run("rollback", "--yes", cwd=app)
    error(done, 4, "edited since apply: shop/settings.py", "+X = get_secret", "--force")
    assert files_of(app) == before
    done = run("rollback", "--yes", "--force", cwd=app)
    assert (done.code, "your version was saved as .shield/edited/shop/settings.py" in done.err) == (
        0,
        True,
    ), done.text
    assert settings.read_bytes() == SETTINGS
    assert (app / ".shield/edited/shop/settings.py").read_bytes() == before["shop/settings.py"]


def test_apply_requires_confirmation(app, aws):
    before = files_of(app)
    error(run("apply", "--env-file", ".env", cwd=app), 2, "--yes")
    assert files_of(app) == before


def test_dirty_git_tree(app):
    ours = app / ".shield/.gitignore"  # written by shield
    ours.parent.mkdir(parents=True)
    ours.write_text("1")
    git = [
        "git",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.test",
        "-c",
        "commit.gpgsign=false",
    ]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], cwd=app, check=True, capture_output=True)
    ours.write_text("2")
    (app / "manage.py").write_text("# edited\n")
    error(code_only(app), 4, "uncommitted changes: manage.py", "--allow-dirty")
    assert run("apply", "--only", "code", "--yes", "--allow-dirty", cwd=app).code == 0


def test_plan_names_the_alternative_to_the_copy(app):
    note = '      runtime = "package" in shield.toml adds shield-ai-runtime instead\n'
    assert note in run("plan", "--only", "code", cwd=app).out
    assert code_only(app).code == 0
    assert note not in run("plan", "--only", "code", cwd=app).out


@pytest.mark.parametrize(
    ("files", "error"),
    [
        pytest.param({".travis.yml": "python: 3.6\n"}, ".travis.yml names Python 3.6", id="CI"),
        pytest.param({"tox.ini": "envlist = py27,py36\n"}, "", id="only tox"),
        pytest.param({".travis.yml": "python: [3.6, 3.7]\n"}, "", id="3.7 is only warned about"),
        pytest.param({"setup.py": "python_requires='>=3.6'\n"}, "", id="newer is allowed"),
    ],
)
def test_python_that_cannot_import_the_runtime(app, files, error):
    for path, text in files.items():
        (app / path).write_text(text)
    for done in (run("plan", "--only", "code", cwd=app), code_only(app)):
        assert (f"error: {error}: the runtime needs 3.7 or newer" in done.text) == bool(error)
        assert done.code == (4 if error else done.code)


def test_old_python(app):
    (app / ".travis.yml").write_text("python: 3.6\n")
    (app / "Dockerfile").write_text("FROM python:3.8-slim\n")
    planned = run("plan", "--only", "code", cwd=app)
    _, _, warning = planned.text.partition("warning: the runtime is not tested on these versions")
    assert " .travis.yml\n      names Python 3.6; the runtime does not run before 3.7\n" in warning
    assert " Dockerfile\n      names Python 3.8; the runtime is tested from 3.9 on\n" in warning
    done = code_only(app)
    assert (done.code, "names Python 3.8; the runtime is tested from 3.9 on" in done.text) == (
        0,
        True,
    )
    assert run("plan", "--only", "code", cwd=app).text.count("names Python") == 0


def test_new_files_that_git_ignores(app):
    subprocess.run(["git", "init", "-q", app], check=True)
    (app / ".gitignore").write_text(".env*\n_shield*\n")
    before = files_of(app)
    for done in (run("plan", "--only", "code", cwd=app), code_only(app)):
        error(done, 4, "git ignores shop/_shield_runtime/__init__.py", "`runtime`")
    assert files_of(app) == before
    (app / ".gitignore").write_text(".env*\nenv*\n*.env\n")
    assert code_only(app).code == 0


def test_git_ignores_some_modules_of_the_copy(app):
    subprocess.run(["git", "init", "-q", app], check=True)
    (app / ".gitignore").write_text("testing/\nmetrics.py\n__pycache__/\n")
    assert code_only(app).code == 0
    copy = "shop/_shield_runtime"
    paths = [f"{copy}/testing/__init__.py", f"{copy}/metrics.py", f"{copy}/__pycache__/a.pyc"]
    done = subprocess.run(
        ["git", "-C", app, "check-ignore", *paths], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == paths[2:]
    before = files_of(app)
    assert code_only(app).code == 0
    assert files_of(app) == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["aply"], ["aply"]),
        (["apply", "--onyl", "code"], ["--onyl"]),
        (["plan", "--only", "cloud"], ["cloud"]),
        (["explain", "NO.such"], ["NO.such"]),
    ],
)
def test_wrong_usage(tmp_path, arguments, words):
    error(run(*arguments, cwd=tmp_path), 2, *words)


def test_unparsable_file_fails_the_scan(tmp_path):
    (tmp_path / "settings.py").write_text("SECRET_KEY = (\n")
    for form in ("text", "json"):
        done = run("scan", "--format", form, cwd=tmp_path)
        assert done.code == 1
        assert "not parsed" in done.out


@pytest.mark.parametrize("command", ["scan", "plan"])
def test_output_file_can_not_be_written(app, command):
    only = ["--only", "code"] if command == "plan" else []
    error(run(command, *only, "-o", "none/out", cwd=app), 2, "none/out can't be written")


@pytest.mark.parametrize("form", ["json", "sarif", "text"])
def test_output_file(app, form):
    done = run("scan", "--format", form, "-o", "out", cwd=app)
    assert done.code == (0 if form == "sarif" else 1)
    assert done.out == ""
    text = (app / "out").read_text()
    assert "CSEC34.environ-read" in text
    if form == "sarif":
        assert any(result.get("fixes") for result in json.loads(text)["runs"][0]["results"])


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)], ids=str)
def test_help_is_80_columns_wide(tmp_path, arguments):
    done = run(*arguments, "--help", cwd=tmp_path)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        ("apply", "--only", "code"),
        ("draft",),
        ("patterns", "list"),
        ("rotate", "--status", "--app"),
        ("demo", "--keep"),
    ],
    ids=" ".join,
)
def test_path_that_cannot_be_read(tmp_path, arguments):
    done = run(*arguments, "x" * 300, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "can't be read: File name too long" in done.err


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        pytest.param([], "shield [OPTIONS] COMMAND", id="help"),
        pytest.param(["--help"], "shield [OPTIONS] COMMAND", id="help --help"),
        pytest.param(["help"], "shield [OPTIONS] COMMAND", id="help help"),
        pytest.param(["scan"], "shield scan [OPTIONS]", id="command"),
        pytest.param(["scan", "--help"], "shield scan [OPTIONS]", id="command --help"),
        pytest.param(["patterns", "check"], "shield patterns check [OPTIONS]", id="subcommand"),
    ],
)
def test_help_as_a_command(tmp_path, arguments, usage):
    done = run("help", *arguments, cwd=tmp_path)
    assert done.code == 0
    assert done.out.startswith(f"Usage: {usage}")


def test_help_lists_all_commands_in_sections(tmp_path):
    shown = run("--help", cwd=tmp_path).out
    listed = shown.partition("Find secrets:\n")[2].splitlines()
    names = [line.split()[0] for line in listed if line.startswith("  ")]
    assert names[: len(COMMANDS)] == list(COMMANDS)
    assert "..." not in shown.replace("[ARGS]...", "")


def test_explain(tmp_path):
    done = run("explain", "CSEC34.literal", cwd=tmp_path)
    assert done.code == 0
    assert "CSEC34.literal" in done.out


def test_scan_does_not_import_boto3(app):
    code = "import sys; from shield_ai.__main__ import main; main(['scan', sys.argv[1]]); print('boto3' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, str(app)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False"


def test_app_without_secrets_is_unchanged(tmp_path):
    (tmp_path / "settings.py").write_text("DEBUG = True\n")
    before = files_of(tmp_path)
    done = code_only(tmp_path)
    assert (done.code, done.err) == (0, "nothing to do: no changes\n")
    assert files_of(tmp_path) == before
    assert not (tmp_path / ".shield").exists()


def test_variable_used_as_a_secret_is_moved_everywhere(tmp_path):
    (tmp_path / "settings.py").write_text("import os\nAPI_KEY = os.environ['CLAUDE_API']\n")
    (tmp_path / "ask.py").write_text("import os\nclient = connect(os.environ['CLAUDE_API'])\n")
    assert code_only(tmp_path).code == 0
    assert "get_secret" in (tmp_path / "ask.py").read_text()
    assert "nothing to do" in code_only(tmp_path).err


def test_secret_that_is_added_after_apply(app):
    assert code_only(app).code == 0
    settings = app / "shop/settings.py"
    settings.write_text(settings.read_text() + 'NEW_API_KEY = os.environ["NEW_API_KEY"]\n')
    advice = "1 secret is not in shield.toml (NEW_API_KEY): run shield draft\n"
    assert advice in run("apply", "--only", "code", "--yes", cwd=app).err
    assert advice in run("plan", "--only", "code", cwd=app).out
    assert run("draft", cwd=app).code == 0
    assert advice not in run("plan", "--only", "code", cwd=app).out


def test_skipped_items_are_counted(tmp_path):
    (tmp_path / "settings.py").write_text(
        "class A:\n    API_KEY = 'k3y-of-a-test'\n    API_KEY = 'an0ther-one'\n"
    )
    done = code_only(tmp_path)
    assert (
        done.err
        == "nothing to do: no changes; 2 items skipped, shield plan --only code shows why\n"
    )


@pytest.mark.parametrize(
    ("variable", "value", "arguments"),
    [
        pytest.param("SHIELD_SCAN_FORMAT", "json", ["scan"], id="a choice"),
        pytest.param("SHIELD_PLAN_JSON", "1", ["plan", "--only", "code"], id="a flag"),
        pytest.param(
            "SHIELD_PLAN_ENV_FILE", "none.env", ["plan", "--only", "code"], id="a list of files"
        ),
    ],
)
def test_options_from_env_vars(app, variable, value, arguments):
    done = run(*arguments, cwd=app, env={variable: value})
    if value == "none.env":
        error(done, 2, "none.env can't be read")
    else:
        json.loads(done.out)


def test_rollback_of_an_apply_on_another_machine(app):
    """The journal stays on the machine of apply; git has the edits."""
    assert code_only(app).code == 0
    shutil.rmtree(app / ".shield")
    done = run("rollback", "--yes", cwd=app)
    assert done.code == 0
    assert done.err.splitlines() == [
        "nothing to undo",
        "no journal: shield apply ran in another folder or on another machine, so use git revert",
    ]


@pytest.mark.parametrize("command", ["draft", "plan", "verify", "apply", "rollback"])
def test_a_folder_inside_the_app_is_refused(app, command):
    assert code_only(app).code == 0
    before = files_of(app)
    options = [] if command == "draft" else ["--only", "code"]
    done = run(command, *options, cwd=app / "shop")
    error(done, 2, "is inside another app", "run shield in ..;")
    assert not (app / "shop/.shield").exists()
    assert files_of(app) == before


def test_a_login_in_two_secrets_is_reported_before_a_rotation(app, aws):
    login = "shop:same-password-17@db.example.com/shop"
    variables = {"DATABASE_URL": f"postgres://{login}", "BROKER_URL": f"sqla+postgresql://{login}"}
    settings = app / "shop/settings.py"
    lines = [f'{name} = os.environ["{name}"]\n' for name in variables]
    settings.write_bytes(settings.read_bytes() + "".join(lines).encode())
    with (app / ".env").open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in variables.items())
    assert run("draft", cwd=app).code == 0
    manifest = app / "shield.toml"
    entry = 'env = "DATABASE_URL"\n'
    text = manifest.read_text().replace(entry, entry + 'rotate = { strategy = "single-user" }\n')
    manifest.write_text(text)
    warning = "the rotation of database-url would break broker-url"
    planned = run("plan", "--env-file", ".env", cwd=app)
    assert warning in " ".join(planned.out.split()), planned.text
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=app).code == 0
    verified = run("verify", cwd=app)
    assert warning in " ".join(verified.out.split()), verified.text
    assert "same-password-17" not in planned.text + verified.text
