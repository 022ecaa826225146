from __future__ import annotations

import pytest

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.flow.rollback.removed_modules import Importer, find_importers, importer_error
from shield_ai.project.python_source import digest
from shield_ai.project.tree import Tree

REMOVED = "shop/utils/secrets.py"


def steps():
    new = FileStep(run="r", what=REMOVED, before=None, after="a")
    edited = FileStep(run="r", what="shop/settings.py", before="b", after="c")
    package = FileStep(run="r", what="shop/utils/__init__.py", before=None, after=digest(b""))
    runtime = [
        FileStep(run="r", what=f"shop/utils/_shield_runtime/{name}.py", before=None, after="a")
        for name in ("__init__", "cache")
    ]
    return [new, edited, package, *runtime]


@pytest.mark.parametrize("target", ["gone.py", "/dev/null"])
def test_files_that_cannot_be_read_are_left_out(tmp_path, target):
    (tmp_path / "broken.py").symlink_to(target)
    assert find_importers(steps(), Tree(tmp_path), {}) == []


def test_without_removed_modules_no_file_is_read(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("import shop.utils.secrets\n")
    monkeypatch.setattr(Tree, "read", None)
    assert find_importers([], Tree(tmp_path), {}) == []


def test_a_module_of_a_removed_package_is_found(tmp_path):
    (tmp_path / "a.py").write_text("from shop.utils._shield_runtime.cache import Cache\n")
    (tmp_path / "b.py").write_text("from django.core.cache import cache\n")
    found = find_importers(steps(), Tree(tmp_path), {})
    assert {(importer.path, importer.line) for importer in found} == {("a.py", 1)}


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        pytest.param("shop/views.py", "from shop.utils.secrets import get_secret", True, id="from"),
        pytest.param("shop/views.py", "import shop.utils.secrets", True, id="import"),
        pytest.param("shop/views.py", "from shop.utils import a, secrets", True, id="of package"),
        pytest.param("shop/views.py", "from utils.secrets import x", True, id="another root"),
        pytest.param("a/b.py", "from utils.secrets import x", False, id="root elsewhere"),
        pytest.param("shop/views.py", "from .utils.secrets import x", True, id="relative"),
        pytest.param("shop/utils/a.py", "from .secrets import x", True, id="beside"),
        pytest.param("shop/utils/a.py", "from . import secrets", True, id="from the folder"),
        pytest.param("shop/a/b.py", "from ..utils import secrets", True, id="two levels"),
        pytest.param("shop/a.py", "def f():\n    import shop.utils.secrets", True, id="in code"),
        pytest.param(
            "shop/a.py",
            "try: import shop.utils.secrets\nexcept ImportError: pass",
            False,
            id="handled",
        ),
        pytest.param(
            "shop/a.py",
            "try: import shop.utils.secrets\nexcept (KeyError, ModuleNotFoundError): pass",
            False,
            id="handled with others",
        ),
        pytest.param(
            "shop/a.py",
            "try: f()\nexcept ImportError: import shop.utils.secrets",
            True,
            id="in a handler",
        ),
        pytest.param(
            "shop/a.py",
            "try: f()\nexcept KeyError: import shop.utils.secrets",
            True,
            id="other error",
        ),
        pytest.param("shop/a.py", 'x = "shop.utils.secrets"', True, id="dotted name"),
        pytest.param("shop/a.py", 'x = "shop.utils.secrets.get"', True, id="name of a member"),
        pytest.param("shop/a.py", 'x = "see shop.utils.secrets"', False, id="sentence"),
        pytest.param("shop/a.py", 'x = "secrets"', False, id="word"),
        pytest.param("shop/views.py", "import secrets", False, id="standard library"),
        pytest.param("shop/views.py", "from shop.utils import helpers", False, id="namespace"),
        pytest.param("shop/views.py", "from .secrets import x", False, id="another file"),
        pytest.param("other/a.py", "from myutils.secrets import x", False, id="another package"),
        pytest.param("shop/settings.py", "from .utils.secrets import x", False, id="edited file"),
        pytest.param("shop/views.py", "# from shop.utils.secrets import x", False, id="comment"),
        pytest.param("shop/views.py", "from shop.utils.secrets import (", False, id="no Python"),
        pytest.param("shop/a.txt", "from shop.utils.secrets import x", False, id="no module"),
    ],
)
def test_finds_imports_of_removed_modules(tmp_path, path, text, found):
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    line = text.count("\n") + 1
    expected = [Importer(path, line, REMOVED)] if found else []
    assert find_importers(steps(), Tree(tmp_path), {}) == expected


def test_an_edited_file_is_searched_as_the_rollback_leaves_it(tmp_path):
    settings = tmp_path / "shop/settings.py"
    settings.parent.mkdir()
    settings.write_text("from .utils.secrets import get_secret\n")
    engine = b'x = {"ENGINE": "shop.utils._shield_runtime.cache"}\n'
    found = find_importers(steps(), Tree(tmp_path), {"shop/settings.py": b"\n" + engine})
    assert {(importer.path, importer.line) for importer in found} == {("shop/settings.py", 2)}
    assert find_importers(steps(), Tree(tmp_path), {"shop/settings.py": b"x = 1\n"}) == []


def test_an_error_names_each_place_once():
    importers = [Importer("a.py", 3, "secrets.py"), Importer("a.py", 3, "_shield_runtime.py")]
    assert str(importer_error(importers)).endswith("which the rollback removes: a.py:3")
