from __future__ import annotations

import py_compile

import pytest

from shield_ai.project.importable_files import importable_files, overriding_files
from shield_ai.project.tree import Tree

MODULE = "shop/secrets.py"
BYTECODE = "shop/__pycache__/secrets.pyc"


def touch(root, path):
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).touch()


def compile_module(root, mode):
    py_compile.compile(
        str(root / MODULE), cfile=str(root / BYTECODE), doraise=True, invalidation_mode=mode
    )


@pytest.fixture
def root(tmp_path):
    touch(tmp_path, MODULE)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "overrides", "is_importable"),
    [
        pytest.param("shop/secrets/__init__.py", True, True, id="package"),
        pytest.param("shop/secrets/__init__.so", True, True, id="compiled package"),
        pytest.param("shop/secrets/data.txt", False, False, id="folder without a module"),
        pytest.param("shop/secrets.cpython-311-darwin.so", True, True, id="extension module"),
        pytest.param("shop/secrets.txt", False, False, id="data"),
        pytest.param("shop/secret.so", False, True, id="another module"),
        pytest.param("shop/__pycache__/x.cpython-311.pyc", False, True, id="unreadable bytecode"),
        pytest.param("shop/__pycache__/x.cpython-311-pytest-9.2.0.pyc", False, False, id="pytest"),
    ],
)
def test_files_beside_a_module(root, path, overrides, is_importable):
    touch(root, path)
    tree = Tree(root)
    assert overriding_files(tree, MODULE) == [path] * overrides
    assert importable_files(tree, "shop") == sorted([MODULE, *[path] * is_importable])


@pytest.mark.parametrize(
    ("mode", "may_differ"),
    [
        pytest.param(py_compile.PycInvalidationMode.TIMESTAMP, False, id="compared with time"),
        pytest.param(py_compile.PycInvalidationMode.CHECKED_HASH, True, id="checked hash"),
        pytest.param(py_compile.PycInvalidationMode.UNCHECKED_HASH, True, id="unchecked hash"),
    ],
)
def test_bytecode_counts_if_it_can_differ_from_the_source(root, mode, may_differ):
    compile_module(root, mode)
    tree = Tree(root)
    assert overriding_files(tree, MODULE) == [BYTECODE] * may_differ
    assert importable_files(tree, "shop") == [*[BYTECODE] * may_differ, MODULE]


def test_links_to_folders_are_returned_but_not_followed(root, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    touch(outside, "module.py")
    (root / "shop/link").symlink_to(outside)
    assert importable_files(Tree(root), "shop") == ["shop/link", MODULE]


def test_missing_folder_has_no_files(tmp_path):
    tree = Tree(tmp_path)
    assert importable_files(tree, "shop") == []
    assert overriding_files(tree, MODULE) == []
