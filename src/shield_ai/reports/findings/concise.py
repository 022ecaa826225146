"""Format findings as text, one line each, for editors and scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.printable import printable
from shield_ai.reports.findings.text import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped


def concise(
    findings: Sequence[Finding], skipped: Iterable[Skipped] = (), *, add_summary: bool = True
) -> str:
    """Format findings as `path:line:column: rule message`, with a summary in the last line.

    Args:
        findings: The findings of a scan.
        skipped: The files that could not be scanned.
        add_summary: Whether to add the summary.
    """
    lines = [
        f"{finding.path}:{finding.line}:{finding.column}: {finding.rule} {finding.message}"
        for finding in findings
    ]
    lines += [f"{skip.path}:{max(skip.line, 1)}:1: not scanned: {skip.reason}" for skip in skipped]
    shown = list(map(printable, lines))
    if add_summary:
        shown.append(summary(findings))
    return "".join(f"{line}\n" for line in shown)
