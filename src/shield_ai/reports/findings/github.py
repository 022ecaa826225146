"""Format findings as GitHub annotations, which are commands in the log of a workflow.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity
from shield_ai.model.printable import printable
from shield_ai.reports.findings.text import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped

LEVELS = {
    Severity.LOW: "notice",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# GitHub shows this many annotations per level and step; the others are only in the log.
# https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations
MAX_SHOWN = 10


def github(findings: Sequence[Finding], skipped: Iterable[Skipped] = ()) -> str:
    """Format findings as workflow commands, the most severe first, because GitHub shows only some.

    Args:
        findings: The findings of a scan, with paths from the root of the repository.
        skipped: The files that could not be scanned.
    """
    # Skipped files come first, because findings in them may be missing.
    lines = [_skipped_command(skip) for skip in skipped]
    ordered = sorted(findings, key=lambda finding: -finding.severity.rank)
    lines += [_finding_command(finding) for finding in ordered]
    text = summary(findings)
    counts = Counter(line.partition(" ")[0] for line in lines)
    if max(counts.values(), default=0) > MAX_SHOWN:
        text += f"; GitHub shows at most {MAX_SHOWN} annotations of each level"
    return "\n".join([*lines, text]) + "\n"


def _finding_command(finding: Finding) -> str:
    properties: dict[str, str | int] = {
        "file": finding.path,
        "line": finding.line,
        "endLine": finding.end_line,
        "title": f"{finding.rule} ({finding.severity})",
    }
    if finding.line == finding.end_line:  # GitHub ignores the columns of ranges of lines
        properties |= {"col": finding.column, "endColumn": finding.end_column}
    return _command(LEVELS[finding.severity], properties, finding.message)


def _skipped_command(skip: Skipped) -> str:
    properties: dict[str, str | int] = {"file": skip.path, "line": max(skip.line, 1)}
    return _command("warning", properties, f"not scanned: {skip.reason}")


def _command(name: str, properties: dict[str, str | int], message: str) -> str:
    pairs = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    return f"::{name} {pairs}::{_escape(message)}"


def _escape(text: str) -> str:
    """Escape the text of a command; `printable()` replaces newlines, which would end it."""
    return printable(text).replace("%", "%25")


def _escape_property(value: str | int) -> str:
    return _escape(str(value)).replace(":", "%3A").replace(",", "%2C")
