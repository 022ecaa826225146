from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.rewrite.python.lines.line_length import (
    configured_line_length,
    linter_line_length,
    max_line_length,
    requires_black,
)


@pytest.mark.parametrize(
    ("files", "length"),
    [
        pytest.param({}, 0, id="not configured"),
        pytest.param({"pyproject.toml": "[tool.black]\nline-length = 99"}, 99, id="black"),
        pytest.param({"pyproject.toml": "[tool.black]\nline_length = 99"}, 99, id="black's name with an underscore"),
        pytest.param({"pyproject.toml": "[tool.ruff]\nline-length = 110"}, 110, id="ruff"),
        pytest.param({"pyproject.toml": "[tool.ruff.lint]\nselect = []"}, 88, id="ruff's default"),
        pytest.param({"ruff.toml": "line-length = 100"}, 100, id="ruff.toml"),
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 79  # narrow"}, 79, id="flake8"),
        pytest.param({"setup.cfg": "[flake8]\nmax_line_length = 70"}, 70, id="underscores"),
        pytest.param({"tox.ini": "[flake8]\nexclude = migrations"}, 79, id="flake8's default"),
        pytest.param({"setup.cfg": "[flake8]\nignore = W503,E501 # long lines"}, 0, id="ignored"),
        pytest.param({"setup.cfg": "[flake8]\nextend-ignore =\n  E5"}, 0, id="ignored group"),
        pytest.param({"setup.cfg": "[flake8]\nselect = F,C90"}, 0, id="not selected"),
        pytest.param({"setup.cfg": "[flake8]\nselect = F,E\nextend-ignore = E1"}, 79, id="selected"),
        pytest.param({".flake8": "[flake8]\nmax-complexity = 9", "../tox.ini": "[flake8]\nmax-line-length = 70"}, 79, id="nearest configuration of flake8"),
        pytest.param({"tox.ini": "[flake8]", "ruff.toml": ""}, 88, id="ruff's default before flake8's"),
        pytest.param({"tox.ini": "[flake8]", ".pre-commit-config.yaml": "repos: [{hooks: [{id: black}]}]"}, 88, id="hook before flake8's default"),
        pytest.param({".pre-commit-config.yaml": "repos: [{hooks: [{id: black}]}]"}, 88, id="only a hook"),
        pytest.param({"shop/.pre-commit-config.yaml": "repos: [{hooks: [{id: black}]}]"}, 88, id="hook of a part of the repository"),
        pytest.param({"api/.pre-commit-config.yaml": "repos: [{hooks: [{id: black}]}]"}, 0, id="hook of another part"),
        pytest.param({".flake8": "[flake8]\nmax-line-length = 120"}, 0, id="linter that tolerates longer lines"),
        pytest.param({".pre-commit-config.yaml": "repos: [{hooks: [{id: black, args: [--line-length=100]}]}]"}, 100, id="argument of a hook"),
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


@pytest.mark.parametrize(
    ("files", "length"),
    [
        pytest.param({"setup.cfg": "[flake8]\nmax-line-length = 100  # wide"}, 100, id="flake8"),
        pytest.param({".flake8": "[flake8]\nmax-line-length = 200"}, 120, id="long limit"),
        pytest.param({"setup.cfg": "[flake8]"}, 79, id="flake8's default"),
        pytest.param(
            {
                ".flake8": "[flake8]\nmax-line-length = 80",
                "setup.cfg": "[flake8]\nmax-line-length = 100",
            },
            100,
            id="setup.cfg before .flake8",
        ),
        pytest.param({"pyproject.toml": "[tool.black]"}, 0, id="no linter"),
    ],
)
def test_linter_line_length(files, length):
    raws = {path: text.encode() for path, text in files.items()}
    assert linter_line_length(raws.get, "shop/settings/base.py") == length


@pytest.mark.parametrize(
    ("lengths", "configured", "limit", "expected"),
    [
        pytest.param([70, 88], 0, 120, 88, id="linter tolerates lines that the file does not have"),
        pytest.param([100, 100, 110], 0, 120, 120, id="file uses what the linter tolerates"),
        pytest.param([100, 100, 110], 0, 0, 110, id="estimated"),
        pytest.param([100, 100, 110], 79, 120, 79, id="formatter"),
    ],
)
def test_max_line_length(lengths, configured, limit, expected):
    lines = [f"x = {'1' * (length - 4)}\n" for length in lengths]
    source = Source.from_bytes("a.py", "".join(lines).encode())
    assert max_line_length(source, configured, limit) == expected


@pytest.mark.parametrize(("quote", "expected"), [('"', 88), ("'", 120)])
def test_a_project_that_requires_black(quote, expected):
    line = f"# {'a ' * 50}\n".encode()
    source = Source.from_bytes("a.py", f"x = {quote}y{quote}\n".encode() + line * 9)
    assert max_line_length(source, 0, 120) == 120
    assert max_line_length(source, 0, 120, requires_black=True) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"requirements-dev.txt": b"flake8\nblack==25.1.0\n"}, True, id="pin"),
        pytest.param({"pyproject.toml": b'dev = [\n  "black",\n]\n'}, True, id="list"),
        pytest.param({"Pipfile": b"[dev-packages]\nblack = '*'\n"}, True, id="Pipfile"),
        pytest.param(
            {".github/workflows/lint.yml": b"- uses: psf/black@stable"}, True, id="action"
        ),
        pytest.param({"../.github/workflows/ci.yaml": b"run: black --check"}, True, id="workflow"),
        pytest.param({"Makefile": b"lint:\n\tpoetry run black .\n"}, True, id="Makefile"),
        pytest.param({"Makefile": b"lint:\n\techo black box\n"}, False, id="another word"),
        pytest.param({"requirements.txt": b"black-box\nblackbox==1\n"}, False, id="others"),
    ],
)
def test_requires_black(files, expected):
    assert requires_black(files.get) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"Makefile": b"lint:\n\tblack --line-length 120 .\n"}, 120, id="Makefile"),
        pytest.param({"../tox.ini": b"commands = black -l100 --check ."}, 100, id="short option"),
        pytest.param({"bin/lint": b"ruff format --line-length=99 shop"}, 99, id="script"),
        pytest.param({"Makefile": b"\tflake8 --max-line-length 120"}, 0, id="linter"),
        pytest.param({"Makefile": b"\tblack .\n\tother -l 99"}, 0, id="another command"),
        pytest.param(
            {"Makefile": b"\tblack -l 99 .", "pyproject.toml": b"[tool.black]\nline-length = 80"},
            80,
            id="configuration",
        ),
    ],
)
def test_line_length_with_which_a_formatter_runs(files, expected):
    assert configured_line_length(files.get, "shop/settings.py") == expected


BLACK_HOOK = b"repos:\n- repo: x\n  rev: v1\n  hooks:\n  - id: black\n"
RUFF = b"[tool.ruff]\nline-length = 120\n"


@pytest.mark.parametrize(
    ("hooks", "table", "expected"),
    [
        pytest.param(BLACK_HOOK, RUFF, 88, id="Black without a table"),
        pytest.param(BLACK_HOOK, RUFF + b"[tool.black]\nline-length = 100\n", 100, id="table"),
        pytest.param(BLACK_HOOK + b"  - id: ruff-format\n", RUFF, 120, id="ruff formats, too"),
        pytest.param(BLACK_HOOK.replace(b"black", b"ruff"), RUFF, 120, id="ruff only"),
    ],
)
def test_the_line_length_of_a_hook_wins_over_that_of_another_linter(hooks, table, expected):
    files = {".pre-commit-config.yaml": hooks, "pyproject.toml": table}
    assert configured_line_length(files.get, "shop/settings.py") == expected


@pytest.mark.parametrize(("limit", "expected"), [(120, 120), (79, 79), (0, 88)])
def test_black_uses_no_single_quotes(limit, expected):
    source = Source.from_bytes("a.py", b"x = 'y'\n")
    assert max_line_length(source, 0, limit) == expected
