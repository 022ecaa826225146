"""Findings and plans as JSON, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import Skipped
    from shield_ai.model.finding import Finding
    from shield_ai.model.plan import Plan

VERSION = 1
FIELDS = (
    "rule", "path", "line", "column", "end_line", "end_column", "severity", "confidence", "message", "name", "env",
    "fixable", "fingerprint",
)  # fmt: skip
HISTORY = ("commit", "date", "stands")  # of what was found in git's history


def scan_json(findings: Sequence[Finding], skipped: Sequence[Skipped] = ()) -> str:
    """Write findings, and the files that could not be looked at."""
    return _pretty(
        {
            "version": VERSION,
            "findings": [_finding(finding) for finding in findings],
            "skipped": [
                {"path": skip.path, "line": skip.line, "reason": skip.reason} for skip in skipped
            ],
        }
    )


def _finding(finding: Finding) -> dict[str, object]:
    fields = (*FIELDS, *HISTORY) if finding.commit else FIELDS
    return {field: getattr(finding, field) for field in fields}


def plan_json(plan: Plan) -> str:
    """Write a plan, as `shield apply` reads it."""
    return _pretty(plan)


def _pretty(thing: object) -> str:
    return msgspec.json.format(msgspec.json.encode(thing), indent=2).decode() + "\n"
