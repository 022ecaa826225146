from __future__ import annotations

import re
import subprocess
import sys

import pytest
from shield_helpers import run, shield

from shield_ai.rewrite.code_style import CodeStyle
from shield_ai.rewrite.python.imports.import_groups import (
    is_third_party_for_linter,
    mixes_own_packages,
    own_packages,
    read_grouped_style,
)

PACKAGES = ("config", "shop")


@pytest.mark.parametrize(
    ("texts", "is_mixed"),
    [
        pytest.param(["import django\nfrom shop.a import b\n"], True, id="one block"),
        pytest.param(["from shop.a import (\n    b,\n)\nimport django\n"], True, id="several lines"),
        pytest.param(["import django\n\nfrom shop.a import b\n"], False, id="two blocks"),
        pytest.param(["import os\nfrom shop.a import b\n"], False, id="standard library"),
        pytest.param(["import django\nfrom .a import b\nfrom shop.a import b\n"], False, id="relative import between"),
        pytest.param(["import django\nimport flask\n"], False, id="libraries"),
        pytest.param(
            ["import django\nfrom shop import a\n", "import x\n\nfrom shop import a\n", "from shop import a\n\nimport x\n"],
            False,
            id="fewer files",
        ),
        pytest.param(["from shop import a\nimport (\n", "import x\nfrom shop import a\n"], True, id="invalid file"),
        pytest.param([], False, id="no files"),
    ],
)  # fmt: skip
def test_finds_own_packages_among_libraries(texts, is_mixed):
    files = {f"shop/{number}.py": text.encode() for number, text in enumerate(texts)}
    assert mixes_own_packages(files.get, files, PACKAGES) is is_mixed


@pytest.mark.parametrize("configured", [False, True], ids=["no linter", "isort"])
def test_a_new_file_is_sorted_like_others_unless_isort_sorts_it(configured):
    files = {"shop/a.py": b"import django\nfrom shop.b import c\n", "shop/b.py": b""}
    if configured:
        files["setup.cfg"] = b"[isort]\nline_length = 100\n"
    paths = [path for path in files if path.endswith(".py")]
    style = read_grouped_style(files.get, "tests/test_b.py", paths, "", "shop")
    assert style.mixes_own_packages is not configured


def test_packages_of_a_folder():
    paths = ["backend/shop/a.py", "backend/manage.py", "tools/b.py"]
    assert own_packages(paths, "backend") == ("manage", "shop")
    assert own_packages(paths, "") == ("backend", "tools")


@pytest.mark.parametrize(
    ("sources", "package", "expected"),
    [
        pytest.param(("", "src/"), "shop", False, id="defaults of ruff"),
        pytest.param(("back/",), "shop", True, id="another folder"),
        pytest.param(("back/",), "other", False, id="a package in another folder"),
        pytest.param(("../", "../src/"), "shop", True, id="configured above the app"),
        pytest.param(("../back/",), "shop", False, id="perhaps the app's folder"),
        pytest.param(None, "shop", False, id="not sorted by a linter"),
    ],
)
def test_packages_that_the_linter_takes_for_libraries(sources, package, expected):
    style = CodeStyle(package_sources=sources)
    paths = ["shop/settings.py", "back/other/a.py"]
    assert is_third_party_for_linter(style, package, paths) is expected


SETTINGS = """import os

import ldap
from zulu import Search

SECRET_KEY = os.environ["SECRET_KEY"]
X = Search, ldap
"""


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        pytest.param("", "import ldap\nfrom config.{} import get_secret\nfrom zulu", id="mixed"),
        pytest.param(
            "\n", "import ldap\nfrom zulu import Search\n\nfrom config.{} import", id="separate"
        ),
    ],
)
def test_get_secret_is_imported_as_other_packages_are(tmp_path, gap, expected):
    for path, text in (
        ("backend/config/__init__.py", ""),
        ("backend/config/settings.py", SETTINGS),
        ("backend/manage.py", "DJANGO_SETTINGS_MODULE = 'config.settings'\n"),
        ("backend/shop/__init__.py", ""),
        ("backend/shop/views.py", f"import django\n{gap}from config import settings\n"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    done = shield("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert done.code == 0, done.text
    settings = (tmp_path / "backend/config/settings.py").read_text()
    module = re.search(r"from config\.(\w+)", settings)
    assert module, settings
    assert expected.format(module[1]) in settings


def test_imports_of_a_new_map_file_are_sorted_as_ruff_does(tmp_path):
    files = {
        "pyproject.toml": "[tool.ruff.lint]\nselect = ['I']\n",
        "config.py": 'import os\n\nfrom yaml import load\n\nload()\nAPI_KEY = os.environ["API_KEY"]\n',
        "tests/test_config.py": "import pytest\n\nimport config\n",
    }
    (tmp_path / "tests").mkdir()
    for path, text in files.items():
        (tmp_path / path).write_text(text)
    apply = ("apply", "--only", "code", "--yes", "--no-proof")
    assert "created" in shield(*apply, cwd=tmp_path).text
    assert "from aws_secrets import" in (tmp_path / "config.py").read_text()
    assert "from aws_secrets import" in (tmp_path / "tests/test_aws_secrets.py").read_text()
    argv = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "nothing to do" in shield(*apply, cwd=tmp_path).text


SECTIONS = """[settings]
known_first_party=store
known_django=django
src_paths=store
sections=FUTURE,STDLIB,DJANGO,THIRDPARTY,FIRSTPARTY,LOCALFOLDER
import_heading_firstparty=Ours
import_heading_thirdparty=Others
import_heading_django=Django
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# Django\nfrom django.urls import path\n\n# Others\nfrom zeep import Client\n",
            "# Django\nfrom django.urls import path\n\n# Others\nfrom shop.aws_secrets import get_secret\nfrom zeep import Client\n",
            id="an existing group",
        ),
        pytest.param(
            "# Django\nfrom django.urls import path\n",
            "# Django\nfrom django.urls import path\n\n# Others\nfrom shop.aws_secrets import get_secret\n",
            id="a new group",
        ),
    ],
)
def test_a_package_that_isort_does_not_know_is_among_the_libraries(tmp_path, before, after):
    settings = tmp_path / "shop/settings.py"
    settings.parent.mkdir()
    settings.write_text(f'import os\n\n{before}\nX = os.environ["API_KEY"]\n')
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "manage.py").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/__init__.py").touch()
    (tmp_path / "tests/test_views.py").write_text("import unittest\n")
    (tmp_path / ".isort.cfg").write_text(SECTIONS)
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path)
    assert done.code == 0, done.text
    assert settings.read_text() == f'{after}\nX = get_secret("api-key")\n'
    assert "\n# Others\nfrom shop" in (tmp_path / "tests/test_aws_secrets.py").read_text()
