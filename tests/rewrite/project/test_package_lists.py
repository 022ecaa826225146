from __future__ import annotations

import ast
import configparser
import tomllib

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project.fixer import AppFiles, FixContext
from shield_ai.rewrite.project.package_lists import fix

COPY = [
    "shop.utils",
    "shop.utils._shield_runtime",
    "shop.utils._shield_runtime.testing",
    "shop.utils._shield_runtime.transport",
]
SETUPTOOLS = '[tool.setuptools]\npackages = ["shop", "shop.web"]  # both\n'
CFG = "[metadata]\nname = shop\n[options]\npackages =\n  shop\n  shop.web\n\n[x]\n"
CFG_FIND = "[options]\npackages = find:\n[options.packages.find]\ninclude = shop, shop.web\n"
LINES = "setup(\n    packages=[\n        'shop',\n        'shop.web',  # b\n    ],\n)\n"


def fixed(files, modules=(), **app):
    facts = AppFiles(paths=modules, pydantic=False, edited=("shop/a.py",))
    return run(fix(FixContext(files.get, manifest(**app), facts)), files)


def in_toml(text, *keys):
    found = tomllib.loads(text)
    for key in keys:
        found = found[key]
    return found


def in_cfg(text, section):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    option = "packages" if section == "options" else "include"
    return parser[section][option].replace(",", " ").split()


def in_py(text):
    call = ast.parse(text).body[-1].value
    return ast.literal_eval(call.keywords[0].value)


@pytest.mark.parametrize(
    ("path", "text", "read"),
    [
        pytest.param("pyproject.toml", SETUPTOOLS, lambda text: in_toml(text, "tool", "setuptools", "packages"), id="pyproject"),
        pytest.param("setup.cfg", CFG, lambda text: in_cfg(text, "options"), id="lines in setup.cfg"),
        pytest.param("setup.cfg", CFG.replace("\n", "\r\n"), lambda text: in_cfg(text, "options"), id="carriage returns"),
        pytest.param("setup.py", "setup(packages=['shop', 'shop.web'], x=1)\n", in_py, id="setup.py"),
        pytest.param("setup.py", LINES, in_py, id="lines in setup.py"),
        pytest.param("setup.py", LINES.replace(",  # b", "  # b"), in_py, id="no comma in setup.py"),
    ],
)  # fmt: skip
def test_adds_packages_to_the_list(path, text, read):
    files = {path: text.encode()}
    for _ in range(2):
        assert not fixed(files)
    assert sorted(read(files[path].decode())) == ["shop", *COPY, "shop.web"]
    assert files[path].count(b"\r\n") in {0, files[path].count(b"\n")}


@pytest.mark.parametrize(
    ("path", "text", "read"),
    [
        pytest.param("pyproject.toml", "[tool.setuptools.packages.find]\ninclude = ['shop', 'shop.web']\n", lambda text: in_toml(text, "tool", "setuptools", "packages", "find", "include"), id="find in pyproject"),
        pytest.param("setup.cfg", CFG_FIND, lambda text: in_cfg(text, "options.packages.find"), id="find in setup.cfg"),
    ],
)  # fmt: skip
def test_adds_a_pattern_where_setuptools_looks_for_packages(path, text, read):
    files = {path: text.encode()}
    for _ in range(2):
        assert not fixed(files)
    copy = "shop.utils._shield_runtime*"
    assert sorted(read(files[path].decode())) == ["shop", "shop.utils", copy, "shop.web"]


@pytest.mark.parametrize("key", ["include", "only-include"])
def test_adds_paths_to_the_list_of_hatch(key):
    text = f"[tool.hatch.build]\n{key} = ['shop/web', 'shop/a.py']\n"
    files = {"pyproject.toml": text.encode()}
    for _ in range(2):
        assert not fixed(files)
    listed = in_toml(files["pyproject.toml"].decode(), "tool", "hatch", "build", key)
    added = ["shop/utils/secrets.py", "shop/utils/_shield_runtime"]
    assert listed == ["shop/web", "shop/a.py", *added]


@pytest.mark.parametrize(
    ("path", "text", "app", "parts"),
    [
        pytest.param("pyproject.toml", SETUPTOOLS, {"runtime": "aws_secrets.py"}, ['"_shield_runtime"', '"aws_secrets" (in py-modules)'], id="a module outside packages"),
        pytest.param("pyproject.toml", "[tool.setuptools]\npy-modules = ['shop']\n", {"runtime": "aws_secrets.py", "settings": "x"}, ['"_shield_runtime"', '"aws_secrets" (in py-modules)'], id="only modules"),
        pytest.param("pyproject.toml", "[tool.poetry]\npackages = [{include = 'shop'}]\n", {"runtime": "aws_secrets.py"}, ['{ include = "aws_secrets.py" }, { include = "_shield_runtime" }'], id="poetry"),
        pytest.param("pyproject.toml", "[tool.hatch.build.targets.wheel]\npackages = ['shop']\n", {"runtime": "aws_secrets.py"}, ['"aws_secrets.py", "_shield_runtime"'], id="hatch"),
        pytest.param("pyproject.toml", "[build-system]\nbuild-backend = 'flit_core.buildapi'\n[project]\nname = 'shop'\n", {"runtime": "aws_secrets.py"}, ['"aws_secrets.py", "_shield_runtime"'], id="flit"),
    ],
)  # fmt: skip
def test_reports_what_to_add(path, text, app, parts):
    files = {path: text.encode(), "shop.py": b""}
    if app.pop("settings", ""):
        context = FixContext(files.get, manifest(**app), AppFiles(edited=("shop.py",)))
        reasons = run(fix(context), files)
    else:
        reasons = fixed(files, **app)
    assert all(part in reasons[path] for part in parts), reasons
    assert files[path] == text.encode()


@pytest.mark.parametrize(
    ("path", "text", "app"),
    [
        pytest.param("pyproject.toml", SETUPTOOLS, {"runtime": "package"}, id="a dependency"),
        pytest.param("pyproject.toml", "[project]\nname = 'shop'\n", {}, id="no list"),
        pytest.param("pyproject.toml", "[tool.setuptools]\npackages = ['other']\n", {}, id="another package"),
        pytest.param("pyproject.toml", "[tool.setuptools.packages.find]\ninclude = ['shop*']\n", {}, id="a pattern"),
        pytest.param("pyproject.toml", "[tool.poetry]\npackages = [{include = 'shop'}]\n", {}, id="poetry"),
        pytest.param("pyproject.toml", "[tool.hatch.build.targets.wheel]\npackages = ['shop']\n", {}, id="hatch"),
        pytest.param("pyproject.toml", "[tool.hatch.build]\ninclude = ['shop/**/*.py']\n", {}, id="patterns of hatch"),
        pytest.param("pyproject.toml", "[build-system]\nbuild-backend = 'flit_core.buildapi'\n[project]\nname = 'shop'\n", {}, id="flit"),
        pytest.param("pyproject.toml", "[tool.setuptools\n", {}, id="invalid TOML"),
        pytest.param("setup.py", "setup(packages=find_packages())\n", {}, id="find_packages"),
        pytest.param("setup.cfg", "[options]\npackages = find:\n", {}, id="find"),
    ],
)  # fmt: skip
def test_leaves_other_projects(path, text, app):
    files = {path: text.encode()}
    assert not fixed(files, **app)
    assert files[path] == text.encode()


@pytest.mark.parametrize(
    ("code", "is_reported"),
    [
        pytest.param(b"from database import connect\n", False, id="a module that is not listed"),
        pytest.param(b"from aws_secrets import get_secret\n", True, id="the map file"),
        pytest.param(b"from shop import web\nimport requests\n", True, id="listed and installed"),
    ],
)
def test_apps_that_import_unlisted_modules(code, is_reported):
    text = "[tool.poetry]\npackages = [{include = 'shop'}]\n"
    files = {
        "pyproject.toml": text.encode(),
        "shop/__init__.py": b"",
        "shop/a.py": code,
        "database/__init__.py": b"",
        "aws_secrets.py": b"",
    }
    assert ("pyproject.toml" in fixed(files, runtime="aws_secrets.py")) == is_reported


SOURCE_TREE = ["shop/__init__.py", "shop/a.py", "shop/db/models.py", "shop/utils/dates.py"]


@pytest.mark.parametrize(
    ("packages", "modules", "is_extended"),
    [
        pytest.param(["shop"], SOURCE_TREE, False, id="no subpackage is listed"),
        pytest.param(["shop", "bin"], [*SOURCE_TREE, "bin/run.py"], False, id="two packages"),
        pytest.param(["shop", "shop.db"], SOURCE_TREE, True, id="a subpackage is listed"),
        pytest.param(["shop"], SOURCE_TREE[:2], True, id="no subpackage"),
        pytest.param(["shop"], ["shop/a.py", "shop/tests/test_a.py"], True, id="only tests"),
        pytest.param(["shop"], ["shop/a.py", "other/web/a.py"], True, id="of another package"),
        pytest.param(["shop"], ["shop/a.py", "shop/utils/secrets.py"], True, id="the map file"),
    ],
)
def test_apps_that_run_from_their_source_tree(packages, modules, is_extended):
    text = f"[tool.setuptools]\npackages = {packages}\n"
    files = {"pyproject.toml": text.encode()}
    assert not fixed(files, modules)
    assert ("_shield_runtime" in files["pyproject.toml"].decode()) == is_extended
