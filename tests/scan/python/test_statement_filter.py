from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from shield_ai.scan.files.file_filter import find_markers
from shield_ai.scan.python import statement_filter
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.python.statement_filter import StatementFilter, match_ends

if TYPE_CHECKING:
    from pathlib import Path

READ = "    return os.environ['API_KEY']\n"
DULL = "def f(row):\n    return row.name or 'none'\n\n\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("x = 1\n", False, id="dull"),
        pytest.param("x = os.environ['A']\n", True, id="a read"),
        pytest.param("x = read('API_KEY')\n", True, id="the name of a variable, whoever reads it"),
        pytest.param("x = get_secret('a')\n", True, id="the runtime"),
        pytest.param("api_token = 'abcdef123456'\n", True, id="a text under a telling name"),
        pytest.param("f(token=(\n  'abcdef123456'\n))\n", True, id="a text on the next line"),
        pytest.param("url = 'redis://a:b@c'\n", True, id="a login in a URL"),
        pytest.param("def f():\n" + READ, True, id="in a function"),
        pytest.param(
            "@option(default=os.environ['A'])\ndef f(): pass\n", True, id="in a decorator"
        ),
        pytest.param("class A:\n  def f(self):\n  " + READ, True, id="in a method"),
        pytest.param("class A:\n  def f(self):\n    return 1\n", False, id="a dull class"),
    ],
)
# a column of the table
def test_which_statements_tell(text: str, told: bool) -> None:
    (node,) = ast.parse(text).body
    assert StatementFilter(text.encode()).has_match(node) is told
    (node, other) = ast.parse(DULL + text).body
    assert (
        StatementFilter((DULL + text).encode()).has_match(node),
        StatementFilter((DULL + text).encode()).has_match(other),
    ) == (
        False,
        told,
    )


def test_both_ways_tell_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    raw = (
        DULL + "def g():\n" + READ + "api_token = 'abcdef123456'\nurl = 'redis://a:b@c'\n"
    ).encode() * 3
    fast = match_ends(raw)
    monkeypatch.setattr(statement_filter, "_database", lambda: None)
    assert {raw.count(b"\n", 0, end) for end in fast} == {
        raw.count(b"\n", 0, end) for end in match_ends(raw)
    }


def test_a_cache_of_garbage_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("hyperscan")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        statement_filter._database.cache_clear()
        assert match_ends(READ.encode())
        (place,) = (tmp_path / "shield-ai").glob("statement-filter-*")
        place.write_bytes(b"garbage")
    statement_filter._database.cache_clear()


def test_a_scan_with_it_finds_what_one_without_it_finds() -> None:
    files = {
        "shop/settings.py": b"import os\nKEY = os.environ['SECRET_KEY']\n",
        "shop/mail.py": (
            DULL + "import os\ndef g():\n" + READ + DULL + "class A:\n  def f(self):\n  " + READ
        ).encode(),
    }
    markers = {path: find_markers(raw) for path, raw in files.items()}
    with_it = scan_files("shop", list(files), files.get, markers=markers)
    assert with_it.findings == scan_files("shop", list(files), files.get).findings
    assert len(with_it.findings) == 4
