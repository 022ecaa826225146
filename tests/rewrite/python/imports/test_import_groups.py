from __future__ import annotations

import pytest

from shield_ai.rewrite.python.imports.import_groups import mixes_own_packages, own_packages

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


def test_packages_of_a_folder():
    paths = ["backend/shop/a.py", "backend/manage.py", "tools/b.py"]
    assert own_packages(paths, "backend") == ("manage", "shop")
    assert own_packages(paths, "") == ("backend", "tools")
