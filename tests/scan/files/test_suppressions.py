from __future__ import annotations

import pytest

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.scan.files.suppressions import accepted, ignores


def at(line: int, rule: str = "CRED.password") -> Finding:
    return Finding(
        rule=rule, path="a.py", line=line, column=1, end_line=line, end_column=2, severity=Severity.LOW,
        confidence=Confidence.HIGH, message="",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("x = 1  # shield: ignore[CRED.password] for the demo", 1, id="its own line"),
        pytest.param("# shield: ignore[CRED.password] for the demo\nx = 1", 2, id="the next line"),
        pytest.param("x = 1 // shield:ignore a reason", 1, id="every rule"),
        pytest.param("x = 1  # shield: ignore[CRED] a reason", 1, id="every rule of a pattern"),
        pytest.param("<!-- shield: ignore[CRED.password] a reason -->\nx", 2, id="html"),
        pytest.param("x = 1  # pragma: allowlist secret", 1, id="detect-secrets"),
        pytest.param(
            "# pragma: allowlist nextline secret\nx = 1", 2, id="detect-secrets, next line"
        ),
    ],
)
def test_accepts(text: str, line: int) -> None:
    assert accepted([at(line)], ignores(text.encode())) == ([], [])
    assert accepted([at(line + 1)], ignores(text.encode()))[0] == [at(line + 1)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        pytest.param("x = 1  # shield: ignore[CRED.password]", "no reason", id="no reason"),
        pytest.param(
            "x = 1  # shield: ignore[CRED.password a reason", "its bracket", id="open bracket"
        ),
        pytest.param(
            "x = 1  # shield: ignore [CRED.jwt] a reason",
            "accepts nothing",
            id="space before the bracket",
        ),
        pytest.param(
            "x = 1  # shield: ignore[CRED.jwt] a reason", "accepts nothing", id="another rule"
        ),
    ],
)
def test_accepts_nothing(text: str, word: str) -> None:
    left, idle = accepted([at(1)], ignores(text.encode()))
    assert left == [at(1)]
    assert word in idle[0][1]


def test_a_comment_of_another_tool_may_be_unused() -> None:
    assert accepted([], ignores(b"x = 1  # pragma: allowlist secret")) == ([], [])


def test_the_end_of_a_comment_is_no_reason() -> None:
    assert ignores(b"<!-- shield: ignore[CRED] -->")[0].reason == ""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_as_python_has_it(end: str) -> None:
    assert [
        one.line for one in ignores(f"a{end}{end}# shield: ignore[CRED] why{end}x{end}".encode())
    ] == [4]
