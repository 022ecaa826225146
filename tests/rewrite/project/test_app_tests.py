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


def app_with_tests():
    """Return the files of an app with tests."""
    return {"tests/__init__.py": b""}


def fix(files, made=None):
    return run(app_tests.write_tests(files.get, made or manifest(), list(files)), files)


@pytest.mark.parametrize(
    ("before", "path"),
    [
        pytest.param(["tests/test_a.py"], PATH, id="folder"),
        pytest.param(["shop/tests/test_a.py"], "shop/tests/test_secrets.py", id="folder in a package"),
        pytest.param(
            ["shop/tests/test_a.py", "tests/unit/test_b.py", "tests/test_c.py"], PATH, id="outer folder"
        ),
        pytest.param(["shop/tests.py"], "shop/utils/test_secrets.py", id="module tests.py"),
        pytest.param(["tests/test_a.py", PATH], "tests/test_aws_secrets.py", id="the name is taken"),
    ],
)  # fmt: skip
def test_creates_tests_in_folder_of_the_apps_tests(before, path):
    files = dict.fromkeys(before, b"")
    assert not fix(files)
    assert set(files) - set(before) == {path}
    assert app_tests.write_tests(files.get, manifest(), list(files)) == ([], [])


def test_creates_no_tests_if_the_app_has_none():
    files = {"shop/settings.py": b"", "manage.py": b""}
    assert fix(files) == {}
    assert len(files) == 2


@pytest.mark.parametrize(
    ("text", "is_created"),
    [
        pytest.param(b"from shop.models import Item\n", True, id="imports the app"),
        pytest.param(b"import shop\n", True, id="the whole package"),
        pytest.param(b"import shopping\nfrom library import shop\n", False, id="of something else"),
    ],
)
def test_tests_beside_the_app_must_be_able_to_import_it(text, is_created):
    files = {"sandbox/manage.py": b"", "sandbox/shop/settings.py": b"", "tests/test_a.py": text}
    fix(files, manifest(runtime="sandbox/shop/utils/secrets.py"))
    assert (PATH in files) is is_created


def test_writes_no_tests_in_a_template_for_startproject():
    files = {"project_name/settings.py": b"A = '{{ project_name }}.urls'\n", "tests/test_a.py": b""}
    assert fix(files, manifest(runtime="project_name/utils/secrets.py")) == {}
    assert PATH not in files


def test_does_not_overwrite_existing_tests():
    files = {
        "tests/__init__.py": b"",
        "tests/test_secrets.py": b"",
        "tests/test_aws_secrets.py": b"",
    }
    assert "tests not written" in fix(files)["tests/test_aws_secrets.py"]
    assert len(files) == 3


def test_updates_tests_until_they_are_edited():
    files = app_with_tests()
    fix(files)
    later = parse(MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n')
    assert not fix(files, later)
    assert b'"mail-password": "MAIL_PASSWORD",' in files[PATH]
    files[PATH] += b"# mine\n"
    before = dict(files)
    assert "edited manually" in fix(files)[PATH]
    assert files == before


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="not configured"),
        pytest.param("lint.ignore = ['PT009']", id="no plain assertions"),
        pytest.param("format.quote-style = 'single'", id="quotes"),
        pytest.param("line-length = 79", id="short lines"),
        pytest.param("lint.isort.force-single-line = true", id="one import a line"),
        pytest.param(
            "lint.isort.lines-after-imports = 2\nlint.isort.lines-between-types = 1", id="imports"
        ),
    ],
)
def test_tests_follow_the_style_of_the_project(config, tmp_path):
    config = f"{config}\nlint.select = ['I', 'E501', 'PT']\n"
    config += "lint.isort.known-first-party = ['shop']\n"
    files = {**app_with_tests(), "ruff.toml": config.encode()}
    name = 'name = "a-credential-of-a-team-with-a-long-name"\nenv = "A_CREDENTIAL_OF_A_TEAM_WITH_A_LONG_NAME"'
    fix(files, parse(f"{MANIFEST}\n[[secret]]\n{name}\n"))
    (tmp_path / "ruff.toml").write_text(config)
    (tmp_path / "test_secrets.py").write_bytes(files[PATH].split(b"\n", 1)[1])
    for command in (["format", "--diff"], ["check"]):
        argv = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_asserts_as_unittest_does_by_default():
    files = app_with_tests()
    fix(files)
    assert b"self.assertEqual(" in files[PATH]
    assert b"pytest" not in files[PATH]


def test_reports_invalid_module_name():
    assert (
        "not a valid module name"
        in fix(app_with_tests(), manifest(runtime="my-app/secrets.py"))["my-app/secrets.py"]
    )


def test_creates_no_tests_without_secrets():
    assert fix(app_with_tests(), Manifest(app=manifest().app)) == {}
    assert (
        fix(
            app_with_tests(),
            parse(
                MANIFEST.replace('"shop/utils/secrets.py"', '"package"').replace(
                    '["shop/settings.py"]', "[]"
                )
            ),
        )
        == {}
    )


def test_imports_runtime_package():
    files = app_with_tests()
    assert not fix(files, manifest(runtime="package"))
    assert b"from shield_runtime import clear_secret_cache, get_secret\n" in files[PATH]
    assert b"from shield_runtime.testing import fake_secrets\n" in files[PATH]
    assert b"get_secret(reference, env=READS[reference])" in files[PATH]


def test_is_short_and_names_no_rule():
    files = app_with_tests()
    fix(files)
    text = files[PATH].decode()
    assert len(text.splitlines()) <= 50
    assert "CSEC" not in text


def test_is_formatted_like_black(tmp_path):
    files = app_with_tests()
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
    files = {"shop/__init__.py": b"", **app_with_tests()}
    run(runtime_copy.write_copy(files.get, manifest()), files)
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
    assert "2 passed" in done.stdout or "Ran 2 tests" in done.stderr
    assert "skipped" not in done.stderr + done.stdout


def test_generated_tests_fail_if_secret_is_not_read(app):
    path = app / PATH
    path.write_text(path.read_text().replace("(get_secret(", "(os.environ.get("))
    done = subprocess.run(
        [sys.executable, "-m", "unittest"], check=False, cwd=app, capture_output=True, text=True
    )
    assert done.returncode == 1
