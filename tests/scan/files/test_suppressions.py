from __future__ import annotations

import pytest

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.scan.files.suppressions import UNUSED, apply_suppressions, find_suppressions


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
        pytest.param("x = 1  # shield: ignore[CRED] [OPS-12] a reason", 1, id="reason in brackets"),
        pytest.param("x = 1  # shield: ignore: [CRED] a reason", 1, id="colon before the bracket"),
        pytest.param(f"x = 1  # shield: ignore[{'X,' * 200}CRED] why", 1, id="many rules"),
        pytest.param("<!-- shield: ignore[CRED.password] a reason -->\nx", 2, id="html"),
        pytest.param("/* shield: ignore a reason */ x = 1", 1, id="comment before code"),
        pytest.param("<!-- shield: ignore a reason --> <x/>", 1, id="html before a tag"),
        pytest.param("{/* shield: ignore a reason */}\n<x/>", 2, id="JSX"),
        pytest.param("<%-- shield: ignore[CRED] a reason --%>\n<x/>", 2, id="JSP"),
        pytest.param('[\n"shield: ignore a reason",\n"x"]', 3, id="JSON"),
        pytest.param("x = 1  # pragma: allowlist secret", 1, id="detect-secrets"),
        pytest.param(
            "# pragma: allowlist nextline secret\nx = 1", 2, id="detect-secrets, next line"
        ),
    ],
)
def test_suppresses(text: str, line: int) -> None:
    assert apply_suppressions([at(line)], find_suppressions(text.encode())) == ([], [])
    assert apply_suppressions([at(line + 1)], find_suppressions(text.encode()))[0] == [at(line + 1)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("x = 1  # shield: ignore[CRED.password]", "has no reason", id="no reason"),
        pytest.param(
            "x = 1  # shield: ignore[CRED.password a reason",
            'has no closing "]"',
            id="open bracket",
        ),
        pytest.param(
            "x = 1  # shield: ignore [CRED.jwt] a reason",
            UNUSED,
            id="space before the bracket",
        ),
        pytest.param("x = 1  # shield: ignore[CRED.jwt] a reason", UNUSED, id="another rule"),
    ],
)
def test_invalid_or_unused_comment(text: str, problem: str) -> None:
    comments = find_suppressions(text.encode())
    assert apply_suppressions([at(1)], comments) == ([at(1)], [(comments[0], problem)])


@pytest.mark.parametrize("word", ["ignored", "ignores", "ignore_me"])
def test_other_word_is_not_a_suppression(word) -> None:
    assert find_suppressions(f"# shield: {word} files of git\nx = 1\n".encode()) == []


def test_pragma_may_be_unused() -> None:
    assert apply_suppressions([], find_suppressions(b"x = 1  # pragma: allowlist secret")) == (
        [],
        [],
    )


@pytest.mark.parametrize(
    "text",
    [
        "<!-- shield: ignore[CRED] -->",
        "<!-- shield: ignore --> <x/>",
        "/* shield: ignore */ x = 1",
        "{/* shield: ignore */}",
        "{# shield: ignore -#}",
        "<%# shield: ignore %>",
        "<%# shield: ignore -%> x",
        "<%-- shield: ignore --%>",
        '{"c": "shield: ignore"}',
        '"x = 1  # shield: ignore\\n",',
        "x = 1  # shield: ignore - ...",
    ],
)
def test_end_of_comment_is_not_a_reason(text) -> None:
    assert find_suppressions(text.encode())[0].reason == ""


def test_reason_can_end_with_a_url() -> None:
    (comment,) = find_suppressions(b"x = 1  # shield: ignore[CRED] see <https://x.example>")
    assert comment.reason == "see <https://x.example>"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_numbers_agree_with_python(end: str) -> None:
    assert [
        one.line
        for one in find_suppressions(f"a{end}{end}# shield: ignore[CRED] why{end}x{end}".encode())
    ] == [4]
