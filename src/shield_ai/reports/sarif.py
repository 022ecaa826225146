"""Findings as SARIF 2.1.0, in the form that code-scanning services take.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shield_ai import pattern
from shield_ai.model import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model import Edit, FileChange, Finding
    from shield_ai.pattern import Pattern, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
# As CVSS counts: what GitHub shows as low, medium, high, critical.
SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
ROOT = "SRCROOT"
# GitHub refuses a run with more: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
MOST = 25_000


def sarif(findings: Sequence[Finding], changes: Iterable[FileChange] = (), patterns: Sequence[Pattern] = ()) -> str:
    """Write findings, the worst where there are more than GitHub takes.

    Args:
        findings: Of a scan.
        changes: Of a plan for the same files, for the `fixes` of the findings that can be fixed.
        patterns: Those of the app, besides ours.
    """
    if len(findings) > MOST:
        worst = sorted(range(len(findings)), key=lambda i: -float(SCORES[findings[i].severity]))[:MOST]
        findings = [findings[i] for i in sorted(worst)]
    used = {finding.rule for finding in findings}
    rules = [(rule, pattern.load()) for rule in pattern.rules().values()]
    rules += [(rule, p) for p in (pattern.credentials(), *patterns) for rule in p.rules if rule.id in used]
    by_path = {change.path: change for change in changes}
    run = {
        "tool": {
            "driver": {
                "name": "shield",
                "fullName": "Shield AI",
                "semanticVersion": metadata.version("shield-ai"),
                "rules": [_rule(rule, of) for rule, of in rules],
            }
        },
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that was scanned."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, findings, by_path, [rule.id for rule, _ in rules]) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: Rule, of: Pattern) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.partition(".")[2].split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\n{rule.fix}"},
        "helpUri": rule.reference or of.references[0],
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"tags": ["security"], "security-severity": SCORES[rule.severity], "precision": "high"},
    }


def _result(
    finding: Finding, findings: Sequence[Finding], changes: dict[str, FileChange], ids: list[str]
) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(finding.path), "region": _region(finding)}}],
        "partialFingerprints": {"shieldFingerprint/v1": finding.fingerprint},
        "properties": {"security-severity": SCORES[finding.severity], "confidence": str(finding.confidence)},
    }
    change = changes.get(finding.path)
    if finding.fixable and change:
        result |= _fixes(finding, findings, change)
    return result


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path), "uriBaseId": ROOT}


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


def _fixes(finding: Finding, findings: Sequence[Finding], change: FileChange) -> dict[str, Any]:
    """Return the edits at a finding's site, with those at nobody's: the import that all of them need."""
    others = [f for f in findings if f.path == finding.path and f is not finding]
    own = [edit for edit in change.edits if _at(edit, finding)]
    shared = [edit for edit in change.edits if not any(_at(edit, f) for f in (finding, *others))]
    if not own:
        return {}
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
            "insertedContent": {"text": edit.replacement},
        }
        for edit in sorted([*own, *shared], key=lambda edit: edit.start)
    ]
    description = {"text": "Read it with get_secret()."}
    artifact = {"artifactLocation": _artifact(change.path), "replacements": replacements}
    return {"fixes": [{"description": description, "artifactChanges": [artifact]}]}


def _at(edit: Edit, finding: Finding) -> bool:
    site = finding.site
    return site is not None and site.start <= edit.start and edit.end <= site.end
