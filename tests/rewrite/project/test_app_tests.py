from __future__ import annotations

import ast
import os
import subprocess
import sys

import pytest
from fixer_helpers import MANIFEST, manifest, run

from shield_ai.model.manifest import Manifest
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.rewrite.project import app_tests, runtime_copy
from shield_ai.rewrite.project.stamp import stamp
from shield_ai.rewrite.project.tests_folder import can_import

PATH = "tests/test_secrets.py"
PYTEST = pytest.param(b"import pytest\n", id="pytest")
CONFIG = b"class Settings(BaseSettings):\n    secret_key: str\n"
WITH_SETTINGS = app_tests.Tested(fields=[("shop/config.py", "SECRET_KEY")])


def app_with_tests():
    """Return the files of an app with tests."""
    return {"tests/__init__.py": b""}


def write_files(files, folder):
    for path, raw in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(raw)


def fix(files, made=None, tested=app_tests.ALL_FOLDERS):
    outcome = app_tests.plan_tests(files.get, made or manifest(), list(files), tested=tested)
    return run(outcome, files)


@pytest.mark.parametrize(
    ("before", "path"),
    [
        pytest.param(["tests/test_a.py"], PATH, id="folder"),
        pytest.param(["shop/tests/test_a.py"], "shop/tests/test_secrets.py", id="folder in a package"),
        pytest.param(
            ["api/tests/test_a.py", "shop/tests/test_b.py", "tests/test_c.py"], "shop/tests/test_secrets.py", id="package of the map file"
        ),
        pytest.param(["shop/api/tests/test_a.py", "tests/unit/a/test_b.py"], "tests/unit/test_secrets.py", id="outer folder"),
        pytest.param(["api/tests/test_a.py", "shop/web/tests/test_b.py"], "shop/utils/test_secrets.py", id="only of other parts"),
        pytest.param(["shop/api/tests/test_a.py", "shop/lib/tests/test_b.py"], "shop/lib/tests/test_secrets.py", id="general package"),
        pytest.param(["lib/tests/test_a.py", "shop/lib/tests/test_b.py"], "shop/lib/tests/test_secrets.py", id="deeper in the package"),
        pytest.param(["shop/base/tests/test_a.py", "shop/lib/tests/a/test_b.py", "shop/lib/tests/a/test_c.py"], "shop/lib/tests/test_secrets.py", id="most modules"),
        pytest.param(["utils/tests/test_a.py", *(f"hub/tests/test_{n}.py" for n in range(5))], "hub/tests/test_secrets.py", id="nearly all modules"),
        pytest.param(["shop/utils/tests/test_a.py", "shop/api/tests/test_b.py"], "shop/utils/tests/test_secrets.py", id="part with the map file"),
        pytest.param(["shop/utils/tests/test_a.py", "shop/api/tests/test_a.py", "shop/api/tests/test_b.py", "shop/web/tests/test_a.py", "shop/web/tests/test_b.py"], "shop/utils/tests/test_secrets.py", id="part with few tests"),
        pytest.param(["hub/tests/test_a.py", "hub/api/tests/test_b.py", "hub/web/tests/test_c.py"], "hub/tests/test_secrets.py", id="package that contains all"),
        pytest.param(["shop/api/_tests/test_a.py"], "shop/api/_tests/test_secrets.py", id="underscore"),
        pytest.param(["tests/a_test.py", "unittests/test_a.py", "unittests/test_b.py"], "unittests/test_secrets.py", id="unittests"),
        pytest.param(["tests/conftest.py", "tests/integration/test_a.py", "tests/unit/test_a.py"], "tests/unit/test_secrets.py", id="unit tests"),
        pytest.param(["tests/integration/test_a.py", "tests/api/test_a.py"], PATH, id="no unit tests"),
        pytest.param(["shop/tests.py"], "shop/utils/test_secrets.py", id="module tests.py"),
        pytest.param(["api/tests/test_a.py", "hub/tests.py", "shop/test_b.py", "web/tests.py"], "shop/utils/test_secrets.py", id="mostly no folders"),
        pytest.param(["shop/tests.py", "tests/load/run.py"], "shop/utils/test_secrets.py", id="folder of load tests"),
        pytest.param(["shop/tests/a_tests.py", "shop/tests/b_tests.py", "shop/tests/test_c.py"], "shop/tests/secrets_tests.py", id="suffix tests"),
        pytest.param(["tests/a_test.py", "tests/secrets_test.py"], "tests/aws_secrets_test.py", id="suffix test"),
        pytest.param(["tests/test_a.py", PATH], "tests/test_aws_secrets.py", id="the name is taken"),
        pytest.param(["tests/test_a.py", "tests/api/test_secrets.py"], "tests/test_aws_secrets.py", id="the name is taken elsewhere"),
        pytest.param(["tests/__init__.py", "tests/api/test_secrets.py"], PATH, id="name in another package"),
    ],
)  # fmt: skip
def test_creates_tests_in_folder_of_the_apps_tests(before, path):
    files = dict.fromkeys(before, b"")
    assert not fix(files)
    assert set(files) - set(before) == {path}
    assert app_tests.plan_tests(files.get, manifest(), list(files)) == ([], [])


@pytest.mark.parametrize(
    ("folders", "path"),
    [
        pytest.param(["api/tests"], "api/tests/test_secrets.py", id="one"),
        pytest.param(["api/tests", "web/tests"], "web/tests/test_secrets.py", id="most modules"),
        pytest.param(["tests/slow"], "tests/slow/test_secrets.py", id="subfolder"),
        pytest.param(["shop"], "shop/utils/test_secrets.py", id="beside the map file"),
    ],
)
def test_tests_are_in_a_folder_that_ci_runs(folders, path):
    before = ["api/tests/test_a.py", "web/tests/test_b.py", "web/tests/test_c.py"]
    before += ["tests/slow/test_d.py", "tests/unit/test_e.py", "shop/tests.py"]
    files = dict.fromkeys(before, b"")
    tested = app_tests.Tested(folders=folders)
    run(app_tests.plan_tests(files.get, manifest(), before, tested=tested), files)
    assert set(files) - set(before) == {path}


@pytest.mark.parametrize(
    ("before", "path"),
    [
        pytest.param(["shop/__init__.py", "shop/a_tests.py"], "shop/aws_secrets_tests.py", id="a package"),
        pytest.param(
            ["api/__init__.py", "api/test_a.py", "shop/__init__.py", "shop/test_a.py", "shop/test_b.py"],
            "shop/test_aws_secrets.py",
            id="most tests",
        ),
        pytest.param(["shop/__init__.py", "shop/test_a.py", "test_b.py"], "test_aws_secrets.py", id="tests in the root"),
        pytest.param(["shop/test_a.py"], "test_aws_secrets.py", id="no package"),
    ],
)  # fmt: skip
def test_tests_of_a_map_file_in_the_root_are_in_a_package(before, path):
    files = dict.fromkeys(before, b"")
    made = manifest(runtime="aws_secrets.py")
    assert not fix(files, made)
    assert set(files) - set(before) == {path}
    assert app_tests.plan_tests(files.get, made, list(files)) == ([], [])


def test_tests_are_not_taken_for_settings():
    files = {"shop/tests.py": b""}
    made = manifest(runtime="shop/settings/aws_secrets.py")
    assert not fix(files, made)
    assert "shop/test_aws_secrets.py" in files
    assert app_tests.plan_tests(files.get, made, list(files)) == ([], [])


@pytest.mark.parametrize("is_required", [True, False])
@pytest.mark.parametrize("other", [b"import pytest\n", b"import unittest\n"])
def test_imports_annotations_only_if_a_linter_requires_it(other, is_required):
    config = b'[tool.ruff.lint.isort]\nrequired-imports = ["from __future__ import annotations"]\n'
    files = {"tests/test_b.py": other, "pyproject.toml": config if is_required else b""}
    fix(files)
    assert (b"from __future__ import annotations\n\n" in files[PATH]) is is_required
    ast.parse(files[PATH])


def test_updates_tests_that_an_earlier_version_wrote_elsewhere():
    files = {"api/tests/test_a.py": b""}
    fix(files)
    files["tests/test_b.py"] = b"import pytest\n"
    files["api/tests/test_secrets.py"] = stamp("tests", "py", "READS = {}\n").encode()
    assert not fix(files)
    assert b"pytest" in files["api/tests/test_secrets.py"]
    assert len(files) == 3


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


def test_an_import_of_a_library_does_not_show_that_the_app_can_be_imported():
    files = {"tests/test_a.py": b"import django\n", "backend/tests/test_b.py": b""}
    assert not can_import(files.get, "tests", "backend", list(files))


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


def test_tests_do_not_repeat_the_map():
    files, later = app_with_tests(), app_with_tests()
    fix(files)
    fix(
        later,
        parse_manifest(MANIFEST + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n'),
    )
    assert later == files


def test_updates_tests_until_they_are_edited():
    files = app_with_tests()
    text = MANIFEST.replace("shop/utils/secrets.py", "package")
    fix(files, parse_manifest(text))
    later = parse_manifest(text + '\n[[secret]]\nname = "mail-password"\nenv = "MAIL_PASSWORD"\n')
    assert not fix(files, later)
    assert b'("mail-password", "MAIL_PASSWORD"),' in files[PATH]
    files[PATH] += b"# mine\n"
    before = dict(files)
    assert "edited manually" in fix(files)[PATH]
    assert files == before


@pytest.mark.parametrize(
    "config",
    [
        pytest.param("", id="not configured"),
        pytest.param(
            "format.quote-style = 'single'\nlint.flake8-quotes.inline-quotes = 'single'",
            id="quotes",
        ),
        pytest.param("line-length = 79", id="short lines"),
        pytest.param("lint.isort.force-single-line = true", id="one import a line"),
        pytest.param(
            "lint.isort.lines-after-imports = 2\nlint.isort.lines-between-types = 1", id="imports"
        ),
        pytest.param(
            "lint.isort.import-heading = { standard-library = 'A', third-party = 'B', first-party = 'C' }",
            id="headings",
        ),
    ],
)
@pytest.mark.parametrize("tested", [app_tests.ALL_FOLDERS, WITH_SETTINGS])
@pytest.mark.parametrize("test", [pytest.param(b"", id="unittest"), PYTEST])
def test_tests_follow_the_style_of_the_project(test, tested, config, tmp_path):
    ignored = ["COM812", "CPY", "D203", "D212", "INP001", "S101"]
    if not test:
        ignored += ["PT009", "PT027"]
    config = f"{config}\nlint.select = ['ALL']\nlint.ignore = {ignored}\n"
    config += "lint.isort.known-first-party = ['shop']\npreview = true\n"
    files = {"tests/test_a.py": test, "ruff.toml": config.encode(), "shop/config.py": CONFIG}
    name = 'name = "a-credential-of-a-team-with-a-long-name"\nenv = "A_CREDENTIAL_OF_A_TEAM_WITH_A_LONG_NAME"'
    fix(files, parse_manifest(f"{MANIFEST}\n[[secret]]\n{name}\n"), tested)
    (tmp_path / "ruff.toml").write_text(config)
    (tmp_path / "test_secrets.py").write_bytes(files[PATH].split(b"\n", 1)[1])
    for command in (["format", "--diff"], ["check"]):
        argv = [sys.executable, "-m", "ruff", *command, "--no-cache", "test_secrets.py"]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "source", [pytest.param("", id="default"), pytest.param("src = ['back']", id="src")]
)
def test_imports_are_sorted_as_ruff_does_below_a_folder(source, tmp_path):
    config = f"{source}\nlint.select = ['I']\nlint.isort.known-first-party = ['apps']\n"
    files = {
        "ruff.toml": config.encode(),
        "back/manage.py": b"",
        "back/shop/__init__.py": b"",
        "back/shop/settings.py": b"",
        "back/shop/utils/__init__.py": b"",
        "back/shop/utils/secrets.py": b"",
        "back/tests/__init__.py": b"",
        "back/tests/test_a.py": b"import pytest\n",
    }
    runtime = MANIFEST.replace("shop/utils/secrets.py", "back/shop/utils/secrets.py")
    fix(files, parse_manifest(runtime))
    write_files(files, tmp_path)
    assert (tmp_path / "back/tests/test_secrets.py").exists()
    argv = [sys.executable, "-m", "ruff", "check", "--no-cache", "back/tests"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("tests", "config", "uses_pytest"),
    [
        pytest.param([b"class A(TestCase):\n"], "", False, id="unittest"),
        pytest.param([b"def test_a():\n", b"class A(TestCase):\n"], "", False, id="both"),
        pytest.param([b""], "", False, id="unknown"),
        pytest.param([b"", b"async def test_a():\n"], "", True, id="functions"),
        pytest.param(
            [b"import pytest", b"class A(TestCase):\n", b"def test_a():\n"], "", True, id="mostly"
        ),
        pytest.param(
            [b"import pytest\nclass A(TestCase):\n"], "lint.select = ['PT']", True, id="ruff"
        ),
        pytest.param([b"class A(TestCase):\n"], "lint.select = ['ALL']", False, id="not installed"),
    ],
)
def test_uses_pytest_if_the_apps_tests_do(tests, config, uses_pytest):
    files = {f"tests/test_{number}.py": test for number, test in enumerate(tests)}
    fix({"ruff.toml": config.encode(), **files} if config else files)
    files = {**files, "ruff.toml": config.encode()}
    fix(files)
    assert (b"import pytest\n" in files[PATH]) == uses_pytest
    assert (b"TestCase" in files[PATH]) != uses_pytest


def test_tests_beside_the_new_ones_decide_on_pytest():
    files = {"tests/test_a.py": b"def test_a():\n"}
    files |= {f"shop/{name}/test_b.py": b"class A(TestCase):\n" for name in "abc"}
    fix(files)
    assert b"import pytest\n" in files[PATH]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("requirements_dev.txt", b"black\npytest==8.1\n", id="requirement"),
        pytest.param("pyproject.toml", b"[tool.pytest.ini_options]\n", id="configuration"),
    ],
)
def test_follows_ruff_if_the_project_has_pytest(path, text):
    files = {
        "tests/test_a.py": b"class A(TestCase):\n",
        "ruff.toml": b"lint.select = ['PT']",
        path: text,
    }
    fix(files)
    assert b"import pytest\n" in files[PATH]


@pytest.mark.parametrize("test", [pytest.param(b"", id="unittest"), PYTEST])
@pytest.mark.parametrize("runtime", ["shop/utils/secrets.py", "package"])
def test_tests_are_typed(test, runtime, tmp_path):
    files = {"tests/test_a.py": test, "tests/__init__.py": b"", "shop/__init__.py": b""}
    files["shop/config.py"] = CONFIG
    fix(files, manifest(runtime=runtime), WITH_SETTINGS)
    run(runtime_copy.write_copy(files.get, manifest(runtime=runtime)), files)
    write_files(files, tmp_path)
    argv = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, PATH]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_reports_invalid_module_name():
    assert (
        "invalid module name"
        in fix(app_with_tests(), manifest(runtime="my-app/secrets.py"))["my-app/secrets.py"]
    )


def test_creates_no_tests_without_secrets():
    assert fix(app_with_tests(), Manifest(app=manifest().app)) == {}
    assert (
        fix(
            app_with_tests(),
            parse_manifest(
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
    assert b"get_secret(name, env=variable)" in files[PATH]


@pytest.mark.parametrize("test", [pytest.param(b"", id="unittest"), PYTEST])
def test_is_short_and_names_no_rule(test):
    files = {"tests/test_a.py": test}
    fix(files)
    text = files[PATH].decode()
    assert len(text.splitlines()) <= 60
    assert "CSEC" not in text


@pytest.fixture(params=[pytest.param(b"", id="unittest"), PYTEST])
def app(request, tmp_path):
    files = {"shop/__init__.py": b"", "tests/test_a.py": request.param, **app_with_tests()}
    run(runtime_copy.write_copy(files.get, manifest()), files)
    fix(files)
    write_files(files, tmp_path)
    return tmp_path


def run_tests(app):
    is_unittest = "TestCase" in (app / PATH).read_text()
    command = ["-m", "unittest", PATH] if is_unittest else ["-m", "pytest", "-q", PATH]
    environment = {
        **os.environ,
        "USE_AWS_SECRETS": "true",
        "SECRET_KEY": "of the developer",
        "HTTP_PROXY": "http://x",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        check=False,
        cwd=app,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_generated_tests_pass(app):
    code, output = run_tests(app)
    assert code == 0, output
    assert "14 passed" in output or "Ran 2 tests" in output


def test_generated_tests_fail_if_secret_is_not_read(app):
    path = app / "shop/utils/secrets.py"
    path.write_text(path.read_text().replace("= client.get_secret\n", "= lambda _: 'value'\n"))
    code, output = run_tests(app)
    assert code == 1
    assert "KeyError not raised" in output or "DID NOT RAISE" in output
