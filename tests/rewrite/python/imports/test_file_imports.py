from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.imports.file_imports import (
    greatest_level,
    imported_names,
    imports_package,
)


def source(text):
    return Source.from_bytes("shop/a.py", text.encode())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("from shop.x import a, b as c\n", {"a": "a", "b": "c"}, id="absolute"),
        pytest.param("from .x import a\n", {"a": "a"}, id="relative"),
        pytest.param("from ..x import a\nfrom x import a\n", {}, id="another module"),
        pytest.param("def f():\n    from shop.x import a\n", {}, id="in a function"),
    ],
)
def test_imported_names(text, names):
    assert imported_names(source(text), "shop.x", ".x") == names


@pytest.mark.parametrize(
    ("text", "level"),
    [
        pytest.param("import a\nfrom a import b\n", 0, id="absolute"),
        pytest.param("from . import a\nfrom ...b import c\n", 3, id="relative"),
        pytest.param("", 0, id="no imports"),
    ],
)
def test_greatest_level(text, level):
    assert greatest_level(source(text)) == level


@pytest.mark.parametrize(
    ("text", "is_imported"),
    [
        pytest.param("import shop\n", True, id="package"),
        pytest.param("from shop.x import a\n", True, id="module of the package"),
        pytest.param("from .shop import a\n", False, id="relative"),
        pytest.param("import shop_x\n", False, id="longer name"),
    ],
)
def test_imports_package(text, is_imported):
    assert imports_package(source(text), "shop") == is_imported
