"""Render a summary of a report or a scan as GitHub Markdown, for comments and job summaries.

Text from the app is escaped, so that it can't add markup, mentions or links.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.plurals import count
from shield_ai.model.printable import printable_line
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.reports.app_report.attention import attention_items
from shield_ai.reports.app_report.verdict import VerdictState, verdict
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.findings.text import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped
    from shield_ai.reports.app_report.report_data import ReportData, SecretStatus

MAX_ITEMS = 12  # problems listed; others are counted
MAX_FINDINGS = 30  # findings listed; others are counted
MARKS = {
    VerdictState.ACTION_NEEDED: "✕",
    VerdictState.FINDINGS_LEFT: "○",
    VerdictState.NOT_CHECKED: "\N{EN DASH}",
    VerdictState.NO_PROBLEM: "✓",
}
MAX_SCAN_FINDINGS = 500  # GitHub accepts 1 MiB as the summary of a step
# Characters that can start Markdown or HTML markup, a mention, a reference or a link, or end a
# table cell.
_MARKUP = regex(r"([\\`*_{}\[\]()<>#!|~@&$]|(?<=:)/|^[-+]|(?<=\d)\.|(?<=www)\.)")


def markdown(report_data: ReportData) -> str:
    """Render the summary."""
    heading = f"### Secrets of {_escape(report_data.app)}"
    result = verdict(report_data)
    line = f"**{MARKS[result.state]} {result.state}.** {report_data.headline}"
    if result.not_checked:
        line += f" Not checked: {_escape('; '.join(result.not_checked))}."
    return "\n".join([heading, "", line, "", *_body(report_data)])


def _body(report_data: ReportData) -> Iterator[str]:
    items = attention_items(report_data)
    if items:
        yield "**Needs attention**\n"
        for item in items[:MAX_ITEMS]:
            reason = f": {_escape(item.reason)}" if item.reason else ""
            hint = f"; how to fix: {_escape(item.hint)}" if item.hint else ""
            yield f"- {_escape(item.title)}{reason}{hint}"
        if len(items) > MAX_ITEMS:
            yield f"- and {len(items) - MAX_ITEMS} more"
        yield ""
    if report_data.findings:
        found = [masked.finding for masked in report_data.findings]
        yield from _findings_table(found, MAX_FINDINGS)
    if report_data.secrets and report_data.account:
        yield from _secrets_table(report_data)
    yield from _controls_table(report_data)
    version = _escape(report_data.version)
    yield f"<sub>Shield AI {version}. Contains no values. The HTML report has all details.</sub>\n"


def scan_markdown(findings: Sequence[Finding], skipped: Sequence[Skipped] = ()) -> str:
    """Render the findings of a scan, the most severe first, and the files that were not scanned."""
    lines = ["### Secrets", "", f"{summary(findings)}\n"]
    if findings:
        ordered = sorted(findings, key=lambda finding: -finding.severity.rank)
        lines += _findings_table(ordered, MAX_SCAN_FINDINGS)
    if skipped:
        lines.append("**Not scanned**\n")
        for skip in skipped[:MAX_FINDINGS]:
            lines.append(f"- {_code(skip.path)}: {_escape(skip.reason)}")
        if len(skipped) > MAX_FINDINGS:
            lines.append(f"\nand {count(len(skipped) - MAX_FINDINGS, 'more file')}")
        lines.append("")
    return "\n".join(lines)


def _findings_table(findings: Sequence[Finding], limit: int) -> Iterator[str]:
    yield "| severity | where | what |\n|---|---|---|"
    for finding in findings[:limit]:
        where = _code(f"{finding.path}:{finding.line}")
        yield f"| {finding.severity} | {where} | {_escape(finding.message)} |"
    more = len(findings) - limit
    if more > 0:
        yield f"\nand {count(more, 'more finding')}"
    yield ""


def _secrets_table(report_data: ReportData) -> Iterator[str]:
    yield "<details><summary>Secrets</summary>\n"
    yield "| secret | where | last changed |\n|---|---|---|"
    for secret in report_data.secrets:
        yield f"| {_code(secret.name)} | {secret.where} | {_last_changed(secret)} |"
    yield "\n</details>\n"


def _controls_table(report_data: ReportData) -> Iterator[str]:
    yield "<details><summary>Controls</summary>\n"
    yield "| control | result | evidence |\n|---|---|---|"
    for control in controls(report_data):
        evidence = "; ".join(control.result.lines)
        yield f"| {control.statement} | {control.result.state} | {_escape(evidence)} |"
    yield "\n</details>\n"


def _last_changed(secret: SecretStatus) -> str:
    if secret.rotation and secret.rotation.last:
        return f"{secret.rotation.last:%Y-%m-%d}"
    return ""


def _escape(text: str) -> str:
    """Escape markup and join lines."""
    line = printable_line(text)
    # GitHub ignores a backslash before a mention; the entity of a zero-width space prevents it.
    return _MARKUP.sub(r"\\\1", line).replace("\\@", "@&#8203;")


def _code(text: str) -> str:
    """Format as a code span in a table cell, with a fence longer than any backticks in the text."""
    line = printable_line(text).replace("|", "\\|")
    if "`" not in line:
        return f"`{line}`"
    longest = max(len(run) for run in re.findall("`+", line))
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}"
