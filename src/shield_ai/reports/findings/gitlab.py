"""Format findings as a Code Quality report, which GitLab shows in merge requests in all tiers.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.model.finding import Severity, fingerprint
from shield_ai.model.printable import printable
from shield_ai.reports.json import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped

SEVERITIES = {
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def gitlab(findings: Iterable[Finding], skipped: Iterable[Skipped] = ()) -> str:
    """Format findings as issues, and files that could not be scanned as issues of severity `info`.

    Args:
        findings: The findings of a scan, with paths from the root of the repository.
        skipped: The files that could not be scanned.
    """
    issues = [_finding(finding) for finding in findings]
    issues += [_skipped(skip, number) for number, skip in enumerate(skipped)]
    return to_json(issues, indent=2)


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "description": printable(f"{finding.message} [{finding.rule}]"),
        "check_name": finding.rule,
        "fingerprint": finding.fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": printable(finding.path),
            "lines": {"begin": finding.line, "end": finding.end_line},
        },
    }


def _skipped(skip: Skipped, number: int) -> dict[str, Any]:
    return {
        "description": printable(f"not scanned: {skip.reason}"),
        "check_name": "not-scanned",
        "fingerprint": fingerprint("not-scanned", skip.path, skip.id, number),
        "severity": "info",
        "location": {"path": printable(skip.path), "lines": {"begin": max(skip.line, 1)}},
    }
