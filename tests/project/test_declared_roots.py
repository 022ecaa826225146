from __future__ import annotations

import pytest

from shield_ai.project.declared_roots import declared_roots
from shield_ai.project.import_roots import find_roots

SETTINGS = "src/shop/config.py"


@pytest.mark.parametrize(
    ("path", "text", "root"),
    [
        (
            "pyproject.toml",
            '[tool.poetry]\npackages = [\n  {include = "shop", from = "src"}\n]',
            "src",
        ),
        ("pyproject.toml", '[tool.setuptools]\npackage-dir = {"" = "src"}', "src"),
        ("pyproject.toml", '[tool.setuptools.package-dir]\n"" = "src"', "src"),
        ("pyproject.toml", '[tool.setuptools.packages.find]\nwhere = ["src"]', "src"),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["src/shop"]', "src"),
        ("setup.cfg", "[options]\npackage_dir =\n    =src\n", "src"),
        ("setup.py", 'setup(package_dir={"": "src"})', "src"),
        ("pyproject.toml", '[tool.setuptools.packages.find]\nwhere = ["lib"]', ""),
        ("pyproject.toml", '[tool.poetry]\npackages = [{include = "shop"}]', ""),
        ("pyproject.toml", "\xff", ""),
        ("pyproject.toml", 'tool.poetry.packages = [{from = "src", include = "shop"}]', "src"),
        (
            "pyproject.toml",
            'tool.setuptools.packages.find.where = [\n  "lib",\n  "./src"\n]',
            "src",
        ),
        ("pyproject.toml", 'tool.hatch.build.packages = ["lib/x", "src/shop"]', "src"),
        ("pyproject.toml", 'tool.hatch.build.targets.wheel.sources = ["src"]', "src"),
        ("pyproject.toml", 'tool.pdm.build.package-dir = "src"', "src"),
        ("pyproject.toml", '# packages = [{include = "shop", from = "src"}]', ""),
        ("pyproject.toml", "tool.poetry.packages = 'src'\ntool.hatch.build.packages = [1]", ""),
        ("pyproject.toml", "tool = 1", ""),
        ("setup.cfg", "[options]\npackage_dir =\n    shop = lib\n    = src\n", "src"),
        ("setup.cfg", "[options.packages.find]\nwhere = src\n", "src"),
        ("setup.py", 'setup(package_dir={"a": "b", **x, "": "src"})', "src"),
        ("setup.py", "setup(", ""),
    ],
)
def test_roots_of_the_metadata(path, text, root):
    files = {path: text.encode("latin-1")}
    assert declared_roots([SETTINGS], files.get) == ({root} - {""})


def test_the_metadata_decides_if_no_import_does():
    files = {
        "src/__init__.py": b"",
        "src/shop/__init__.py": b"",
        SETTINGS: b"",
        "pyproject.toml": b'tool.poetry.packages = [{include = "shop", from = "src"}]',
    }
    assert find_roots([SETTINGS], {}, set(files), files.get) == ("src",)
    files["src/shop/app.py"] = b"from src.shop.config import A\n"
    assert find_roots([SETTINGS], {}, set(files), files.get) == ("",)
