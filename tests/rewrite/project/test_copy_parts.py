from __future__ import annotations

import subprocess
import sys

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import copy_files, runtime_copy
from shield_ai.rewrite.project.copy_parts import CopyParts
from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.stamp import stamp

PATH = "shop/utils/secrets.py"
FOLDER = "shop/utils/_shield_runtime"
NEITHER = CopyParts(django=False, pydantic=False)
IMPORT_ALL = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import shop.utils.secrets as module
copy = sys.modules["shop.utils._shield_runtime"]
for found in pkgutil.walk_packages(copy.__path__, f"{copy.__name__}."):
    importlib.import_module(found.name)
assert not any(name.endswith((".pydantic", ".django")) for name in sys.modules)
"""


def parts_of(files):
    """Return the optional parts in a copy, each with its number of files."""
    names = [path.removeprefix(f"{FOLDER}/") for path in files if path.startswith(FOLDER)]
    django = [name for name in names if name.startswith("django/")]
    pydantic = [name for name in names if name.startswith("pydantic")]
    return len(django), len(pydantic)


ALL = parts_of(copy_files.needed_files({}.get, PATH, CopyParts()))


def write(files, parts):
    return run(runtime_copy.write_copy(files.get, manifest(), parts=parts), files)


def fix(files, *, engines=(), **facts):
    app = AppFiles(**{"paths": list(files), "pydantic": False, **facts})
    return run(runtime_copy.fix(FixContext(files.get, manifest(), app, engines=engines)), files)


@pytest.mark.parametrize(
    ("requirements", "has_mysql"),
    [
        pytest.param(b"django\npsycopg[binary]==3.2\n", False, id="PostgreSQL"),
        pytest.param(b"django\npsycopg2\nmysqlclient\n", True, id="both"),
        pytest.param(b"django\n", True, id="no driver"),
    ],
)
def test_copies_the_backend_for_mysql_unless_only_postgres_is_required(requirements, has_mysql):
    files = {"requirements.txt": requirements}
    fix(files, engines=("postgresql",))
    assert (f"{FOLDER}/django/mysql/base.py" in files) is has_mysql
    assert f"{FOLDER}/django/postgresql/base.py" in files


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param({}, (0, 0), id="neither"),
        pytest.param({"engines": ("mysql",)}, (ALL[0], 0), id="database backend"),
        pytest.param({"pydantic": True}, (0, ALL[1]), id="pydantic"),
        pytest.param({"engines": ("mysql",), "pydantic": True}, ALL, id="both"),
    ],
)
def test_copies_the_parts_that_the_app_can_use(facts, expected):
    files = {}
    for _ in range(2):
        assert fix(files, **facts) == {}
        assert parts_of(files) == expected
    assert f"{FOLDER}/transport/boto.py" in files


@pytest.mark.parametrize(
    "raw", [b'[project]\ndependencies = ["pydantic-settings==2"]\n', b'x = "pydantic_settings"\n']
)
def test_copies_the_settings_source_if_the_app_requires_pydantic_settings(raw):
    files = {"pyproject.toml": raw}
    fix(files)
    assert parts_of(files) == (0, ALL[1])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'INSTALLED_APPS = ["shop.utils._shield_runtime.django"]', ALL[0]),
        (b"from shop.utils._shield_runtime.django import health", ALL[0]),
        (b"from shop.utils._shield_runtime import aws, django", ALL[0]),
        (b"from shop.utils._shield_runtime import client  # of django", 0),
        (b"from shop.utils import my_shield_runtime.django", 0),
        (b"import django", 0),
    ],
)
def test_copies_the_part_for_django_if_the_code_names_it(line, expected):
    files = {"shop/settings.py": line}
    fix(files)
    assert parts_of(files) == (expected, 0)


def test_the_other_modules_do_not_import_the_parts(tmp_path):
    files = {"shop/__init__.py": b""}
    write(files, NEITHER)
    for name, raw in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(raw)
    argv = [sys.executable, "-I", "-c", IMPORT_ALL, str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "expected"),
    [("django/apps.py", (ALL[0], 0)), ("pydantic.py", (0, ALL[1])), ("cache.py", (0, 0))],
)
def test_keeps_a_part_of_an_older_copy_up_to_date(name, expected):
    path = f"{FOLDER}/{name}"
    files = {path: stamp("runtime", "py", "old = 1\n", "0.0.1").encode()}
    for _ in range(2):
        assert write(files, NEITHER) == {}
        assert parts_of(files) == expected
    assert b"old = 1" not in files[path]


@pytest.mark.parametrize(
    ("former", "expected"),
    [("pydantic.py", (0, ALL[1])), ("mysql/base.py", (ALL[0], 0))],
)
def test_former_modules_need_their_part(former, expected):
    files = {f"shop/utils/secrets_{former}": stamp("runtime", "py", "a = 1\n", "0.0.1").encode()}
    assert write(files, NEITHER) == {}
    assert parts_of(files) == expected


@pytest.mark.parametrize(
    ("parts", "gone", "missing"),
    [
        pytest.param(NEITHER, "", [], id="complete"),
        pytest.param(NEITHER, "cache.py", ["cache.py"], id="module"),
        pytest.param(CopyParts(), "django/checks.py", ["django/checks.py"], id="in a part"),
    ],
)
def test_lists_the_missing_files(parts, gone, missing):
    files = {}
    write(files, parts)
    files.pop(f"{FOLDER}/{gone}", None)
    needed = copy_files.needed_files(files.get, PATH, NEITHER)
    expected = [f"{FOLDER}/{name}" for name in missing]
    assert [path for path in needed if path not in files] == expected
