from __future__ import annotations

import pytest
from scaling import assert_linear

from shield_ai.reports.masking.ignore_files import harmless_patterns
from shield_ai.reports.masking.mask import mask


@pytest.mark.parametrize(
    ("path", "line", "is_shown"),
    [
        pytest.param(".dockerignore", "/database_dumps", True, id="path"),
        pytest.param(".dockerignore", "*.egg-info/", True, id="wildcard"),
        pytest.param("web/.gitignore", "!**/node_modules/**", True, id="exception"),
        pytest.param(".dockerignore", "Dockerfile\r\n", True, id="CRLF"),
        pytest.param(".dockerignore", "# swordfish", False, id="comment"),
        pytest.param(".dockerignore", "A_PASSWORD=swordfish", False, id="assignment"),
        pytest.param(".dockerignore", "x7Kq9swordfishZ2", False, id="token"),
        pytest.param(".dockerignore", "aKqXzPwVtLmRcYbN", False, id="random letters"),
        pytest.param(".dockerignore", "xqzvkjwpqh.pem", False, id="random name"),
        pytest.param("notes.txt", "/database_dumps", False, id="another file"),
    ],
)
def test_lines_that_are_shown(path, line, is_shown):
    masked = mask(path, line.encode())
    assert (masked == line.encode()) is is_shown
    assert b"swordfish" not in masked


@pytest.mark.parametrize("part", [b"a", b"A", b"/", b"a/", b"*a", b"a\n"])
def test_time_is_linear(part):
    assert_linear(lambda size: list(harmless_patterns(part * size)), 20_000)
