from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from shield_ai.scan.files.file_filter import find_markers
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.visit import statement_filter
from shield_ai.scan.python.visit.statement_filter import StatementFilter, match_ends

if TYPE_CHECKING:
    from pathlib import Path

READ = "    return os.environ['API_KEY']\n"
HARMLESS = "def f(row):\n    return row.name or 'none'\n\n\n"


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        pytest.param("x = 1\n", False, id="harmless"),
        pytest.param("x = os.environ['A']\n", True, id="a read"),
        pytest.param("x = read('API_KEY')\n", True, id="the name of a variable"),
        pytest.param("x = get_secret('a')\n", True, id="the runtime"),
        pytest.param("api_token = 'abcdef123456'\n", True, id="a text with a secret-like name"),
        pytest.param("f(token=(\n  'abcdef123456'\n))\n", True, id="a text on the next line"),
        pytest.param("url = 'redis://a:b@c'\n", True, id="a login in a URL"),
        pytest.param("def f():\n" + READ, True, id="in a function"),
        pytest.param(
            "@option(default=os.environ['A'])\ndef f(): pass\n", True, id="in a decorator"
        ),
        pytest.param("class A:\n  def f(self):\n  " + READ, True, id="in a method"),
        pytest.param("class A:\n  def f(self):\n    return 1\n", False, id="a harmless class"),
        pytest.param("class A(B, env_prefix='a_'):\n  token: str\n", True, id="a prefix"),
        pytest.param("class A(B):\n  giphy: SecretStr\n", True, id="the type of a secret"),
    ],
)
def test_selects_statements_with_a_match(text: str, matches: bool) -> None:
    (node,) = ast.parse(text).body
    assert StatementFilter(text.encode()).has_match(node) is matches
    (node, other) = ast.parse(HARMLESS + text).body
    assert (
        StatementFilter((HARMLESS + text).encode()).has_match(node),
        StatementFilter((HARMLESS + text).encode()).has_match(other),
    ) == (
        False,
        matches,
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_endings(newline: str) -> None:
    text = (HARMLESS + "def g():\n" + READ).replace("\n", newline)
    harmless, other = ast.parse(text).body
    lines = StatementFilter(text.encode())
    assert (lines.has_match(harmless), lines.has_match(other)) == (False, True)


def test_hyperscan_and_re_match_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    raw = (
        HARMLESS + "def g():\n" + READ + "api_token = 'abcdef123456'\nurl = 'redis://a:b@c'\n"
    ).encode() * 3
    fast = match_ends(raw)
    monkeypatch.setattr(statement_filter, "_statement_database", lambda: None)
    assert {raw.count(b"\n", 0, end) for end in fast} == {
        raw.count(b"\n", 0, end) for end in match_ends(raw)
    }


def test_replaces_an_invalid_cache_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        statement_filter._statement_database.cache_clear()
        assert {READ.count("\n", 0, end) for end in match_ends(READ.encode())} == {0}
        (entry,) = (tmp_path / "shield-ai").glob("statement-filter-*")
        entry.write_bytes(b"garbage")
    statement_filter._statement_database.cache_clear()


def test_filtered_and_unfiltered_scans_find_the_same() -> None:
    files = {
        "shop/settings.py": b"import os\nKEY = os.environ['SECRET_KEY']\n",
        "shop/mail.py": (
            HARMLESS
            + "import os\ndef g():\n"
            + READ
            + HARMLESS
            + "class A:\n  def f(self):\n  "
            + READ
        ).encode(),
        "shop/api.py": (
            b"from pydantic_settings import BaseSettings\n"
            b"class Api(BaseSettings):\n  api_key: str\n"
        ),
    }
    markers = {path: find_markers(raw) for path, raw in files.items()}
    filtered = scan_files("shop", list(files), files.get, markers=markers)
    unfiltered = scan_files("shop", list(files), files.get)
    assert (filtered.findings, filtered.sites) == (unfiltered.findings, unfiltered.sites)
    assert len(filtered.findings) == 5


def test_scans_with_known_and_unknown_markers_find_the_same() -> None:
    """The filter does not select a tuple with its texts on other lines than its name."""
    items = "        'ssh-ed25519',\n        'ecdsa-sha2-nistp256',\n        'rsa-sha2-512',\n"
    files = {
        "shop/settings.py": b"import os\nKEY = os.environ['SECRET_KEY']\n",
        "shop/ssh.py": (
            f"import conf\nx = conf['token']\nclass A:\n    _preferred_keys = (\n{items}    )\n"
        ).encode(),
    }
    known = {path: find_markers(raw) for path, raw in files.items()}
    one, two = (
        scan_files("shop", list(files), files.get, markers=markers)
        for markers in (known, dict.fromkeys(files))
    )
    assert (one.findings, one.sites) == (two.findings, two.sites)
    assert {finding.path for finding in one.findings} == {*files}


def test_selects_the_classes_of_a_file_with_settings() -> None:
    text = "class A(BaseSettings): ...\nclass B(A):\n  api_key: str\nx = 1\n"
    found = StatementFilter(text.encode())
    assert [found.has_match(node) for node in ast.parse(text).body] == [True, True, False]
