from __future__ import annotations

import pytest

from shield_ai.project.python_versions import find_python_versions, newest_python, oldest_python
from shield_ai.project.tree import Tree


def found(root, files):
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return find_python_versions(Tree(root), ["web/shop/settings.py"])


@pytest.mark.parametrize(
    ("path", "text", "versions"),
    [
        ("Dockerfile", "FROM python:3.6-slim AS base\nRUN x 3.11\n", "3.6"),
        ("docker/Dockerfile-prod", "from --platform=x a.b/python:3.6.1\n", "3.6"),
        ("Dockerfile", "FROM a/python-nodejs:python3.9-nodejs12\n", "3.9"),
        ("Dockerfile", "FROM ghcr.io/astral-sh/uv:python3.12-bookworm\n", "3.12"),
        ("Dockerfile.sample", "FROM python:3.6\n", ""),
        ("web/app.Dockerfile", "FROM python:3.10\n", "3.10"),
        ("docker/dev/Dockerfile", "FROM python:3.8-bullseye\n", "3.8"),
        ("Dockerfile", "FROM registry.x.io:5000/a/python:3.8\n", "3.8"),
        ("Dockerfile", "ARG V=3.8\nARG N=python:3.7\nFROM python:${V}-x\nFROM $N\n", "3.7 3.8"),
        ("Dockerfile", "FROM python:${V:-3.8}\nARG NODE=1.2\nFROM node:$NODE\n", "3.8"),
        ("Pipfile", '[requires]\npython_version = "3.8"\n[packages]\nx = "1.2"\n', "3.8"),
        ("runtime.txt", "python-3.6.15\n", "3.6"),
        (".python-version", "# mine\n3.8.1\n3.7\n", "3.7 3.8"),
        (".github/workflows/ci.yml", "  python-version: [3.6, '3.10.x'] # 3.5\n", "3.6 3.10"),
        (".github/workflows/ci.yml", "python-version:\n  - 3.6\n  - '3.7'\nnode: 2.1\n", "3.6 3.7"),
        (".travis.yml", "python: 3.6\n", "3.6"),
        (".github/workflows/ci.yml", "python-version: '3.11'\n  - uses: a/b@v3.0.0\n", "3.11"),
        (".github/workflows/ci.yml", "python:\n  - uses: a/b@v3.0.0\n", ""),
        (".github/workflows/ci.yml", "    container: python:2.7\n", "2.7"),
        (".gitlab-ci.yml", "image: 'x.io/python:3.6-slim'\n", "3.6"),
        (".pre-commit-config.yaml", "default_language_version:\n  python: python3.7\n", ""),
        ("compose/production/django/Dockerfile", "FROM python:3.6-alpine\n", "3.6"),
        ("setup.py", "setup(\n    python_requires='>=3.6, <3.9',\n)", "3.6 3.8"),
        ("pyproject.toml", '[project]\nrequires-python = "==3.8.*"\n', "3.8"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.6"\n', "3.6"),
        ("pyproject.toml", 'requires-python = ">=3.8,!=3.0.*,<4.0"\n', "3.8"),
        ("docker-compose.yml", "python:\n  image: postgres:9.6\n", ""),
        ("docs/runtime.txt", "python-3.6\n", ""),
        (".github/workflows/a.yml", '  with: {python-version: "3.8"}\n', "3.8"),
        (
            ".github/workflows/a.yml",
            "  with: { cache: pip, 'python-version': 3.8, node: 3.1 }\n",
            "3.8",
        ),
        (
            ".github/workflows/a.yml",
            "python-version: 3.8\n- run: pip install cumulusci\n- run: cci task run robot\n",
            "",
        ),
        (".github/workflows/a.yml", "python-version: 3.8\n- run: pip install -e .[dev]\n", "3.8"),
        (".github/workflows/a.yml", "python-version: 3.8\n- run: |\n    pytest\n", "3.8"),
        (".github/workflows/a.yml", "python-version: 3.8\n- run: ./test.sh\n", "3.8"),
        (".github/workflows/a.yml", "  matrix: {python: [3.8, '3.12'], os: [a-3.2]}\n", "3.8 3.12"),
        (".github/workflows/a.yml", "  with: {python-version: ${{ matrix.python }}}  # 3.8\n", ""),
    ],
)
def test_find_python_versions(tmp_path, path, text, versions):
    shown = [str(named) for named in found(tmp_path, {path: text})]
    assert shown == versions.split()


def test_other_projects_do_not_count(tmp_path):
    files = {
        "docker-qgis/pyproject.toml": 'requires-python = ">=3.8"\n',
        "docker-qgis/build/Dockerfile": "FROM python:3.7\n",
        "docker-web/pyproject.toml": 'requires-python = ">=3.6"\n',
        "docker-web/shop/settings.py": "",
        "docker/Dockerfile": "FROM python:3.5\n",
    }
    found(tmp_path, files)
    versions = find_python_versions(Tree(tmp_path), ["docker-web/shop/settings.py"])
    assert [named.path for named in versions] == ["docker/Dockerfile", "docker-web/pyproject.toml"]


@pytest.mark.parametrize(
    ("files", "newest"),
    [
        pytest.param({}, "None", id="none"),
        pytest.param({"setup.py": "python_requires='>=3.5'"}, "None", id="no upper bound"),
        pytest.param({"setup.py": "python_requires='>=3.5,<3.7'"}, "3.6", id="upper bound"),
        pytest.param({"pyproject.toml": 'python = "^3.6"'}, "None", id="caret"),
        pytest.param({"pyproject.toml": 'python = "~3.6"'}, "3.6", id="tilde"),
        pytest.param(
            {"Dockerfile": "FROM python:3.6-alpine", ".travis.yml": "python:\n  - 3.6\n  - 3.7\n"},
            "3.6",
            id="image and newer CI",
        ),
        pytest.param(
            {"Dockerfile": "FROM python:3.11", "runtime.txt": "python-3.6.4"},
            "3.11",
            id="newer image",
        ),
        pytest.param({"tox.ini": "envlist =\n  py34,\n  py36,\n  lint"}, "None", id="only tox"),
        pytest.param(
            {"tox.ini": "envlist =\n  py34,\n  py36,\n", ".travis.yml": "python: 3.5"},
            "3.6",
            id="tox",
        ),
        pytest.param(
            {"tox.ini": "envlist = py{27,36, 310}-x{20,42}", "runtime.txt": "3.6"},
            "3.10",
            id="factors",
        ),
        pytest.param(
            {"setup.cfg": "  Programming Language :: Python :: 3.6\n", "runtime.txt": "2.7"},
            "3.6",
            id="classifier",
        ),
        pytest.param(
            {"setup.cfg": "  Programming Language :: Python :: 3.6\n"},
            "None",
            id="only classifiers",
        ),
        pytest.param(
            {".travis.yml": "python: 3.6", "Dockerfile": "FROM python:3.8"}, "3.8", id="image"
        ),
    ],
)
def test_newest_python(tmp_path, files, newest):
    versions = found(tmp_path, files)
    assert str(newest_python(Tree(tmp_path), versions)) == newest


@pytest.mark.parametrize(
    ("files", "oldest"),
    [
        ({"runtime.txt": "python-3.5.2\n", "Dockerfile": "FROM python:3.7-alpine\n"}, (3, 7)),
        ({".python-version": "3.12\n", "setup.py": "setup(\n    python_requires='>=3.8'\n)\n"}, (3, 8)),
        ({"runtime.txt": "python-3.5.2\n"}, (3, 9)),
        ({}, (3, 9)),
    ],
)  # fmt: skip
def test_oldest_python(tmp_path, files, oldest):
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    assert oldest_python(find_python_versions(Tree(tmp_path), ["settings.py"])) == oldest
