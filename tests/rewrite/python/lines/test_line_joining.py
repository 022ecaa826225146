from __future__ import annotations

import subprocess
import sys

import pytest
from rewrite_helpers import rewritten

LONG = "a_value_of_a_certain_length_" * 2


def rewritten_text(text, files=None):
    text = f"import os\n\nfrom environs import env\n\n{text}"
    return rewritten(text.encode(), files)[0].decode()


def formatted(text, folder, *options):
    (folder / "s.py").write_text(text)
    argv = [sys.executable, "-m", "ruff", "format", "--isolated", *options, "s.py"]
    subprocess.run(argv, cwd=folder, capture_output=True, check=True)
    return (folder / "s.py").read_text()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f'X = f("{LONG}", os.environ.get("API_KEY"), "b", 11)', id="shorter call"),
        pytest.param(
            f'X = os.environ.get("API_KEY", os.environ.get("A_PASS")) or "{LONG}"',
            id="redundant parentheses",
        ),
        pytest.param(
            f'X = os.environ.get("API_KEY", os.getenv("A_PASS", os.environ["B_PASS"])) or "{LONG}"',
            id="parentheses around the body of a lambda",
        ),
        pytest.param(f'API_KEY = env("API_KEY", default="{LONG[:40]}", cast=str)', id="joined"),
        pytest.param(f'API_KEY = env("API_KEY", default="{LONG}", cast=str)', id="split"),
        pytest.param(
            f'X = {{"api": {{"key": env.str("API_KEY", default="{LONG}"), "b": 1}}}}',
            id="one item of a dict",
        ),
        pytest.param(
            f'if "{LONG}" in X and "API_KEY" in os.environ:\n    Y = os.environ["API_KEY"]',
            id="condition",
        ),
        pytest.param(
            f'if 1:\n    pass\nelif "{LONG}" in X and f("API_KEY" in os.environ, 1):\n    Y = os.environ["API_KEY"]',
            id="another condition",
        ),
        pytest.param(f"X = f\"{LONG}{{os.environ['API_KEY']}}\"", id="f-string"),
    ],
)
@pytest.mark.parametrize("width", [80, 88, 100])
def test_lays_out_like_a_formatter(text, width, tmp_path):
    option = f"--line-length={width}"
    before = formatted(f"{text}\n", tmp_path, option)
    files = {"ruff.toml": f"line-length = {width}\n".encode()}
    after = rewritten_text(before, files)
    assert "_secret(" in after
    assert after == formatted(after, tmp_path, option)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'X = f(1,\n      os.environ["API_KEY"])\n',
            'X = f(1,\n      get_secret("api-key"))\n',
            id="aligned",
        ),
        pytest.param(
            'X = f(\n    1,  # one\n    os.environ["API_KEY"]\n)\n',
            'X = f(\n    1,  # one\n    get_secret("api-key")\n)\n',
            id="comment",
        ),
        pytest.param(
            'X = f(\n    1,\n    os.environ["API_KEY"],\n)\n',
            'X = f(\n    1,\n    get_secret("api-key"),\n)\n',
            id="magic trailing comma",
        ),
        pytest.param(
            'X = f(\n    os.environ["API_KEY"], """\n"""\n)\n',
            'X = f(\n    get_secret("api-key"), """\n"""\n)\n',
            id="multiline string",
        ),
        pytest.param(
            'X = {\n    "a": os.environ["API_KEY"]\n}\n',
            'X = {\n    "a": get_secret("api-key")\n}\n',
            id="not formatted",
        ),
        pytest.param(
            'X = {\n    "a": int(os.environ["API_KEY"], 16)\n}\n',
            'X = {\n    "a": int(get_secret("api-key"), 16)\n}\n',
            id="not formatted, part of a value",
        ),
        pytest.param(
            'X = {\n    "a": env("API_KEY", cast=str)\n}\n',
            'X = {\n    "a": get_secret("api-key", lambda: env("API_KEY", cast=str))\n}\n',
            id="not formatted, wrapped",
        ),
        pytest.param(
            'X = (\n    os.environ["API_KEY"]\n)\n',
            'X = (\n    get_secret("api-key")\n)\n',
            id="parentheses",
        ),
        pytest.param(
            f'X = (\n    "{LONG[:60]}" ==\n    os.environ["API_KEY"]\n)\n',
            f'X = (\n    "{LONG[:60]}" ==\n    get_secret("api-key")\n)\n',
            id="operator at the end of a line",
        ),
    ],
)
def test_keeps_the_layout(before, after):
    assert rewritten_text(before).endswith(after)


def test_adds_the_trailing_commas_of_the_linter():
    files = {"ruff.toml": b'[lint]\nselect = ["COM812"]\n'}
    text = f'API_KEY = env("API_KEY", "{LONG[:30]}", cast=str, more=1)\n'
    assert rewritten_text(text, files).endswith(
        f'get_secret(\n    "api-key",\n    lambda: {text[10:-1]},\n)\n'
    )
