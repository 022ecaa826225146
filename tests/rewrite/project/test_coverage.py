from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project.coverage import omit_copy
from shield_ai.rewrite.project.fixer import FixContext
from shield_ai.rewrite.project.pipeline import rewrite_project

PATTERN = "shop/utils/_shield_runtime/*"
MINIMUM = b"[tool.coverage.report]\nfail_under = 90\n"


@pytest.mark.parametrize(
    ("files", "path", "expected"),
    [
        pytest.param(
            {"pyproject.toml": MINIMUM + b"[tool.coverage.run]\nomit = ['a/*']\n"},
            "pyproject.toml",
            f"omit = ['a/*', '{PATTERN}']\n",
            id="pyproject",
        ),
        pytest.param(
            {"pyproject.toml": MINIMUM + b"omit = ['a/*']\n"},
            "pyproject.toml",
            f"omit = ['a/*', '{PATTERN}']\n",
            id="report in pyproject",
        ),
        pytest.param(
            {"tox.ini": b"[coverage:report]\nfail_under=1\nomit =\n  a/*\n"},
            "tox.ini",
            f"\n  a/*\n  {PATTERN}\n",
            id="report in tox.ini",
        ),
        pytest.param(
            {"setup.cfg": b"[coverage:run]\nbranch = 1\nomit =\n  a/*\n  b/*\n[coverage:report]\nfail_under=1\n"},
            "setup.cfg",
            f"\n  b/*\n  {PATTERN}\n[coverage:report]\n",
            id="setup.cfg",
        ),
        pytest.param(
            {".coveragerc": b"[run]\nomit =\n  a/*\n  b/*\n[report]\nfail_under=1\nomit = a/*,b/*\n"},
            ".coveragerc",
            f"\n  b/*\n  {PATTERN}\n[report]\nfail_under=1\nomit = a/*,b/*,{PATTERN}\n",
            id="both sections",
        ),
        pytest.param(
            {"pyproject.toml": b"[tool.coverage.run]\nomit = ['a/*']\n" + MINIMUM + b"omit = ['a/*']\n"},
            "pyproject.toml",
            f"omit = ['a/*', '{PATTERN}']\n{MINIMUM.decode()}omit = ['a/*', '{PATTERN}']\n",
            id="both sections in pyproject",
        ),
        pytest.param(
            {"Makefile": b"\tpytest --cov-fail-under=100\n", ".coveragerc": b"[run]\r\nomit =\r\n\ta/*"},
            ".coveragerc",
            f"\r\n\ta/*\r\n\t{PATTERN}",
            id="coveragerc",
        ),
        pytest.param(
            {"pyproject.toml": b"[tool.coverage.run]\nsource = ['shop']\n[tool.ruff]\n"},
            "pyproject.toml",
            f"[tool.coverage.run]\nomit = [\"{PATTERN}\"]\nsource = ['shop']\n[tool.ruff]\n",
            id="source in pyproject",
        ),
        pytest.param(
            {"setup.cfg": b"[coverage:run]\nbranch = 1\nsource = shop\n"},
            "setup.cfg",
            f"[coverage:run]\nomit =\n    {PATTERN}\nbranch = 1\nsource = shop\n",
            id="source in setup.cfg",
        ),
        pytest.param(
            {"shop/setup.cfg": b"[coverage:run]\nsource = .\n"},
            "shop/setup.cfg",
            "[coverage:run]\nomit =\n    utils/_shield_runtime/*\nsource = .\n",
            id="setup.cfg in a folder above the copy",
        ),
        pytest.param(
            {"setup.cfg": b"[coverage:run]\nsource = shop\nomit = */a/*,*/b/*\n\n[isort]\n"},
            "setup.cfg",
            f"omit = */a/*,*/b/*,{PATTERN}\n\n[isort]\n",
            id="patterns on one line",
        ),
        pytest.param(
            {"pyproject.toml": b"[tool.coverage.run]\nomit = ['a/*']\n[tool.pytest.ini_options]\naddopts = '--cov=shop'\n"},
            "pyproject.toml",
            f"omit = ['a/*', '{PATTERN}']\n[tool.pytest",
            id="package in the options of pytest",
        ),
        pytest.param(
            {"pytest.ini": b"[pytest]\naddopts = -q --cov\n", "setup.cfg": b"[coverage:run]\nomit =\n  a/*\n"},
            "setup.cfg",
            f"\n  a/*\n  {PATTERN}\n",
            id="pytest.ini",
        ),
        pytest.param(
            {".coveragerc": b"[run]\nomit =\n  # generated\n  a/*\n  # old\n  b/*\n\n[html]\n"},
            ".coveragerc",
            f"\n  # old\n  b/*\n  {PATTERN}\n\n[html]\n",
            id="comments in omit",
        ),
        pytest.param(
            {"pyproject.toml": b"[tool.coverage.report]\nomit = ['a/*', \"b/*\"]\n"},
            "pyproject.toml",
            f"omit = ['a/*', \"b/*\", \"{PATTERN}\"]\n",
            id="only patterns, with both quotes",
        ),
        pytest.param(
            {".coveragerc": b"[run]\nomit =\n  main.py\n  tests/*\n\n[html]\n"},
            ".coveragerc",
            f"\n  tests/*\n  {PATTERN}\n\n[html]\n",
            id="only patterns",
        ),
        pytest.param(
            {"pyproject.toml": b'[tool.pytest.ini_options]\naddopts = """\\\n  --cov=shop\n"""\n'},
            "pyproject.toml",
            f'"""\n\n[tool.coverage.run]\nomit = ["{PATTERN}"]\n',
            id="no configuration",
        ),
        pytest.param(
            {"pytest.ini": b"[pytest]\naddopts = --cov\n", "pyproject.toml": b"[project]\n"},
            "pyproject.toml",
            f'[project]\n\n[tool.coverage.run]\nomit = ["{PATTERN}"]\n',
            id="pytest.ini without a configuration",
        ),
        pytest.param(
            {"setup.cfg": b"[tool:pytest]\naddopts = --cov=shop\n", "pyproject.toml": b"[project]\n"},
            "setup.cfg",
            f"--cov=shop\n\n[coverage:run]\nomit =\n    {PATTERN}\n",
            id="pytest in setup.cfg",
        ),
        pytest.param(
            {"tox.ini": b"[pytest]\naddopts = --cov=shop\n[coverage:run]\nbranch = 1\n"},
            "tox.ini",
            f"[coverage:run]\nomit =\n    {PATTERN}\nbranch = 1\n",
            id="section without patterns",
        ),
        pytest.param(
            {"tox.ini": b"[pytest]\naddopts = --cov=shop\n[coverage:run]"},
            "tox.ini",
            f"--cov=shop\n[coverage:run]\nomit =\n    {PATTERN}",
            id="section without a line ending",
        ),
        pytest.param(
            {"pytest.ini": b"[pytest]\naddopts = --cov\n", ".coveragerc": b"[report]\nprecision = 2\n"},
            ".coveragerc",
            f"precision = 2\n\n[run]\nomit =\n    {PATTERN}\n",
            id="coveragerc without a section",
        ),
        pytest.param(
            {"Makefile": b"\tpytest --cov=shop --cov-fail-under=90\n", "pyproject.toml": b"[project]\n"},
            "pyproject.toml",
            f'[project]\n\n[tool.coverage.run]\nomit = ["{PATTERN}"]\n',
            id="minimum without a configuration",
        ),
        pytest.param(
            {"Makefile": b"\tpytest --cov=shop\n", "codecov.yml": b"coverage:\n", "pyproject.toml": b"[project]\n"},
            "pyproject.toml",
            f'[project]\n\n[tool.coverage.run]\nomit = ["{PATTERN}"]\n',
            id="Codecov without a configuration",
        ),
        pytest.param(
            {".coveragerc": b"[run]\nomit = a/*, b/*\n"},
            ".coveragerc",
            f"omit = a/*, b/*, {PATTERN}\n",
            id="spaces after commas",
        ),
        pytest.param(
            {"Makefile": b"t:\n\tsh -c \"coverage report --fail-under=70 --omit='*/a/*.py,b/*'\"\n", ".coveragerc": b"[run]\nomit =\n  a/*\n"},
            "Makefile",
            f"--omit='*/a/*.py,b/*,{PATTERN}'\"\n",
            id="command with an option",
        ),
        pytest.param(
            {".gitlab-ci.yml": b"script:\n- coverage report --omit a/* --fail-under 70\n"},
            ".gitlab-ci.yml",
            f"--omit a/*,{PATTERN} --fail-under",
            id="command with an argument",
        ),
    ],
)  # fmt: skip
def test_adds_copy_to_the_omitted_files(files, path, expected):
    for _ in range(2):
        assert not run(omit_copy(files.get, manifest()), files)
    text = files[path].decode()
    assert expected in text
    assert text.count("_shield_runtime/*") == expected.count("_shield_runtime/*")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(b"", id="no list"),
        pytest.param(b"[tool.coverage.run]\nomit = 'a/*'\n", id="text"),
        pytest.param(b"[tool.coverage.run]\nomit = [\n", id="invalid"),
    ],
)
def test_reports_what_it_can_not_extend(config):
    files = {"pyproject.toml": MINIMUM + config}
    assert PATTERN in run(omit_copy(files.get, manifest()), files)["pyproject.toml"]
    assert files == {"pyproject.toml": MINIMUM + config}


def test_reports_a_command_with_variables_and_its_line():
    files = {"Makefile": b"t:\n\tcoverage report --omit=$(OMIT) --fail-under=70\n"}
    changes, skipped = omit_copy(files.get, manifest())
    assert not changes
    assert [(skip.path, skip.line) for skip in skipped] == [("Makefile", 2)]


@pytest.mark.parametrize(
    ("files", "app"),
    [
        pytest.param({"pytest.ini": b"[pytest]\naddopts = --cov=shop\n"}, {}, id="no settings"),
        pytest.param(
            {
                "pytest.ini": b"[pytest]\naddopts = --no-cov --cov-report=xml\n",
                "pyproject.toml": b"[project]\n",
            },
            {},
            id="options without a measurement",
        ),
        pytest.param(
            {
                "pyproject.toml": b"[tool.pytest.ini_options]\n"
                b"addopts = '--cov=shop --cov-config=cov.ini'\n"
            },
            {},
            id="another configuration",
        ),
        pytest.param({"setup.cfg": b"[coverage:report]\nfail_under = 0\n"}, {}, id="zero"),
        pytest.param(
            {"Makefile": b"\tpytest --cov=shop\n", "pyproject.toml": b"[project]\n"},
            {},
            id="command",
        ),
        pytest.param(
            {"tox.ini": b"[coverage:run]\nsource = a\n[x]\nomit = a\n"}, {}, id="another omit"
        ),
        pytest.param({"pyproject.toml": MINIMUM}, {"runtime": "package"}, id="no copy"),
    ],
)
def test_changes_nothing_without_need(files, app):
    assert omit_copy(files.get, manifest(**app)) == ([], [])


@pytest.mark.parametrize(
    ("sources", "is_edited"),
    [
        pytest.param("pages, people", False, id="other packages"),
        pytest.param("shop/apps", False, id="folder beside the copy"),
        pytest.param("pages, shop", True, id="package"),
        pytest.param("shop.utils", True, id="package of the copy"),
        pytest.param("./shop/", True, id="folder"),
        pytest.param(".", True, id="all"),
        pytest.param("$CODE", True, id="variable"),
    ],
)
def test_code_outside_the_measured_packages_needs_no_option(sources, is_edited):
    ini = {".coveragerc": f"[run]\nsource = {sources}\n".encode()}
    names = [f"'{name}'" for name in sources.split(", ")]
    toml = {"pyproject.toml": f"[tool.coverage.run]\nsource = [{', '.join(names)}]\n".encode()}
    for files in (ini, toml):
        changes, _ = omit_copy(files.get, manifest())
        assert bool(changes) is is_edited


@pytest.mark.parametrize(
    ("more", "is_edited"),
    [
        pytest.param("include = pages/*", False, id="other code"),
        pytest.param("include = ./shop/*", True, id="package"),
        pytest.param("include = */utils/*", True, id="any folder"),
        pytest.param("include = pages/*\nsource = shop", True, id="ignored beside source"),
        pytest.param("include = pages/*\n[tool:pytest]\naddopts = --cov=.", True, id="pytest-cov"),
        pytest.param("source = pages\n[x]\na = --cov shop", True, id="package for pytest-cov"),
        pytest.param(
            "source = pages\n[x]\na = --cov\n    --cov-report xml", False, id="only --cov"
        ),
        pytest.param(
            "source = pages\n[x]\na = pytest --cov && x", False, id="only --cov in a command"
        ),
        pytest.param("source = shop\n[x]\na = --cov", True, id="package and only --cov"),
    ],
)
def test_code_outside_the_included_files_needs_no_option(more, is_edited):
    files = {"setup.cfg": f"[coverage:run]\nomit =\n  a/*\n{more}\n".encode()}
    changes, _ = omit_copy(files.get, manifest())
    assert bool(changes) is is_edited


def test_one_change_adds_the_requirement_too():
    project = b"[project]\nname = 'shop'\ndependencies = ['django']\n"
    omit = b"[tool.coverage.run]\nomit = ['a/*']\n"
    files = {"pyproject.toml": project + MINIMUM + omit}
    assert not run(rewrite_project(FixContext(files.get, manifest())), files)
    text = files["pyproject.toml"].decode()
    assert "boto3" in text
    assert PATTERN in text
