from __future__ import annotations

import re
import tomllib

import pytest
from fixer_helpers import is_subsequence, manifest, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.model.skip import SkipId
from shield_ai.project.tree import Tree
from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    NO_GROUPS,
    InstalledGroups,
    Target,
)

ADDED = "boto3>=1.26\n"
PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'


def fix(files, *, installed=None, groups=NO_GROUPS, python=(3, 9), **app):
    target = Target(installed or {}, groups, python)
    found = requirements.add_requirements(files.get, manifest(**app), target=target)
    return run(found, files)


@pytest.mark.parametrize(
    ("before", "path"),
    [
        pytest.param(
            {
                "requirements.txt": "-i https://pypi.org/simple\n-r requirements/prod.txt\n",
                "requirements/prod.txt": "x\n",
            },
            "requirements/prod.txt",
            id="file with options that only includes others",
        ),
        pytest.param({"requirements.txt": "django\n"}, "requirements.txt", id="requirements.txt"),
        pytest.param({"requirements.txt": ""}, "requirements.txt", id="empty"),
        pytest.param(
            {"requirements/base.txt": "x\n", "requirements/prod.txt": "y\n"},
            "requirements/base.txt",
            id="base",
        ),
        pytest.param(
            {"requirements/production.txt": "x\n"}, "requirements/production.txt", id="production"
        ),
        pytest.param({"requirements/prod.txt": "x\n"}, "requirements/prod.txt", id="prod"),
        pytest.param(
            {"requirements.prod.in": "x\n", "requirements.prod.txt": "# pip-compile\nx\n"},
            "requirements.prod.in",
            id="dotted",
        ),
        pytest.param({"requirements_base.txt": "x\n"}, "requirements_base.txt", id="underscore"),
        pytest.param(
            {"requirements/dev.txt": "y\n", "requirements/requirements.txt": "x\n"},
            "requirements/requirements.txt",
            id="requirements.txt in a folder",
        ),
        pytest.param({"requirements/common.txt": "x\n"}, "requirements/common.txt", id="common"),
        pytest.param({"requirements.in": "x\n"}, "requirements.in", id="in"),
        pytest.param({"requirements-app.txt": "x\n"}, "requirements-app.txt", id="app"),
        pytest.param(
            {
                "requirements.txt": "-r requirements-docs.txt\n-r server.txt\n",
                "requirements-docs.txt": "mkdocs\n",
                "server.txt": "django\n",
            },
            "server.txt",
            id="not the documentation",
        ),
        pytest.param(
            {
                "requirements.txt": "# all\n-r requirements/base.txt\n",
                "requirements/base.txt": "x\n",
            },
            "requirements/base.txt",
            id="file that only includes others",
        ),
        pytest.param(
            {
                "requirements.txt": "-r requirements/gone.txt\n--requirement=requirements/web.txt\n",
                "requirements/web.txt": "x\n-r ../web.txt\n",
            },
            "requirements/web.txt",
            id="included file with another name",
        ),
        pytest.param(
            {
                "requirements.txt": "-r base\n",
                "base": "\ufeffx[y] ~= 1 \\\n ; z\nx>1 # c\n./p\ngit+https://a/b\n\n-e .\na @ b\n",
            },
            "base",
            id="included file without an extension",
        ),
        pytest.param(
            {"requirements.txt": "x\n", "pyproject.toml": "[tool.black]\n"},
            "requirements.txt",
            id="both",
        ),
        pytest.param(
            {"requirements.txt": "# pip install -r requirements.txt\n"},
            "requirements.txt",
            id="only a comment with an option",
        ),
        pytest.param(
            {"requirements.txt": "\ufeff-r base.txt\n", "base.txt": "x\n"},
            "base.txt",
            id="byte order mark above an option",
        ),
        pytest.param(
            {"requirements.txt": "boto3-stubs\n# boto3\nx # boto3\n"},
            "requirements.txt",
            id="similar names",
        ),
    ],
)
def test_adds_lines_once(before, path):
    files = {name: text.encode() for name, text in before.items()}
    expected = {**files, path: files[path] + ADDED.encode()}
    for _ in range(2):
        assert not fix(files)
        assert files == expected


def test_adds_a_whole_line_to_a_sorted_list():
    raw = b'[project]\ndependencies = [\n    "attrs>=1",\n    "django>=5",\n]\n'
    [change], _ = requirements.add_requirements({"pyproject.toml": raw}.get, manifest())
    [edit] = change.edits
    assert raw[: edit.start].endswith(b"\n")
    assert edit.replacement == '    "boto3>=1.26",\n'


@pytest.mark.parametrize(
    "text", ["-e .\n", "# all\n.[prod,web]\n", "--editable=./\n", "-e . # app\n"]
)
def test_adds_to_the_package_that_a_requirements_file_installs(text):
    files = {
        "requirements.txt": text.encode(),
        "pyproject.toml": b'[project]\ndependencies = ["a"]\n',
    }
    assert not fix(files)
    assert files["requirements.txt"].decode() == text
    assert files["pyproject.toml"] == b'[project]\ndependencies = ["a", "boto3>=1.26"]\n'


@pytest.mark.parametrize(
    "text", ["./vendor/x\n", "-e ./vendor/x\n", ".hidden\n", "-e git+https://a/b\n"]
)
def test_adds_to_a_requirements_file_that_installs_other_packages(text):
    files = {"requirements.txt": text.encode(), "setup.cfg": b"[metadata]\nname = x\n"}
    assert not fix(files)
    assert files["requirements.txt"].decode() == text + ADDED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"x\r\ny", b"x\r\ny\r\nboto3>=1.26\r\n", id="crlf, no final newline"),
        pytest.param(b"\xef\xbb\xbfx\n", b"\xef\xbb\xbfx\n" + ADDED.encode(), id="bom"),
        pytest.param(b"x # caf\xe9\n", b"x # caf\xe9\n" + ADDED.encode(), id="latin-1"),
    ],
)
def test_keeps_encoding_and_newlines(before, after):
    files = {"requirements.txt": before}
    assert not fix(files)
    assert files["requirements.txt"] == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a\nc\nd\n", "a\n+\nc\nd\n", id="sorted"),
        pytest.param("a\nc\nb\n", "a\nc\nb\n+\n", id="not sorted"),
        pytest.param("c\nd\n", "c\nd\n+>=1.26\n", id="too few to be sorted"),
        pytest.param(
            "a\nd\nc\ne\nf\ng\nh\ni\nj\nk\n",
            "a\n+\nd\nc\ne\nf\ng\nh\ni\nj\nk\n",
            id="one in the wrong place",
        ),
        pytest.param("a\nd\nc\ne\nf\ng\nh\n", "a\n+\nd\nc\ne\nf\ng\nh\n", id="one of seven"),
        pytest.param("a\nd\nc\ne\nf\n", "a\nd\nc\ne\nf\n+\n", id="one of five"),
        pytest.param(
            "c\na\ne\nd\ng\nf\ni\nh\nk\nj\n",
            "c\na\ne\nd\ng\nf\ni\nh\nk\nj\n+\n",
            id="many in the wrong place",
        ),
        pytest.param(
            "# app\nC==1\nd==2\nE_x==3 # why",
            "# app\n+==1.42.3\nC==1\nd==2\nE_x==3 # why",
            id="pins",
        ),
        pytest.param("z==1\nc==2\n", "z==1\nc==2\n+==1.42.3\n", id="pins, not sorted"),
        pytest.param(
            "-r x\na[y] ~= 1 \\\n  ; z\n# c\nc ~= 1\nd ~= 1\n",
            "-r x\na[y] ~= 1 \\\n  ; z\n+ ~= 1.26\n# c\nc ~= 1\nd ~= 1\n",
            id="continuation",
        ),
        pytest.param("a==1\nb\nc==1\n", "a==1\nb\n+==1.42.3\nc==1\n", id="most pins"),
        pytest.param("a==1\nb\nc\n", "a==1\nb\n+>=1.26\nc\n", id="some pins"),
        pytest.param("a==1\nc>=1,<2\n", "a==1\nc>=1,<2\n+>=1.26,<2\n", id="ranges"),
        pytest.param("a<1\nc\nb>=2\n", "a<1\nc\nb>=2\n+>=1.26\n", id="some upper bounds"),
        pytest.param(
            "z;python_version<'3.9'\nc\n",
            "z;python_version<'3.9'\nc\n+>=1.26\n",
            id="bound of a marker",
        ),
        pytest.param("A\nB\nZ\na\nc\n", "A\nB\nZ\na\n+\nc\n", id="uppercase first"),
        pytest.param("a\r\nc\r\nd", "a\r\n+\r\nc\r\nd", id="crlf"),
        pytest.param(
            "# Web\nflask\nceleryx\n\nz\n# Tests\n\n# Testing tools\npytest\n\n# Debugging\nb\n",
            "# Web\nflask\nceleryx\n\nz\n+\n# Tests\n\n# Testing tools\npytest\n\n# Debugging\nb\n",
            id="above the sections for development",
        ),
        pytest.param("# Tests\nz\nb\n", "# Tests\nz\nb\n+>=1.26\n", id="only development"),
        pytest.param(
            "# Web\nz\n\n# Monitoring\nb\n",
            "# Web\nz\n\n# Monitoring\nb\n\n+>=1.26\n",
            id="below a section",
        ),
        pytest.param(
            "# Web\r\nz\r\n\r\n# Tests\r\nb\r\n",
            "# Web\r\nz\r\n+>=1.26\r\n\r\n# Tests\r\nb\r\n",
            id="sections, crlf",
        ),
        pytest.param("\ufeffc\nd\ne\n", "\ufeff+\nc\nd\ne\n", id="bom"),
    ],
)
def test_follows_order_and_pins(before, after):
    files = {"requirements.txt": before.encode()}
    for _ in range(2):
        assert not fix(files, installed={"boto3": "1.42.3"})
        assert files["requirements.txt"].decode() == after.replace("+", "boto3")


ALIGNED = "{:<12} # {}\n"
PLAIN = ["h", "c", "g", "b", "f", "a", "e"]


@pytest.mark.parametrize(
    ("lines", "added"),
    [
        pytest.param("".join(f"{name}\n" for name in PLAIN), "boto3\n", id="no versions"),
        pytest.param("".join(f"{name}\n" for name in [*PLAIN, "a~=5.2"]), "boto3\n", id="one version"),
        pytest.param("c\nb\na>=1\n", "boto3>=1.26\n", id="a version in a short file"),
        pytest.param("c\nb\nx @ https://example.com/x.whl\n", "boto3>=1.26\n", id="URL"),
        pytest.param("c\nb\n", "boto3>=1.26\n", id="short"),
        pytest.param("".join(ALIGNED.format(name, "why") for name in PLAIN), "boto3        # AWS Secrets Manager client\n", id="comments"),
        pytest.param("".join(ALIGNED.format(f"{name}==1", "why") for name in PLAIN), "boto3==1.42.97 # AWS Secrets Manager client\n", id="comments and pins"),
        pytest.param("c # why\nlonger # why\nb # why\n", "boto3\n", id="comments that are not aligned"),
    ],
)  # fmt: skip
def test_is_written_as_nearly_all_other_lines(lines, added):
    files = {"requirements.in": lines.encode()}
    for _ in range(2):
        assert not fix(files)
    assert files["requirements.in"].decode() == lines + added


@pytest.mark.parametrize("installed", [{}, {"boto3": "1.20.1"}, {"django": "5.2"}])
def test_pins_a_known_version_if_the_app_has_none(installed):
    files = {"requirements.txt": b"c==1\nd==2\n"}
    assert not fix(files, installed=installed)
    assert files["requirements.txt"] == b"c==1\nd==2\nboto3==1.42.97\n"


@pytest.mark.parametrize(
    ("python", "version"),
    [((3, 7), "1.33.13"), ((3, 8), "1.37.38"), ((3, 9), "1.42.97"), ((3, 13), "1.42.97")],
)
def test_pins_a_version_that_the_oldest_python_can_install(python, version):
    files = {"requirements.txt": b"c==1\nd==2\n"}
    assert not fix(files, python=python)
    assert files["requirements.txt"] == f"c==1\nd==2\nboto3=={version}\n".encode()


@pytest.mark.parametrize(
    ("pins", "version"),
    [
        pytest.param("botocore==1.40.1\n", "==1.40.1", id="botocore"),
        pytest.param("botocore==1.34.2 # why\n", "==1.34.2", id="comment"),
        pytest.param("botocore==1.29.5\n", ">=1.26", id="botocore with other versions"),
        pytest.param("botocore==x\n", ">=1.26", id="invalid"),
        pytest.param("S3Transfer==0.10.4\n", ">=1.26", id="s3transfer"),
        pytest.param("botocore==1.40.1\ns3transfer==0.13.1\n", ">=1.26", id="two"),
        pytest.param("aiobotocore>=2\n", ">=1.26", id="range"),
    ],
)
def test_a_pin_of_boto3_works_with_the_other_pins(pins, version):
    files = {"requirements.txt": f"z==1\ny==2\nx==3\n{pins}".encode()}
    assert not fix(files)
    assert f"boto3{version}\n" in files["requirements.txt"].decode()


@pytest.mark.parametrize(
    "line",
    [
        "boto3",
        "Boto3==1.34",
        "boto3[crt]>=1.26",
        "boto3 @ https://example.com/boto3.whl",
        "git+https://github.com/boto/boto3.git#egg=boto3",
        "git+https://github.com/boto/boto3@1.34",
        "./wheels/boto3-1.34-py3-none-any.whl",
        "  boto3 ; python_version > '3'  # why",
    ],
)
def test_does_nothing_if_boto3_is_required(line):
    files = {"requirements.txt": b"django\n", "requirements/prod.txt": f"{line}\n".encode()}
    assert requirements.add_requirements(files.get, manifest()) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("django==5 --hash=sha256:00\n", id="hashes"),
        pytest.param("--require-hashes\ndjango==5\n", id="option"),
        pytest.param(
            "#\n# This file is autogenerated by pip-compile with Python 3.11\n#\ndjango==5\n",
            id="pip-compile",
        ),
        pytest.param("django==5\n    # via -r base.in\n", id="pip-compile without its header"),
        pytest.param(
            "# This file was autogenerated by uv via the following command:\ndjango==5\n", id="uv"
        ),
    ],
)
def test_skips_lock_file(text):
    files = {"requirements.txt": text.encode()}
    assert "lock" in fix(files)["requirements.txt"]
    assert files == {"requirements.txt": text.encode()}
    files["requirements.in"] = b"django\n"
    assert list(fix(files)) == ["requirements.txt"]
    assert files["requirements.in"] == b"django\n" + ADDED.encode()
    files = {"requirements.txt": text.encode(), "pyproject.toml": PROJECT.encode()}
    assert list(fix(files)) == ["requirements.txt"]
    assert b"boto3" in files["pyproject.toml"]
    assert not fix(files)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no file"),
        pytest.param({"requirements.txt": b"-r other.txt\n"}, id="only a missing file"),
        pytest.param(
            {"requirements.txt": b"-r run.sh\n", "run.sh": b"#!/bin/sh\nexec app\n"}, id="script"
        ),
        pytest.param(
            {"requirements.txt": b"-r app.py\n", "app.py": b"import os\nA = 1\n"}, id="code"
        ),
        pytest.param({"requirements.txt": b"-r .env\n", ".env": b"A=1\n"}, id=".env"),
        pytest.param({"requirements.txt": b"-r .git/x\n", ".git/x": b"a\n"}, id=".git"),
        pytest.param(
            {"pyproject.toml": b"[tool.black]\nline-length = 100\n"},
            id="pyproject without a project",
        ),
        pytest.param(
            {"pyproject.toml": b'[project]\nname = "x"\ndynamic = ["dependencies"]\n'}, id="dynamic"
        ),
        pytest.param(
            {"pyproject.toml": b"[project]\ndependencies = 1\n"}, id="invalid dependencies"
        ),
        pytest.param({"pyproject.toml": b"project = 1\n"}, id="invalid project table"),
        pytest.param({"pyproject.toml": b"tool = 1\n"}, id="invalid tool table"),
        pytest.param({"Pipfile": b"[dev-packages]\n"}, id="Pipfile without packages"),
        pytest.param({"Pipfile": b"packages = 1\n"}, id="invalid packages"),
    ],
)
def test_reports_missing_dependency_file(files):
    before = dict(files)
    assert "install boto3" in fix(files)["requirements.txt"]
    assert files == before


def test_skips_utf_16():
    files = {"requirements.txt": "django\n".encode("utf-16")}
    assert "UTF-16" in fix(files)["requirements.txt"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            PROJECT,
            PROJECT.replace('"django"]', '"django", "boto3>=1.26"]'),
            id="one line",
        ),
        pytest.param(
            '[project]\ndependencies = [\n  "django",  # web\n  "celery"\n]\n\n[tool.x]\na = 1\n',
            '[project]\ndependencies = [\n  "django",  # web\n  "celery",\n  "boto3>=1.26"\n]\n'
            "\n[tool.x]\na = 1\n",
            id="lines",
        ),
        pytest.param(
            '[project]\r\nname = "é"\r\ndependencies = [\r\n    "django",\r\n]\r\n',
            '[project]\r\nname = "é"\r\ndependencies = [\r\n    "django",\r\n    "boto3>=1.26",\r\n'
            "]\r\n",
            id="crlf, trailing comma",
        ),
        pytest.param(
            "\ufeff" + PROJECT,
            "\ufeff" + PROJECT.replace('"django"]', '"django", "boto3>=1.26"]'),
            id="bom",
        ),
        pytest.param(
            '[project]\ndependencies = [\n  "a",\n  "c>1",\n  "D[x]",\n]\n',
            '[project]\ndependencies = [\n  "a",\n  "boto3>=1.26",\n  "c>1",\n  "D[x]",\n]\n',
            id="sorted",
        ),
        pytest.param(
            '[project]\ndependencies = [\n  # first\n  "a",\n\n  # third,\n  # really\n  "c",\n\n  # d\n  "d",\n]\n',
            '[project]\ndependencies = [\n  # first\n  "a",\n\n  "boto3>=1.26",\n\n  # third,\n  # really\n  "c",\n\n  # d\n  "d",\n]\n',
            id="sorted, with comments",
        ),
        pytest.param(
            '[project]\ndependencies = [\n  # c\n  "c",\n  # d\n  "d",\n  "e",\n]\n',
            '[project]\ndependencies = [\n  "boto3>=1.26",\n  # c\n  "c",\n  # d\n  "d",\n  "e",\n]\n',
            id="first, with comments",
        ),
        pytest.param(
            "[project]\ndependencies = []\n",
            '[project]\ndependencies = ["boto3>=1.26"]\n',
            id="empty",
        ),
        pytest.param(
            '[project]\nname = "x"\n\n[tool.black]\na = 1\n',
            '[project]\nname = "x"\ndependencies = ["boto3>=1.26"]\n\n[tool.black]\na = 1\n',
            id="no dependencies yet",
        ),
        pytest.param(
            '[tool.poetry.dependencies]\npython = "^3.9"\ndjango = "^5"\n\n[tool.poetry.group.dev.dependencies]\n',
            '[tool.poetry.dependencies]\npython = "^3.9"\ndjango = "^5"\nboto3 = "^1.26"\n\n'
            "[tool.poetry.group.dev.dependencies]\n",
            id="poetry",
        ),
        pytest.param(
            '[tool.poetry.dependencies]\na = "^1"\nb = "^2"\nc = "3"\n',
            '[tool.poetry.dependencies]\na = "^1"\nb = "^2"\nc = "3"\nboto3 = "^1.26"\n',
            id="poetry, most with a caret",
        ),
        pytest.param(
            '[project]\ndependencies = ["a==1", "c == 2", "b==2"]\n',
            '[project]\ndependencies = ["a==1", "c == 2", "b==2", "boto3==1.42.97"]\n',
            id="pins",
        ),
        pytest.param(
            '[project]\ndependencies = ["c (>=1,<2)", "b[x] (>=1,<2)"]\n',
            '[project]\ndependencies = ["c (>=1,<2)", "b[x] (>=1,<2)", "boto3 (>=1.26,<2)"]\n',
            id="in parentheses",
        ),
        pytest.param(
            '[project]\ndependencies = ["c>=1,<2", "b ~= 1.2", "a == 1.*", "d", "a"]\n',
            '[project]\ndependencies = ["c>=1,<2", "b ~= 1.2", "a == 1.*", "d", "a", "boto3>=1.26,<2"]\n',
            id="upper bounds",
        ),
        pytest.param(
            '[tool.poetry.dependencies]\npython = ">=3.11"\na = ">=1,<2"\nb = "~2"\nc = "*"\n',
            '[tool.poetry.dependencies]\npython = ">=3.11"\na = ">=1,<2"\nb = "~2"\nc = "*"\n'
            'boto3 = ">=1.26,<2"\n',
            id="poetry, upper bounds",
        ),
        pytest.param(
            '[tool.poetry]\ndependencies.python = "^3.9"\ndependencies.django = "^5"\n',
            '[tool.poetry]\ndependencies.python = "^3.9"\ndependencies.boto3 = "^1.26"\n'
            'dependencies.django = "^5"\n',
            id="poetry, dotted keys",
        ),
        pytest.param(
            "[tool.poetry.dependencies.a]\nversion = 1\n[x]\n[tool.poetry.dependencies.b]\n",
            '[tool.poetry.dependencies]\nboto3 = ">=1.26"\n\n'
            "[tool.poetry.dependencies.a]\nversion = 1\n[x]\n[tool.poetry.dependencies.b]\n",
            id="poetry, tables apart",
        ),
        pytest.param(
            '[tool.poetry]\ndependencies = {python = "^3.9", a = "1"}\n',
            '[tool.poetry]\ndependencies = {python = "^3.9", a = "1", boto3 = "1.42.97"}\n',
            id="poetry, inline table",
        ),
        pytest.param(
            'project.name = "x"\nproject.version = "1"\n',
            'project.name = "x"\nproject.dependencies = ["boto3>=1.26"]\nproject.version = "1"\n',
            id="project, dotted keys",
        ),
        pytest.param(
            '[project]\nname = "x"\n\n[tool.black]\na = 1\n\n[project.urls]\n',
            '[project]\nname = "x"\ndependencies = ["boto3>=1.26"]\n\n[tool.black]\na = 1\n\n'
            "[project.urls]\n",
            id="project, tables apart",
        ),
    ],
)
def test_adds_to_pyproject(before, after):
    files = {"pyproject.toml": before.encode()}
    for _ in range(2):
        assert not fix(files)
        assert files["pyproject.toml"].decode() == after
    tomllib.loads(after.removeprefix("\ufeff"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            '[project]\ndependencies = ["django", "Boto3[crt] ~= 1.34"]\n', id="dependency"
        ),
        pytest.param('[tool.poetry.dependencies]\nboto3 = {version = "*"}\n', id="poetry"),
        pytest.param(
            '[tool.poetry.dependencies]\nboto3 = [{version = "1.28", python = "<3.9"}]\n',
            id="poetry, by Python",
        ),
    ],
)
def test_does_nothing_if_pyproject_has_boto3(text):
    assert requirements.add_requirements({"pyproject.toml": text.encode()}.get, manifest()) == (
        [],
        [],
    )


POETRY = '[tool.poetry.dependencies]\npython = "^3.9"\n'


@pytest.mark.parametrize(
    ("before", "group"),
    [
        pytest.param(PROJECT, '[dependency-groups]\ndev = ["boto3==1.28.8"]\n', id="group"),
        pytest.param(PROJECT, '[dependency-groups]\nmain = ["boto3>=1", {include-group = "x"}]\n', id="group with another"),
        pytest.param(PROJECT, '[project.optional-dependencies]\ns3 = ["Boto3[crt]"]\n', id="extra"),
        pytest.param(PROJECT.replace('"django"', '"django==5"'), '[dependency-groups]\ndev = ["boto3==1.28.8"]\n', id="group among pins"),
        pytest.param(PROJECT, '[tool.uv]\ndev-dependencies = ["boto3"]\n', id="uv"),
        pytest.param(PROJECT, '[tool.pdm.dev-dependencies]\ntest = ["boto3"]\n', id="pdm"),
        pytest.param(PROJECT, '[tool.poetry.dependencies]\nboto3 = {version = "^1.28", optional = true}\n', id="optional beside a list"),
        pytest.param(POETRY, '[tool.poetry.group.dev.dependencies]\nboto3 = "1.28.8"\n', id="poetry group"),
        pytest.param(POETRY, '[tool.poetry.group.dev.dependencies]\nboto3 = {version = "~1.28.8"}\n', id="poetry, tilde"),
        pytest.param(POETRY, '[tool.poetry.dev-dependencies]\nboto3 = "^1.20"\n', id="poetry, old form"),
    ],
)  # fmt: skip
def test_adds_boto3_that_only_a_group_has(before, group):
    """Production may install no group and no extra; the new requirement allows their versions."""
    files = {"pyproject.toml": f"{before}\n{group}".encode()}
    assert not fix(files)
    after = files["pyproject.toml"].decode()
    added = 'boto3 = ">=1.26"\n' if before == POETRY else '"boto3>=1.26"]\n'
    assert added in after.partition("\n\n")[0] + "\n"
    assert after.endswith(group)
    assert not fix(files)
    assert files["pyproject.toml"].decode() == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param('[dependency-groups]\nmain = ["a"]\ndev = ["b"]\n', 'main = ["a", +]\ndev = ["b"]\n', id="main"),
        pytest.param('[project]\nname = "x"\n[dependency-groups]\nProd = ["a"]\n', 'Prod = ["a", +]\n', id="no dependencies"),
        pytest.param('[project]\ndependencies = []\n[dependency-groups]\nproduction = ["a"]\n', 'production = ["a", +]\n', id="empty dependencies"),
        pytest.param('[dependency-groups]\nmain = ["a~=1", {include-group = "b"}, "c>1"]\n', 'main = ["a~=1", {include-group = "b"}, "c>1", +]\n', id="included group"),
        pytest.param('[dependency-groups]\nmain = ["a"]\ndev = ["boto3==1.28.8"]\n', 'main = ["a", +]\ndev = ["boto3==1.28.8"]\n', id="another group has it"),
        pytest.param('[project]\ndependencies = []\n[project.optional-dependencies]\ndev = ["c"]\nprod = ["a"]\n', 'prod = ["a", +]\n', id="extra"),
        pytest.param('[project]\ndependencies = ["a"]\n[dependency-groups]\nmain = ["b"]\n', 'dependencies = ["a", +]\n[dependency-groups]\nmain = ["b"]\n', id="dependencies"),
        pytest.param('[project]\nname = "x"\n[dependency-groups]\ndev = ["b"]\n', 'name = "x"\ndependencies = [+]\n[dependency-groups]\ndev = ["b"]\n', id="only for development"),
        pytest.param('[dependency-groups]\nmain = ["a", "boto3==1.34.74"]\n', "", id="present"),
        pytest.param("[dependency-groups]\nmain = []\n", "", id="empty group"),
    ],
)  # fmt: skip
def test_adds_to_the_dependency_group_of_the_app(before, after):
    files = {"pyproject.toml": before.encode()}
    skipped = fix(files)
    text = files["pyproject.toml"].decode()
    assert text.endswith(after.replace("+", '"boto3>=1.26"'))
    assert after or text == before
    assert bool(skipped) is ("main = []" in before)
    tomllib.loads(text)


INSTALLED = InstalledGroups(groups={"prod"}, extras={"server"})


@pytest.mark.parametrize(
    ("group", "after"),
    [
        pytest.param('[dependency-groups]\nProd = ["a>=1,<2"]\ndev = ["c"]\n', 'Prod = ["a>=1,<2", "boto3>=1.26"]\ndev', id="group"),
        pytest.param('[project.optional-dependencies]\nserver = ["a"]\n', 'server = ["a", "boto3>=1.26"]', id="extra"),
        pytest.param('[tool.poetry.group.prod.dependencies]\na = "^1"\n', 'a = "^1"\nboto3 = "^1.26"', id="poetry"),
        pytest.param('[dependency-groups]\nprod = ["a", "boto3>=1"]\n', None, id="present"),
        pytest.param('[tool.poetry.group.prod.dependencies]\nboto3 = "^1"\n', None, id="present in a table"),
        pytest.param('[dependency-groups]\nserver = ["a"]\n', 'dependencies = ["django", "boto3>=1.26"]', id="no extra, but a group"),
        pytest.param("[dependency-groups]\nprod = []\n", 'dependencies = ["django", "boto3>=1.26"]', id="empty"),
    ],
)  # fmt: skip
def test_adds_to_the_group_that_production_installs(group, after):
    before = f"{PROJECT}{group}"
    files = {"pyproject.toml": before.encode()}
    for _ in range(2):
        assert not fix(files, groups=INSTALLED)
    text = files["pyproject.toml"].decode()
    assert after is None or after in text
    assert text.count("boto3") == 1
    assert (text == before) is (after is None)


BUILD = '[build-system]\nrequires = ["hatchling"]\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(PROJECT, '\n\n[project.optional-dependencies]\naws = ["boto3>=1.26"]\n\n[build', id="new"),
        pytest.param(f'{PROJECT}[project.urls]\na = "b"\n', '"b"\n\n[project.optional-dependencies]\naws = ["boto3>=1.26"]\n\n[build', id="new, below another table"),
        pytest.param(PROJECT + '[project.optional-dependencies]\ns3 = ["a"]\n', 's3 = ["a"]\naws = ["boto3>=1.26"]\n', id="beside another"),
        pytest.param(PROJECT + '[project.optional-dependencies]\naws = ["a<2"]\n', 'aws = ["a<2", "boto3>=1.26"]\n', id="existing"),
    ],
)  # fmt: skip
def test_adds_to_an_extra_of_a_published_package(before, after):
    groups = InstalledGroups(extras={"aws"}, new_extra="aws")
    files = {"pyproject.toml": f"{before}\n{BUILD}".encode(), "uv.lock": b""}
    skipped = fix(files, groups=groups)
    text = files["pyproject.toml"].decode()
    assert after in text
    assert "`pip install 'shop[aws]'`" in skipped["pyproject.toml"]
    assert "uv lock" in skipped["uv.lock"]
    assert fix(files, groups=groups) == {}
    assert files["pyproject.toml"].decode() == text


@pytest.mark.parametrize(
    "text",
    [PROJECT, f'{PROJECT}dynamic = ["optional-dependencies"]\n{BUILD}'],
    ids=["no package", "extras elsewhere"],
)
def test_adds_no_extra_to_other_projects(text):
    files = {"pyproject.toml": text.encode()}
    assert not fix(files, groups=InstalledGroups(extras={"aws"}, new_extra="aws"))
    assert b'dependencies = ["django", "boto3>=1.26"]' in files["pyproject.toml"]


def test_the_package_of_the_runtime_is_for_all_environments():
    files = {"pyproject.toml": f'{PROJECT}[dependency-groups]\nprod = ["a"]\n'.encode()}
    assert not fix(files, runtime="package", groups=INSTALLED)
    assert b'dependencies = ["django", "shield-ai-runtime' in files["pyproject.toml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('[dependency-groups]\nmain = ["boto3==1.20.1"]\n', "the runtime needs boto3>=1.26: update boto3==1.20.1", id="group of the app"),
        pytest.param(PROJECT + '[dependency-groups]\ndev = ["boto3==1.20.1"]\n', "update boto3==1.20.1, then add boto3", id="group"),
        pytest.param(POETRY + '[tool.poetry.group.dev.dependencies]\nboto3 = "~1.20"\n', "update boto3==1.20.*, then add boto3", id="poetry"),
        pytest.param(POETRY + 'boto3 = {version = "^1.28", optional = true}\n', "manually", id="optional"),
        pytest.param(POETRY + 'boto3 = "1.20.1"\n', "the runtime needs boto3>=1.26: update boto3==1.20.1", id="dependency of poetry"),
        pytest.param(POETRY + 'boto3 = {version = "~1.20"}\n', "the runtime needs boto3>=1.26: update boto3==1.20.*", id="table of poetry"),
        pytest.param(POETRY + 'urllib3 = "1.24.1"\n', "too old for boto3>=1.26: update urllib3==1.24.1, then add boto3", id="other dependency of poetry"),
        pytest.param(PROJECT.replace("django", "urllib3==1.24.1"), "too old for boto3>=1.26: update urllib3==1.24.1, then add boto3", id="other dependency"),
    ],
)  # fmt: skip
def test_reports_a_group_that_prevents_the_requirement(text, message):
    files = {"pyproject.toml": text.encode()}
    assert message in fix(files)["pyproject.toml"]
    assert files == {"pyproject.toml": text.encode()}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            'boto3 = "==1.20.1"', "the runtime needs boto3>=1.26: update boto3==1.20.1", id="boto3"
        ),
        pytest.param(
            'urllib3 = "==1.24.1"', "too old for boto3>=1.26: update urllib3==1.24.1", id="urllib3"
        ),
        pytest.param('boto3 = {path = "lib"}', None, id="path"),
        pytest.param('boto3 = "*"', None, id="any version"),
    ],
)
def test_reports_outdated_versions_of_pipenv(line, message):
    text = f"[packages]\n{line}\n".encode()
    files = {"Pipfile": text}
    assert (message or "") in fix(files).get("Pipfile", "")
    assert bool(fix(files)) is bool(message)
    assert files == {"Pipfile": text}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(b"a" * 300, id="too long"),
        pytest.param(b".", id="folder"),
        pytest.param(b"link.txt", id="link out of the app"),
    ],
)
def test_included_file_that_can_not_be_read_is_left_out(tmp_path, name):
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    (tmp_path / "requirements.txt").write_bytes(b"-r %s\ndjango\n" % name)
    found = requirements.add_requirements(Tree(tmp_path).read, manifest())
    assert [change.path for change in found[0]] == ["requirements.txt"]


NESTED = {
    "requirements/source/requirements-base.in": b"Flask\n",
    "requirements/source/requirements-production.in": b"-r requirements-base.in\n",
    "requirements/source/requirements-linting.in": b"ruff\n",
    "requirements/compiled/requirements-production.txt": b"# autogenerated by pip-compile\nflask==3\n",
}


def test_files_in_folders_inside_the_folder_requirements():
    files = dict(NESTED)
    skipped = run(requirements.add_requirements(files.get, manifest(), nested=NESTED), files)
    changed = {path: raw for path, raw in files.items() if raw != NESTED[path]}
    assert changed == {"requirements/source/requirements-base.in": b"Flask\nboto3>=1.26\n"}
    assert "requirements/compiled/requirements-production.txt" in skipped


def test_outdated_file_in_a_folder_is_named_once():
    files = {"requirements/source/requirements-base.in": b"Flask\nboto3==1.20.1\n"}
    _, skipped = requirements.add_requirements(files.get, manifest(), nested=files)
    assert [(item.path, item.id) for item in skipped] == [(*files, SkipId.OUTDATED_VERSION)]


def test_included_name_with_a_null_byte(tmp_path):
    (tmp_path / "requirements.txt").write_bytes(b"-r a\0b\nx\n")
    found = requirements.add_requirements(Tree(tmp_path).read, manifest())
    assert [item.id for item in found[1]] == [SkipId.NOT_TEXT]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"[project\n", "invalid TOML", id="invalid TOML"),
        pytest.param('[project]\nname = "é"\n'.encode("latin-1"), "not valid UTF-8", id="latin-1"),
        pytest.param('[project]\nname = "x"\n'.encode("utf-16"), "or UTF-16", id="utf-16"),
        pytest.param(
            b'[project]\ndependencies = [\n  "django"\n  # more\n]\n',
            "manually",
            id="comment at the end",
        ),
    ],
)
def test_skips_invalid_pyproject(raw, message):
    files = {"pyproject.toml": raw}
    assert message in fix(files)["pyproject.toml"]
    assert files == {"pyproject.toml": raw}


def test_adds_to_pipfile_and_reports_its_lock():
    text = '[[source]]\nurl = "x"\n\n[packages]\ndjango = "*"\n\n[dev-packages]\n'
    files = {"Pipfile": text.encode(), "Pipfile.lock": b"{}"}
    assert "pipenv lock" in fix(files)["Pipfile.lock"]
    expected = text.replace('django = "*"\n', 'django = "*"\nboto3 = ">=1.26"\n')
    assert files == {"Pipfile": expected.encode(), "Pipfile.lock": b"{}"}
    assert not fix(files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'packages.a = "*"\npackages.b = "*"\n',
            'packages.a = "*"\npackages.boto3 = ">=1.26"\npackages.b = "*"\n',
            id="dotted keys",
        ),
        pytest.param(
            'packages = {a = "*", b = "*"}\n',
            'packages = {a = "*", b = "*", boto3 = ">=1.26"}\n',
            id="inline table",
        ),
    ],
)
def test_adds_to_pipfile(before, after):
    files = {"Pipfile": before.encode()}
    for _ in range(2):
        assert not fix(files)
        assert files["Pipfile"].decode() == after


@pytest.mark.parametrize(
    ("lock", "command"), [("uv.lock", "uv lock"), ("poetry.lock", "poetry lock")]
)
def test_reports_lock_of_pyproject(lock, command):
    assert command in fix({"pyproject.toml": PROJECT.encode(), lock: b""})[lock]


@pytest.mark.parametrize(
    ("name", "raw", "locks"),
    [
        ("pyproject.toml", PROJECT.encode(), ("Pipfile.lock",)),
        ("Pipfile", b'[packages]\ndjango = "*"\n', ("uv.lock", "poetry.lock", "pdm.lock")),
    ],
)
def test_does_not_report_locks_of_other_files(name, raw, locks):
    files = {name: raw, **dict.fromkeys(locks, b"{}")}
    assert fix(files) == {}
    assert files[name] != raw


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock", "pdm.lock"])
def test_a_lock_file_decides_for_pyproject(lock):
    files = {"requirements.txt": b"django==5.2\n", "pyproject.toml": PROJECT.encode(), lock: b""}
    skipped = fix(files)
    assert b"boto3" in files["pyproject.toml"]
    assert files["requirements.txt"] == b"django==5.2\n"
    assert "if this file is used" in skipped["requirements.txt"]


def test_a_file_that_includes_one_with_boto3_is_complete():
    project = {"pyproject.toml": PROJECT.encode(), "poetry.lock": b""}
    included = {"requirements/prod.txt": b"django\nboto3==1.43.1\n"}
    for text in (b"-i https://pypi.org/simple\n-r requirements/prod.txt\n", b"gunicorn\n"):
        files = {**project, **included, "requirements.txt": text + b"-r requirements/prod.txt\n"}
        assert fix(files).keys() == {"poetry.lock"}


COMPILED = "# This file was autogenerated by uv via the following command:\n#    {}\nx==1\n"


@pytest.mark.parametrize(
    ("sources", "outdated"),
    [
        pytest.param(
            {"requirements_base.in": "x\n", "requirements_dev.in": "-r requirements_base.txt\nx\n"},
            {"requirements_base", "requirements_dev"},
            id="included compiled file",
        ),
        pytest.param(
            {
                "requirements.in": "-r requirements_base.txt\nx\n",
                "requirements_base.in": "x\n",
                "requirements_dev.in": "-r requirements.in\nx\n",
            },
            {"requirements", "requirements_dev"},
            id="a compiled file that does not contain the change",
        ),
        pytest.param(
            {"requirements.in": "x\n", "requirements_dev.in": "-c requirements.txt\nx\n"},
            {"requirements"},
            id="constraints",
        ),
    ],
)
def test_names_the_compiled_files_that_contain_the_change(sources, outdated):
    files = {}
    for name, text in sources.items():
        compiled = name.replace(".in", ".txt")
        command = f"uv pip compile {name} -o {compiled}"
        files |= {name: text.encode(), compiled: COMPILED.format(command).encode()}
    skipped = fix(files)
    assert skipped.keys() == {f"{name}.txt" for name in outdated}
    for path, reason in skipped.items():
        command = f"uv pip compile {path.replace('.txt', '.in')} -o {path}"
        assert reason == f"lock file; compile it again to add boto3: {command}"


@pytest.mark.parametrize(
    ("makefile", "command"),
    [
        pytest.param(
            "lock: ## Compile.\n# Note\n\t@echo && \\\n\t\tpip-compile -o a\n",
            ": make lock",
            id="target",
        ),
        pytest.param("test:\n\tpytest\n\nlock:\n\tpip-compile a\n", ": make lock", id="second"),
        pytest.param(
            "a: b\ncompile-pip-dependencies:\n\tdocker build .\n",
            ": make compile-pip-dependencies",
            id="name",
        ),
        pytest.param("requirements-lock :\n\t./l\n", ": make requirements-lock", id="other name"),
        pytest.param("test:\n\tpytest\n# pip-compile\n", "", id="none"),
        pytest.param("compile-deps := a\ncompile-messages:\n\ta\n", "", id="other names"),
    ],
)
def test_names_the_target_of_make_that_compiles(makefile, command):
    compiled = b"# This file is autogenerated by pip-compile\ndjango==5.2 --hash=sha256:00\n"
    files = {"requirements.in": b"django\n", "requirements.txt": compiled}
    files["Makefile"] = makefile.encode()
    [reason] = fix(files).values()
    assert reason == f"lock file; compile it again to add boto3{command}"


def test_does_not_show_the_login_of_an_index():
    command = "pip-compile --index-url https://shop:swordfish@pypi.shop.internal requirements.in"
    files = {"requirements.in": b"x\n", "requirements.txt": COMPILED.format(command).encode()}
    assert list(fix(files).values()) == ["lock file; compile it again to add boto3"]


def test_names_a_compiled_file_by_the_command_in_it():
    compiled = COMPILED.format("uv pip compile app/requirements.in -o requirements/base.txt")
    files = {"requirements/base.txt": compiled.encode(), "requirements.in": b"x\n"}
    assert fix(files).keys() == {"requirements/base.txt"}
    compiled = COMPILED.format("pip-compile requirements/main.in -o requirements/base.txt")
    files = {"requirements/base.txt": compiled.encode(), "requirements/main.in": b"x\n"}
    files["requirements/base.in"] = b"y\n"
    assert fix(files).keys() == {"requirements/base.txt"}
    files |= {"requirements.in": b"x\n", "requirements/main.in": b"x\n"}
    assert fix(files) == {}


def test_a_lock_file_without_dependencies_decides_nothing():
    files = {"requirements.txt": b"django\n", "pyproject.toml": b"[tool.x]\n", "uv.lock": b""}
    assert fix(files) == {}
    assert files["requirements.txt"] == b"django\nboto3>=1.26\n"


@pytest.mark.parametrize(
    ("pyproject", "is_source"),
    [
        pytest.param('[project]\nname = "x"\n', False, id="no dependencies"),
        pytest.param("[project]\ndependencies = []\n", False, id="empty"),
        pytest.param('[tool.poetry.dependencies]\npython = "^3.9"\n', False, id="only Python"),
        pytest.param('[dependency-groups]\ndev = ["x"]\n', False, id="only for development"),
        pytest.param('[project]\ndependencies = ["x"]\n', True, id="dependencies"),
        pytest.param('[tool.poetry.dependencies]\nx = "^1"\n', True, id="poetry"),
        pytest.param('[dependency-groups]\nmain = ["x"]\n', True, id="group of the app"),
    ],
)
def test_a_project_without_dependencies_is_no_source_beside_requirements(pyproject, is_source):
    compiled = b"# This file is autogenerated by pip-compile\ndjango==5.2 --hash=sha256:00\n"
    files = {"pyproject.toml": pyproject.encode(), "poetry.lock": b"", "requirements.txt": compiled}
    files["requirements.in"] = b"django==5.2\n"
    skipped = fix(files)
    assert (b"boto3" in files["pyproject.toml"]) is is_source
    assert (b"boto3" in files["requirements.in"]) is not is_source
    assert ("poetry.lock" in skipped) is is_source
    assert ("compile it again" in skipped["requirements.txt"]) is not is_source


def test_adds_package_for_package_runtime():
    files = {"requirements.txt": b"django\n"}
    assert not fix(files, runtime="package")
    assert files["requirements.txt"] == b"django\nshield-ai-runtime[aws]>=0.1\n"
    poetry = {"pyproject.toml": b'[tool.poetry.dependencies]\npython = "^3.9"\n'}
    assert not fix(poetry, runtime="package")
    carets = {"pyproject.toml": b'[tool.poetry.dependencies]\ncelery = {version = "^5"}\n'}
    before = dict(carets)
    assert not fix(carets, runtime="package")
    assert b'version = ">=0.1"' in carets["pyproject.toml"]
    assert not fix(before)
    assert before["pyproject.toml"].endswith(b'\nboto3 = "^1.26"\n')
    assert tomllib.loads(poetry["pyproject.toml"].decode())["tool"]["poetry"]["dependencies"][
        "shield-ai-runtime"
    ] == {
        "version": ">=0.1",
        "extras": ["aws"],
    }


@given(st.one_of(st.binary(), st.text("boto3=.[]#-\\ \r\n\"'r").map(str.encode)))
def test_second_run_changes_nothing(raw):
    files = {"requirements.txt": raw}
    fix(files)
    once = dict(files)
    fix(files)
    assert files == once
    assert is_subsequence(raw, once["requirements.txt"])


TOML_LINE = st.sampled_from(
    ["[project]", 'name = "x"', "dependencies = [", '"django",', '"celery"', "# note", "]", "", "[tool.poetry.dependencies]",
     'python = "^3"', "dependencies = []", 'dependencies = ["a"]', "[packages]"]
)  # fmt: skip
DOTTED_LINE = st.sampled_from(
    ["[project]", "[project.urls]", 'name = "x"', 'project.name = "x"', 'project.version = "1"', "[tool]", "[tool.x]", "[tool.poetry]",
     'dependencies.python = "^3"', 'dependencies.a = "1"', 'dependencies.b.version = "1"', "[tool.poetry.dependencies.c]",
     'dependencies = {python = "^3"}', 'poetry.dependencies.d = "1"', "[dependency-groups]", 'main = ["a"]', 'dev.e = "1"',
     'dependency-groups.main = ["a"]', 'packages.a = "*"', "packages = {}", "[packages.b]", "[[packages]]", "[[project]]"]
)  # fmt: skip


@given(
    st.sampled_from(["pyproject.toml", "Pipfile"]),
    st.lists(TOML_LINE, max_size=9) | st.lists(DOTTED_LINE, max_size=7),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([{}, {"runtime": "package"}]),
)
def test_result_is_valid_toml(path, lines, end, app):
    raw = end.join(lines).encode()
    files = {path: raw}
    fix(files, **app)
    once = dict(files)
    fix(files, **app)
    assert files == once
    assert is_subsequence(raw, once[path])
    if once[path] != raw:
        assert re.search("boto3|shield-ai-runtime", str(tomllib.loads(once[path].decode())))


@pytest.mark.parametrize(
    ("files", "path"),
    [
        pytest.param(
            ["web/manage.py", "web/requirements.txt"], "web/requirements.txt", id="beside the app"
        ),
        pytest.param(
            ["web/manage.py", "web/requirements.txt", "requirements.txt"],
            "web/requirements.txt",
            id="first",
        ),
        pytest.param(["web/manage.py", "requirements.txt"], "requirements.txt", id="above the app"),
        pytest.param(
            ["web/manage.py", "web/shop/requirements.txt"],
            "web/shop/requirements.txt",
            id="in its package",
        ),
        pytest.param(
            ["web/manage.py", "web/pyproject.toml", "web/uv.lock"],
            "web/pyproject.toml",
            id="pyproject",
        ),
    ],
)
def test_finds_dependencies_near_the_app(files, path):
    raws = {name: PROJECT.encode() if name.endswith("toml") else b"x\n" for name in files}
    skipped = fix(raws, runtime="web/shop/utils/secrets.py")
    assert [name for name, raw in raws.items() if b"boto3" in raw] == [path]
    assert list(skipped) == [name for name in files if name.endswith(".lock")]


def test_a_locked_pipfile_is_edited_instead_of_requirements():
    files = {
        "Pipfile": b'[packages]\nflask = "*"\n',
        "Pipfile.lock": b"{}",
        "requirements/common.txt": b"flask==1.1\n",
    }
    changes, problems = requirements.add_requirements(files.get, manifest())
    assert [change.path for change in changes] == ["Pipfile"]
    assert {skip.path for skip in problems} == {"Pipfile.lock", "requirements/common.txt"}


@pytest.mark.parametrize(
    ("pipfile", "edited"),
    [
        pytest.param('[packages]\nrequests = "*"\n', ["requirements/base.txt"], id="left over"),
        pytest.param('[packages]\n"Django" = "*"\n', ["Pipfile"], id="in use"),
    ],
)
def test_a_pipfile_without_the_framework_is_left_over(pipfile, edited):
    files = {
        "Pipfile": pipfile.encode(),
        "Pipfile.lock": b"{}",
        "requirements/base.txt": b"django==5.1\nx\n",
    }
    changes, _ = requirements.add_requirements(files.get, manifest())
    assert [change.path for change in changes if change.edits][:1] == edited


PIPFILE = {"Pipfile": b'[packages]\nflask = "*"\n', "Pipfile.lock": b"{}"}


@pytest.mark.parametrize(
    ("path", "text", "is_edited"),
    [
        pytest.param("pyproject.toml", PROJECT, True, id="package"),
        pytest.param("pyproject.toml", '[project]\nname = "x"\n', False, id="no dependencies"),
        pytest.param("requirements.txt", "flask>=3\nrequests==2.1\n", True, id="framework"),
        pytest.param("requirements.d/all.txt", "django~=5.2.0\n", True, id="folder"),
        pytest.param("requirements.txt", "flask==3.1\njinja2==3.1\n", False, id="pinned"),
        pytest.param("requirements.txt", "sphinx\n", False, id="no framework"),
        pytest.param("requirements.txt", "flask\nboto3\n", False, id="present"),
    ],
)
def test_each_source_of_the_dependencies_is_edited(path, text, is_edited):
    files = {**PIPFILE, path: text.encode()}
    skipped = fix(files)
    assert b"boto3" in files["Pipfile"]
    assert (files[path] != text.encode()) == is_edited
    assert not (is_edited and path in skipped)
    before = files.copy()
    fix(files)
    assert files == before


def test_the_app_installed_from_requirements_also_has_a_locked_pyproject():
    files = {"pyproject.toml": PROJECT.encode(), "uv.lock": b"", "requirements.txt": b"django\n"}
    fix(files)
    assert files["requirements.txt"] == b"django\nboto3>=1.26\n"
    assert b"boto3" in files["pyproject.toml"]


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param("setup.cfg", "[options]\ninstall_requires=\n    x\n", "[options]\ninstall_requires=\n    x\n    boto3>=1.26\n", id="setup.cfg"),
        pytest.param("setup.py", "setup(install_requires=['x'])\n", "setup(install_requires=['x', 'boto3>=1.26'])\n", id="setup.py"),
        pytest.param("pyproject.toml", '[project]\ndependencies = ["x"]\n', '[project]\ndependencies = ["x", "boto3>=1.26"]\n', id="pyproject"),
        pytest.param("setup.cfg", "[options]\npackages = find:\n", "", id="setup.cfg without requirements"),
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    boto3\n", "", id="present"),
        pytest.param("setup.py", "setup(install_requires=lines)\n", "", id="setup.py that reads them"),
        pytest.param("pyproject.toml", '[project]\nname = "x"\n', "", id="pyproject without dependencies"),
        pytest.param("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"\n', "", id="only Python"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "app", [{"requirements.txt": "x\n"}, {"Pipfile": '[packages]\nx = "*"\n', "Pipfile.lock": "{}"}]
)
def test_the_dependencies_of_the_package_get_the_requirement_too(app, path, before, after):
    texts = {**app, path: before}
    files = {name: text.encode() for name, text in texts.items()}
    for _ in range(2):
        fix(files)
        assert files[path].decode() == (after or before)
        assert b"boto3" in files[next(iter(app))]
