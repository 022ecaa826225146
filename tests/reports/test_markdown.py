from __future__ import annotations

import re

import pytest
from report_samples import CLEAN, EMPTY, HOSTILE, report_data

from shield_ai.reports.markdown import MAX_FINDINGS, markdown


def test_is_short():
    assert markdown(EMPTY).startswith("### Secrets of shop\n\nNo findings.\n\n<details>")
    text = markdown(report_data(findings=MAX_FINDINGS + 5))
    assert (
        text.count("| high |")
        + text.count("| low |")
        + text.count("| medium |")
        + text.count("| critical |")
        == MAX_FINDINGS
    )
    assert "and 5 more findings" in text
    assert "| `a` | AWS | 2026-11-15 |" in markdown(CLEAN)


@pytest.mark.parametrize(
    "text",
    [
        HOSTILE,
        "a|b",
        "- - x",
        "+1",
        "@team fixes #12",
        "https://evil.example",
        "www.evil.example",
        "1. x",
        "a\nb",
    ],
)
def test_text_of_the_app_is_escaped(text):
    made = markdown(report_data(text, findings=1))
    # without code spans, in which markup has no effect
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", made)
    for markup in (
        "<img",
        "<script",
        "@team",
        " #12",
        "://",
        "www.",
        "**x",
        "[x]",
        "\n- - ",
        "\n+",
        "\x1b",
    ):
        assert markup not in outside.replace(f"\\{markup}", "")
    (row,) = [line for line in made.splitlines() if line.startswith("| low")]
    assert row.replace("\\|", "").count("|") == 4


def test_lists_each_control_with_its_evidence():
    text = markdown(CLEAN)
    assert "| Changes are recorded and reversible | shown | the journal holds 1 step" in text
    assert "\\(journal, 2026-11-24 12:00 UTC, commit c0ffee, account 123456789012\\) |" in text
    assert "| Access to secrets is logged | not checked | no CloudTrail events" in markdown(EMPTY)
