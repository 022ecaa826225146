from __future__ import annotations

import ast
import re
import subprocess
import sys

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import copy_files, runtime_copy
from shield_ai.rewrite.project.copy_parts import ALL
from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.map_style import ALLOWLIST, COMMENTS, NOSEC
from shield_ai.rewrite.project.runtime_source import CopyState, compare_with_source, runtime_files
from shield_ai.rewrite.project.secret_map import map_matches_manifest
from shield_ai.rewrite.project.stamp import stamp
from shield_ai.scan.runner import scan_paths

PATH = "shop/utils/secrets.py"
FOLDER = "shop/utils/_shield_runtime"
PACKAGE = "shop/utils/__init__.py"
WORKFLOW = ".github/workflows/any.yml"


def fix(files, **app):
    return run(runtime_copy.write_copy(files.get, manifest(**app)), files)


def written(**app):
    files = {PACKAGE: b""}
    fix(files, **app)
    return files


def old_file(body="old = 1\n", version="0.0.1"):
    return stamp("runtime", "py", body, version).encode()


def test_module_copy_and_package_are_written_once():
    files = {"shop/__init__.py": b"x = 1\n"}
    assert fix(files) == {}
    copied = copy_files.needed_files({}.get, PATH, ALL)
    assert set(files) == {"shop/__init__.py", PACKAGE, PATH, *copied}
    assert files[PACKAGE] == b""
    assert f"{FOLDER}/transport/boto.py" in files
    for path in copied:
        assert compare_with_source(FOLDER, path, files[path]) is CopyState.SAME
    assert map_matches_manifest(files[PATH], manifest())
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])


def test_a_namespace_package_with_the_settings_stays_one():
    files = {"shop/settings.py": b""}
    assert fix(files, runtime="shop/aws_secrets.py") == {}
    assert "shop/__init__.py" not in files
    assert "shop/aws_secrets.py" in files


def test_every_app_gets_the_same_folder():
    ours = {path.removeprefix(FOLDER): raw for path, raw in written().items() if FOLDER in path}
    files = {}
    fix(files, runtime="aws_secrets.py")
    theirs = {path.removeprefix("_shield_runtime"): raw for path, raw in files.items()}
    del theirs["aws_secrets.py"]
    assert ours == theirs


@pytest.mark.parametrize(
    ("path", "module"),
    [
        pytest.param("shop/utils/secrets.py", "shop.utils.secrets", id="in a package"),
        pytest.param("aws_secrets.py", "aws_secrets", id="on sys.path"),
    ],
)
def test_copy_runs_without_our_packages(tmp_path, path, module):
    files = {}
    fix(files, runtime=path)
    for name, raw in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {module} as s;"
        "assert not {'shield_ai', 'shield_runtime'} & set(sys.modules);"
        "print(s.get_secret('sentry-dsn', 'b'), s.client.secrets)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    names = ("django-secret-key", "database-credentials", "sentry-dsn")
    assert done.stdout == f"b {names}\n"


def test_linter_with_all_rules_ignores_the_copy(tmp_path):
    for name, text in runtime_files().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    argv = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "ALL"]
    done = subprocess.run([*argv, "."], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_calls_print():
    """Checks of projects search for it in all files."""
    for path, raw in written().items():
        calls = re.findall(rb"(?<![\w.])print\(", raw)
        assert not calls, path


def test_each_file_keeps_its_docstring():
    for path, raw in written().items():
        if path != PACKAGE and b'"""' in raw:
            assert ast.get_docstring(ast.parse(raw))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(old_file(), id="older"),
        pytest.param(old_file(version="odd"), id="unknown version"),
        pytest.param(old_file().replace(b"\n", b"\r\n"), id="older, crlf"),
        pytest.param(old_file("class SecretsManagerClient: ...\n"), id="one file, as before 0.2"),
    ],
)
@pytest.mark.parametrize("path", [PATH, f"{FOLDER}/cache.py"])
def test_older_file_is_updated(raw, path):
    files = written() | {path: raw}
    assert fix(files) == {}
    assert files[path].replace(b"\r\n", b"\n") == written()[path]
    assert (b"\r\n" in files[path]) == (b"\r\n" in raw)
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])


def test_edited_map_file_is_updated():
    files = written()
    edited = files[PATH].replace(b'"SENTRY_DSN",', b'"OTHER",  # by hand') + b"\nX = get_secret\n"
    files[PATH] = edited
    assert fix(files) == {}
    assert files[PATH] == edited.replace(b'"OTHER"', b'"SENTRY_DSN"')
    assert runtime_copy.provides_map(files.get, manifest())


def edit(files, path, old, new):
    assert old in files[path]
    files[path] = files[path].replace(old, new)


def test_map_file_is_updated_beside_an_edited_copy():
    files = written()
    edit(files, PATH, b'"SENTRY_DSN"', b'"OTHER"')
    files[f"{FOLDER}/cache.py"] += b"mine = 2\n"
    assert runtime_copy.provides_map(files.get, manifest())
    assert "was edited" in fix(files)[f"{FOLDER}/cache.py"]
    assert map_matches_manifest(files[PATH], manifest())
    assert runtime_copy.provides_map(files.get, manifest())
    assert files[f"{FOLDER}/cache.py"].endswith(b"mine = 2\n")


def test_map_file_stays_beside_an_edited_copy_of_another_version():
    files = written() | {f"{FOLDER}/client.py": old_file()}
    edit(files, PATH, b'"SENTRY_DSN"', b'"OTHER"')
    files[f"{FOLDER}/cache.py"] += b"mine = 2\n"
    before = dict(files)
    assert not runtime_copy.provides_map(files.get, manifest())
    assert fix(files).keys() == {f"{FOLDER}/cache.py", PATH}
    assert files == before


def test_map_file_that_can_not_be_understood_keeps_the_copy_up_to_date():
    text = b"from ._shield_runtime import SecretsManagerClient\n"
    files = written() | {PATH: text, f"{FOLDER}/cache.py": old_file()}
    assert not runtime_copy.provides_map(files.get, manifest())
    assert "unknown mapping" in fix(files)[PATH]
    assert files == written() | {PATH: text}


def test_copy_with_other_line_ends_is_up_to_date():
    files = {path: raw.replace(b"\n", b"\r\n") for path, raw in written().items()}
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(old_file() + b"mine = 2\n", "was edited", id="edited"),
        pytest.param(b"def get_secret(): ...\n", "another file", id="foreign"),
        pytest.param(b"", "another file", id="empty"),
        pytest.param(b"\xff\x00", "another file", id="binary"),
        pytest.param(old_file(version="99.0"), "newer version 99.0", id="newer"),
    ],
)
@pytest.mark.parametrize("path", [PATH, f"{FOLDER}/cache.py"])
def test_nothing_is_written_beside_a_file_that_must_stay(raw, message, path):
    files = {path: raw}
    assert message in fix(files)[path]
    assert files == {path: raw}


@pytest.mark.parametrize(
    ("path", "manage"), [("secrets.py", "manage.py"), ("backend/secrets.py", "backend/manage.py")]
)
def test_never_hides_the_standard_library(path, manage):
    files = {manage: b""}
    assert "standard library" in fix(files, runtime=path)[path]
    assert files == {manage: b""}


def test_package_runtime_needs_no_copy():
    assert runtime_copy.write_copy({}.get, manifest(runtime="package")) == ([], [])


def test_unused_module_of_an_older_copy_is_emptied():
    files = written() | {f"{FOLDER}/environ.py": old_file("import os\n")}
    assert fix(files) == {}
    assert b"import" not in files[f"{FOLDER}/environ.py"]
    path = f"{FOLDER}/environ.py"
    assert compare_with_source(FOLDER, path, files[path]) is CopyState.SAME
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])


def test_former_modules_import_from_the_copy():
    former = {
        "shop/utils/secrets.py": old_file("class SecretsManagerClient: ...\n"),
        "shop/utils/secrets_pydantic.py": old_file(),
        "shop/utils/secrets_mysql/__init__.py": old_file(),
        "shop/utils/secrets_mysql/base.py": old_file(),
    }
    files = {PACKAGE: b"", **former}
    assert fix(files) == {}
    source = files["shop/utils/secrets_pydantic.py"]
    assert b"from ._shield_runtime.pydantic import SecretsManagerSource" in source
    base = files["shop/utils/secrets_mysql/base.py"]
    assert (
        b"from .._shield_runtime.django.mysql.base import DatabaseClient, DatabaseWrapper" in base
    )
    assert "shop/utils/secrets_postgresql/base.py" not in files
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])


def test_update_keeps_the_license_above_the_stamp():
    files = written()
    path = f"{FOLDER}/cache.py"
    files[path] = b"# SPDX-License-Identifier: EUPL-1.2\n" + files[path]
    assert compare_with_source(FOLDER, path, files[path]) is CopyState.SAME
    assert runtime_copy.write_copy(files.get, manifest()) == ([], [])
    files[path] = b"# SPDX-License-Identifier: EUPL-1.2\n" + old_file()
    assert fix(files) == {}
    assert files[path].startswith(b"# SPDX-License-Identifier: EUPL-1.2\n# shield-ai runtime ")
    assert compare_with_source(FOLDER, path, files[path]) is CopyState.SAME


def test_names_the_license_in_the_first_lines():
    for text in runtime_files().values():
        assert "# SPDX-License-Identifier: MIT" in text.splitlines()[:5]


@pytest.mark.parametrize(
    ("path", "config", "comment"),
    [
        pytest.param(".pre-commit-config.yaml", b"  - id: bandit\n", NOSEC, id="hook"),
        pytest.param("pyproject.toml", b"[tool.bandit]\n", NOSEC, id="configuration"),
        pytest.param("pyproject.toml", b"[tool.ruff.lint.flake8-bandit]\n", "", id="ruff"),
        pytest.param("pyproject.toml", b'dev = ["bandit>=1.7"]\n', "", id="only required"),
        pytest.param("Pipfile", b'bandit = "*"\n', "", id="only required, Pipenv"),
        pytest.param("Pipfile", b'lint = "bandit -r shop"\n', NOSEC, id="script"),
        pytest.param(WORKFLOW, b"  - run: uvx bandit\n", NOSEC, id="workflow"),
        pytest.param(
            ".pre-commit-config.yaml", b"  - id: detect-secrets\n", ALLOWLIST, id="secrets"
        ),
        pytest.param(".pre-commit-config.yaml", b"  # - id: detect-secrets\n", "", id="comment"),
        pytest.param("pyproject.toml", b'  "detect-secrets>=1.5",\n', "", id="secrets, required"),
        pytest.param(".secrets.baseline", b"{}", ALLOWLIST, id="baseline"),
    ],
)
def test_marks_variables_for_the_linters_of_the_app(path, config, comment):
    files = {PACKAGE: b"", path: config}
    app = AppFiles(workflows=[WORKFLOW])
    run(runtime_copy.fix(FixContext(files.get, manifest(), app)), files)
    assert [mark for mark in COMMENTS if mark.encode() in files[PATH]] == [comment] * bool(comment)


def test_scan_of_the_copy_finds_nothing(tmp_path):
    for path, content in written().items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    assert [(f.path, f.line, f.rule) for f in scan_paths([tmp_path]).findings] == []
