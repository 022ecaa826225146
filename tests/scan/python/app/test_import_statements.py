from __future__ import annotations

import pytest

from shield_ai.scan.python.app.import_statements import find_imports, module_tails


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("import a", [("a", {})], id="module"),
        pytest.param("import a.b as c, d  # e", [("a.b", {}), ("d", {})], id="modules"),
        pytest.param("from a.b import c as d, e", [("a.b", {"d": "c", "e": "e"})], id="names"),
        pytest.param("from .. import c", [("..", {"c": "c"})], id="relative"),
        pytest.param("from a import *", [("a", {})], id="all names"),
        pytest.param(
            "from a import (  # b\n    c,  # d\n    e\n)",
            [("a", {"c": "c", "e": "e"})],
            id="parentheses",
        ),
        pytest.param(
            "from a import (  # b)\n    c,\n)", [("a", {"c": "c"})], id="bracket in a comment"
        ),
        pytest.param(
            f"from a import (\n# {'b' * 999}\n    c,\n)", [("a", {"c": "c"})], id="long list"
        ),
        pytest.param("from a import c, \\\n    d", [("a", {"c": "c", "d": "d"})], id="two lines"),
        pytest.param("def f():\n    import a; x()", [("a", {})], id="in a function"),
        pytest.param(
            "import a; from b import c", [("a", {}), ("b", {"c": "c"})], id="after another"
        ),
        pytest.param(
            "try: import a\nexcept ImportError: pass", [("a", {})], id="on the line of try"
        ),
        pytest.param("if A: from a import b; import c", [("a", {"b": "b"}), ("c", {})], id="if"),
        pytest.param(
            "import größe\nfrom é import ü", [("größe", {}), ("é", {"ü": "ü"})], id="not ASCII"
        ),
        pytest.param("# import a\nx = 'import a'\nimportant = 1", [], id="other lines"),
        pytest.param("# b: import a\nx()  # c; from a import b", [], id="comments"),
    ],
)
def test_finds_imports(text, found):
    assert [(one.module, one.names) for one in find_imports(text.encode())] == found


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("import a.b", "a/b"),
        ("from . import c", "shop/api"),
        ("from .b import c", "shop/api/b"),
        ("from ..b import c", "shop/b"),
    ],
)
def test_the_target_of_an_import(text, target):
    [found] = find_imports(text.encode())
    assert found.target("shop/api/views.py") == target


def test_the_start_of_the_line():
    text = b"import a\nfrom b import (\n    c\n); import d\n    if x: import e; import f\n"
    starts = [found.start for found in find_imports(text)]
    assert [text[start:].split(b"\n")[0] for start in starts] == [
        b"import a",
        b"from b import (",
        b"); import d",
        *[b"    if x: import e; import f"] * 2,
    ]


def test_module_tails():
    tails = {"shop/api", "api", "settings"}
    assert module_tails(["shop/api/__init__.py", "settings.py"]) == tails
