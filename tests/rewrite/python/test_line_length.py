from __future__ import annotations

import pytest

from shield_ai.rewrite.python.line_length import configured_line_length


@pytest.mark.parametrize(
    ("files", "length"),
    [
        pytest.param({}, 0, id="not configured"),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 99"}, 99, id="black"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nline-length = 110"}, 110, id="ruff"),
        pytest.param({"pyproject.toml": "[tool.ruff.lint]\nselect = []"}, 88, id="ruff's default"),
        pytest.param({"ruff.toml": "line-length = 100"}, 100, id="ruff.toml"),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 100  # wide"}, 100, id="flake8"),
        pytest.param({".flake8": "[flake8]\nmax-line-length = 200"}, 120, id="linter with a long limit"),
        pytest.param({".flake8": "[flake8]\nmax-line-length = 100", "pyproject.toml": "[tool.black]"}, 88, id="formatter before linter"),
        pytest.param({"shop/pyproject.toml": "[tool.black]\nline-length = 99", "ruff.toml": ""}, 99, id="nearest file"),
        pytest.param({"pyproject.toml": "[tool.black", "setup.cfg": "[flake8", "tox.ini": "\xff"}, 0, id="broken files"),
        pytest.param({"pyproject.toml": "tool = 1\n"}, 0, id="invalid table"),
        pytest.param({"pyproject.toml": '[tool.black]\nline-length = "x"'}, 0, id="invalid length"),
    ],
)  # fmt: skip
def test_configured_line_length(files, length):
    raws = {path: text.encode("latin-1") for path, text in files.items()}
    assert configured_line_length(raws.get, "shop/settings/base.py") == length
