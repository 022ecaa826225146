from __future__ import annotations

import pytest

from shield_ai.rewrite.project.import_names import (
    missing_packages,
    module_of,
    root_of,
    shadows_standard_library,
)


def reader(*paths):
    return dict.fromkeys(paths, b"").get


@pytest.mark.parametrize(
    ("paths", "path", "root", "module", "missing"),
    [
        pytest.param(
            ["manage.py", "shop/__init__.py"], "shop/utils/secrets.py", "", "shop.utils.secrets",
            ["shop/utils/__init__.py"], id="django",
        ),
        pytest.param(
            ["backend/manage.py", "backend/shop/__init__.py"], "backend/shop/utils/secrets.py", "backend",
            "shop.utils.secrets", ["backend/shop/utils/__init__.py"], id="folder with manage.py",
        ),
        pytest.param(
            ["src/shop/__init__.py"], "src/shop/secrets.py", "src", "shop.secrets", [], id="src",
        ),
        pytest.param(
            [], "src/shop/secrets.py", "src", "shop.secrets", ["src/shop/__init__.py"], id="src, namespace package",
        ),
        pytest.param(
            [], "shop/utils/secrets.py", "", "shop.utils.secrets", ["shop/utils/__init__.py"], id="no package at all",
        ),
        pytest.param(
            ["shop/__init__.py"], "shop/a/b/secrets.py", "", "shop.a.b.secrets",
            ["shop/a/__init__.py", "shop/a/b/__init__.py"], id="two new folders",
        ),
        pytest.param(
            ["manage.py", "apps/shop/__init__.py"], "apps/shop/utils/secrets.py", "apps", "shop.utils.secrets",
            ["apps/shop/utils/__init__.py"], id="package in a plain folder",
        ),
        pytest.param(
            ["backend/manage.py", "backend/apps/shop/__init__.py"], "backend/apps/shop/utils/secrets.py", "backend",
            "apps.shop.utils.secrets", ["backend/apps/shop/utils/__init__.py"], id="folder above packages",
        ),
        pytest.param([], "aws_secrets.py", "", "aws_secrets", [], id="at the root"),
    ],
)  # fmt: skip
def test_finds_root(paths, path, root, module, missing):
    read = reader(*paths)
    assert root_of(read, path) == root
    assert module_of(root, path) == module
    assert missing_packages(read, path, root) == missing


@pytest.mark.parametrize(
    ("paths", "path", "expected"),
    [
        pytest.param([], "secrets.py", True, id="at the root"),
        pytest.param([], "aws_secrets.py", False, id="unique name"),
        pytest.param(["backend/manage.py"], "backend/secrets.py", True, id="beside manage.py"),
        pytest.param(["src/shop/__init__.py"], "src/shop/secrets.py", False, id="in a package"),
    ],
)
def test_shadows(paths, path, expected):
    assert shadows_standard_library(path, root_of(reader(*paths), path)) is expected


@pytest.mark.parametrize(
    ("path", "module", "root"),
    [
        ("a/b/secrets.py", "b.secrets", "a"),
        ("a/b/secrets.py", "a.b.secrets", ""),
        ("a/b/secrets.py", "secrets", "a/b"),
        ("ab/secrets.py", "b.secrets", ""),
        ("a/secrets.py", "shield_ai", ""),
    ],
)
def test_dotted_name_determines_root(path, module, root):
    assert root_of(reader(), path, module) == root
