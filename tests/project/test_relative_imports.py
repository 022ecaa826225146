from __future__ import annotations

import pytest

from shield_ai.project.relative_imports import package_uses_only_relative_imports


@pytest.mark.parametrize("package", ["shop", "src/shop", "x("])
def test_package_with_relative_imports(package):
    files = {f"{package}/settings.py": b"from . import urls\n", "run.py": b"import os\n"}
    assert package_uses_only_relative_imports(package, files, files.get)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("run.py", b"from shop.settings import KEY\n", id="import"),
        pytest.param("Procfile", b"web: gunicorn shop.app:app\n", id="command"),
        pytest.param("pyproject.toml", b'run = "shop:main"\n', id="entry point"),
    ],
)
def test_package_with_a_use_of_its_name(path, text):
    files = {"shop/settings.py": b"from . import urls\n", path: text}
    assert not package_uses_only_relative_imports("shop", files, files.get)
