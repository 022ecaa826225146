from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.text.dotenv import find_dotenv_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A=b\nDB_PASSWORD=hunter\n", [(2, "DB_PASSWORD")], id="plain"),
        pytest.param(
            "\n\n# why\nexport DB_PASSWORD='hunter'\n", [(4, "DB_PASSWORD")], id="after blank lines"
        ),
        pytest.param(
            'KEY_A="a\nb"\nDB_PASSWORD=hunter\n', [(3, "DB_PASSWORD")], id="after several lines"
        ),
        pytest.param("A=b\r\nDB_PASSWORD=hunter\r\n", [(2, "DB_PASSWORD")], id="CRLF"),
        pytest.param(
            "A=b\rC=d\r\r\rDB_PASSWORD=hunter\nTOKEN=hunter\n",
            [(1, "DB_PASSWORD"), (2, "TOKEN")],
            id="CR",
        ),
        pytest.param(
            "DATABASE_URL=postgres://me:hunter@db/shop\n", [(1, "DATABASE_URL")], id="URL"
        ),
        pytest.param(
            "DB_PASSWORD=\nTOKEN=${OTHER}\nSECRET_KEY=changeme\nDEBUG=1\n", [], id="nothing"
        ),
        pytest.param("DB_PASSWORD= \\\nDEBUG=1\n", [], id="empty, continued"),
    ],
)
def test_secrets_and_their_lines(text: str, expected: list[tuple[int, str]]) -> None:
    assert find_dotenv_secrets(text) == expected


@given(st.text("ab=\"'\n\r #\\$DB_PASSWORD", max_size=60))
@example("A=b\r\r\r\rDB_PASSWORD=c")
def test_line_numbers_count_every_line(text: str) -> None:
    for line, name in find_dotenv_secrets(text):
        assert name in text.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("DB_PASSWORD=hunter\n", "hunter", id="plain"),
        pytest.param("export DB_PASSWORD = 'hunter two'  # why\n", "hunter two", id="quoted"),
        pytest.param('DB_PASSWORD="é hunter" # "why"\r\n', "é hunter", id="comment, CRLF"),
        pytest.param("\ufeffDB_PASSWORD=hunter#two # why\n", "hunter#two", id="byte order mark"),
        pytest.param('DB_PASSWORD="hunter\ntwo"\n', "hunter", id="over lines"),
        pytest.param("A=b\rDB_PASSWORD=hunter\n", "hunter", id="after a lone CR"),
    ],
)
def test_position_is_that_of_the_value(text: str, value: str) -> None:
    (found,) = scan_files("shop", [".env"], lambda _: text.encode()).findings
    line = text.removeprefix("\ufeff").split("\n")[found.line - 1]
    assert line[found.column - 1 : found.end_column - 1] == value


def test_the_value_of_a_continued_line_excludes_the_backslash():
    raw = b"SHOP_SECRET=hunter22 \\\nOTHER=b\n"
    found = scan_files("shop", [".env"], lambda _: raw).findings
    assert [(finding.column, finding.end_column) for finding in found] == [(13, 21)]
