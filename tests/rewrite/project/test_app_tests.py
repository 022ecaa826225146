from __future__ import annotations

import os
import subprocess
import sys

import pytest
from fixer_helpers import MANIFEST, manifest, run

from shield_ai.model.manifest import Manifest
from shield_ai.model.manifest_parser import parse
from shield_ai.rewrite.project import app_tests, runtime_copy

PATH = "tests/test_secrets.py"


def fix(files, made=None, *, folders=()):
    return run(
        app_tests.write_tests(files.get, made or manifest(), lambda folder: folder in folders),
        files,
    )


@pytest.mark.parametrize(
    ("before", "folders", "new"),
    [
        pytest.param([], [], ["tests/__init__.py", PATH], id="no tests yet"),
        pytest.param(["tests/__init__.py"], ["tests"], [PATH], id="package"),
        pytest.param(["tests/conftest.py"], ["tests"], [PATH], id="pytest"),
        pytest.param(["tests/test_a.py"], ["tests"], [PATH], id="folder without __init__.py"),
        pytest.param(["tests.py"], [], ["shop/utils/test_secrets.py"], id="module tests.py"),
        pytest.param(
            ["tests/__init__.py", PATH], ["tests"], ["tests/test_aws_secrets.py"], id="the name is taken"
        ),
        pytest.param(
            ["backend/manage.py", "backend/shop/__init__.py"], ["backend"],
            ["backend/tests/__init__.py", "backend/tests/test_secrets.py"], id="below manage.py",
        ),
    ],
)  # fmt: skip
def test_creates_tests_in_folder_of_the_apps_tests(before, folders, new):
    files = dict.fromkeys(before, b"")
    made = manifest(runtime="backend/shop/utils/secrets.py") if "backend" in folders else manifest()
    assert not fix(files, made, folders=folders)
    assert sorted(set(files) - set(before)) == sorted(new)
    assert app_tests.write_tests(files.get, made, lambda _: True) == ([], [])


def test_creates_tests_beside_runtime_if_folders_are_unknown():
    files = {}
    assert not run(app_tests.write_tests(files.get, manifest()), files)
    assert list(files) == ["shop/utils/test_secrets.py"]


def test_does_not_overwrite_existing_tests():
    files = {"tests/__init__.py": b"", PATH: b"", "tests/test_aws_secrets.py": b""}
    assert "tests not written" in fix(files)["tests/test_aws_secrets.py"]
    assert len(files) == 3


def test_updates_tests_until_they_are_edited():
    files = {}
    fix(files)
    later = parse(MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n')
    assert not fix(files, later)
    assert b'("mail-password", None, "MAIL_PASSWORD"),' in files[PATH]
    files[PATH] += b"# mine\n"
    before = dict(files)
    assert "edited manually" in fix(files)[PATH]
    assert files == before


def test_reports_invalid_module_name():
    assert (
        "not a valid module name"
        in fix({}, manifest(runtime="my-app/secrets.py"))["my-app/secrets.py"]
    )


def test_creates_no_tests_without_secrets():
    assert fix({}, Manifest(app=manifest().app)) == {}
    assert (
        fix(
            {},
            parse(
                MANIFEST.replace('"shop/utils/secrets.py"', '"package"').replace(
                    '["shop/settings.py"]', "[]"
                )
            ),
        )
        == {}
    )


def test_imports_runtime_package():
    files = {}
    assert not fix(files, manifest(runtime="package"))
    assert b"from shield_runtime import (" in files[PATH]


def test_is_formatted_like_black(tmp_path):
    files = {}
    fix(files)
    path = tmp_path / "test_secrets.py"
    path.write_bytes(files[PATH])
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--line-length",
        "88",
        "--check",
        str(path),
    ]
    subprocess.run(ruff, check=True, capture_output=True)
    assert max(map(len, files[PATH].decode().splitlines())) <= 88


@pytest.fixture
def app(tmp_path):
    files = {"shop/__init__.py": b""}
    run(runtime_copy.fix(files.get, manifest()), files)
    fix(files)
    for path, raw in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(raw)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["-W", "error", "-m", "unittest", "-v"], id="unittest"),
        pytest.param(
            ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"], id="pytest"
        ),
    ],
)
def test_generated_tests_pass(app, command):
    environment = {
        **os.environ,
        "USE_AWS_SECRETS": "true",
        "SECRET_KEY": "of the developer",
        "HTTP_PROXY": "http://x",
    }
    done = subprocess.run(
        [sys.executable, *command],
        check=False,
        cwd=app,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "12" in done.stderr + done.stdout
    assert "skipped" not in done.stderr + done.stdout


def test_generated_tests_fail_if_secret_is_not_read(app):
    path = app / PATH
    path.write_text(
        path.read_text().replace("return source(", "return os.environ.get(variable) or len(")
    )
    done = subprocess.run(
        [sys.executable, "-m", "unittest"], check=False, cwd=app, capture_output=True, text=True
    )
    assert done.returncode == 1
