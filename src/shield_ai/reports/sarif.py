"""Findings as SARIF 2.1.0, in the form that code-scanning services take.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shield_ai.model.finding import Severity
from shield_ai.scan.rules import pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.edit import Edit, FileChange
    from shield_ai.model.finding import Finding
    from shield_ai.scan.rules.pattern import Pattern, Rule

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# As CVSS counts: what GitHub shows as low, medium, high, critical.
SCORES = {
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
ROOT = "SRCROOT"
# GitHub refuses a run with more: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
MOST = 25_000


def sarif(
    findings: Sequence[Finding],
    changes: Iterable[FileChange] = (),
    patterns: Sequence[Pattern] = (),
) -> str:
    """Write findings, the worst where there are more than GitHub takes.

    Args:
        findings: Of a scan.
        changes: Of a plan for the same files, for the `fixes` of the findings that can be fixed.
        patterns: Those of the app, besides ours.
    """
    if len(findings) > MOST:
        worst = sorted(range(len(findings)), key=lambda i: -float(SCORES[findings[i].severity]))[
            :MOST
        ]
        findings = [findings[i] for i in sorted(worst)]
    used = {finding.rule for finding in findings}
    rules = [(rule, pattern.load()) for rule in pattern.rules().values()]
    rules += [
        (rule, p) for p in (pattern.credentials(), *patterns) for rule in p.rules if rule.id in used
    ]
    fixes = _Fixes(findings, changes)
    index = {rule.id: i for i, (rule, _) in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "shield",
                "fullName": "Shield AI",
                "semanticVersion": metadata.version("shield-ai"),
                "rules": [_rule(rule, of) for rule, of in rules],
            }
        },
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder that shield ran in, or scanned."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, fixes, index) for finding in findings],
    }
    return (
        json.dumps(
            {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False
        )
        + "\n"
    )


def _rule(rule: Rule, of: Pattern) -> dict[str, Any]:
    link = next(
        (
            link
            for link in (rule.reference, *of.references)
            if link.startswith(("https://", "http://"))
        ),
        "",
    )
    return {
        "id": rule.id,
        "name": "".join(
            word.capitalize() for word in (rule.id.partition(".")[2] or rule.id).split("-")
        ),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\n{rule.fix}"},
        **({"helpUri": link} if link else {}),
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security"],
            "security-severity": SCORES[rule.severity],
            "precision": "high",
        },
    }


def _result(finding: Finding, fixes: _Fixes, index: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.path),
                    "region": _region(finding),
                }
            }
        ],
        "partialFingerprints": {"shieldFingerprint/v1": finding.fingerprint},
        "properties": {
            "security-severity": SCORES[finding.severity],
            "confidence": str(finding.confidence),
        },
    }
    return result | fixes.of(finding)


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": ROOT}


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


class _Fixes:
    """The edits of each file by the finding at whose site they are; those at nobody's are what all of them need."""

    def __init__(self, findings: Iterable[Finding], changes: Iterable[FileChange]) -> None:
        self._changes = {change.path: change for change in changes}
        self._own: dict[tuple[str, int, int], list[Edit]] = {}
        self._shared: dict[str, list[Edit]] = {}
        sites: dict[str, set[tuple[int, int]]] = {}
        for finding in findings:
            if finding.site and finding.path in self._changes:
                sites.setdefault(finding.path, set()).add((finding.site.start, finding.site.end))
        for path, places in sites.items():
            edits = sorted(self._changes[path].edits, key=lambda edit: edit.start)
            at = [edit.start for edit in edits]
            owned: set[int] = set()
            for start, end in places:
                inside = range(bisect_left(at, start), bisect_right(at, end))
                mine = [number for number in inside if edits[number].end <= end]
                self._own[path, start, end] = [edits[number] for number in mine]
                owned.update(mine)
            self._shared[path] = [edit for number, edit in enumerate(edits) if number not in owned]

    def of(self, finding: Finding) -> dict[str, Any]:
        """Return the edits at a finding's site, with those at nobody's: the import that all of them need."""
        site = finding.site
        own = (
            self._own.get((finding.path, site.start, site.end), [])
            if site and finding.fixable
            else []
        )
        if not own:
            return {}
        replacements = [
            {
                "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
                "insertedContent": {"text": edit.replacement},
            }
            for edit in sorted(
                [*own, *self._shared.get(finding.path, ())], key=lambda edit: edit.start
            )
        ]
        description = {"text": "Read it with get_secret()."}
        artifact = {"artifactLocation": _artifact(finding.path), "replacements": replacements}
        return {"fixes": [{"description": description, "artifactChanges": [artifact]}]}
