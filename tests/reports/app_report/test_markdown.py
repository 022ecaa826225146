from __future__ import annotations

import re

import pytest
from report_helpers import Severity, finding
from report_samples import CLEAN, EMPTY, HOSTILE, report_data

from shield_ai.model.skip import SkipId
from shield_ai.reports.app_report.markdown import MAX_FINDINGS, markdown, scan_markdown


def test_is_short():
    assert markdown(EMPTY).startswith(
        "### Secrets of shop\n\n**\N{EN DASH} No problem found, but not everything was checked.** No findings."
        " Not checked: the code was not scanned; AWS: --only code was given; 9 of 9 controls can't be evaluated.\n\n<details>"
    )
    assert "**✓ No problem found.** No findings" in markdown(CLEAN)
    assert "**✕ Action needed.**" in markdown(report_data())
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
    assert "| Access to secrets is logged | not checked | CloudTrail not read" in markdown(EMPTY)


def test_scan_lists_the_most_severe_first():
    found = [finding(path=f"{severity}.py", severity=severity) for severity in Severity]
    skip = SkipId.RULE_TIMED_OUT.reason(rules="ACME.key").entry("a|b.txt")
    text = scan_markdown(found, [skip])
    rows = [line for line in text.splitlines() if ".py:1`" in line]
    assert [row.split("|")[1].strip() for row in rows] == ["critical", "high", "medium", "low"]
    assert r"- `a\|b.txt`: " in text


def test_scan_counts_what_it_does_not_list(monkeypatch):
    monkeypatch.setattr("shield_ai.reports.app_report.markdown.MAX_SCAN_FINDINGS", 2)
    text = scan_markdown([finding()] * 3)
    assert "3 findings in 1 file" in text
    assert text.endswith("\nand 1 more finding\n")
    assert scan_markdown([]) == "### Secrets\n\nno findings\n"
