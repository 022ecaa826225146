"""Format findings as SARIF 2.1.0, for code-scanning services.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from importlib import metadata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from shield_ai.model.addresses import DOCUMENTATION
from shield_ai.model.finding import Severity
from shield_ai.model.printable import escape_json
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.explanation import help_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.edit import Edit, FileChange
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped
    from shield_ai.scan.rules.pattern import Pattern, Rule

    Span = tuple[int, int]

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS = {
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# On the CVSS scale; GitHub shows them as low, medium, high and critical.
SCORES = {
    Severity.LOW: "3.0",
    Severity.MEDIUM: "5.5",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
ROOT = "SRCROOT"
# GitHub rejects a run with more results:
# https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
MAX_RESULTS = 25_000


def sarif(
    findings: Sequence[Finding],
    changes: Iterable[FileChange] = (),
    patterns: Sequence[Pattern] = (),
    skipped: Iterable[Skipped] = (),
) -> str:
    """Format findings as SARIF; the most severe ones if there are more than GitHub accepts.

    Args:
        findings: The findings of a scan.
        changes: The planned edits of the same files, for the `fixes` of fixable findings.
        patterns: The app's own patterns.
        skipped: The files that could not be scanned, or not by every rule.
    """
    if len(findings) > MAX_RESULTS:
        findings = _most_severe(findings)
    rules = _used_rules(findings, patterns)
    index = {rule.id: number for number, (rule, _) in enumerate(rules)}
    fixes = _Fixes(findings, changes)
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "shield",
                "fullName": "Shield AI",
                "semanticVersion": metadata.version("shield-ai"),
                "informationUri": DOCUMENTATION,
                "rules": [_rule(rule, rule_pattern) for rule, rule_pattern in rules],
            }
        },
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The folder that shield ran in, or scanned."}}
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, fixes, index) for finding in findings],
    }
    if notifications := [_notification(skip) for skip in skipped]:
        run["invocations"] = [
            {"executionSuccessful": True, "toolExecutionNotifications": notifications}
        ]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return escape_json(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _most_severe(findings: Sequence[Finding]) -> list[Finding]:
    """Return as many findings as GitHub accepts, in the same order."""
    numbers = range(len(findings))
    by_severity = sorted(numbers, key=lambda number: -findings[number].severity.rank)
    return [findings[number] for number in sorted(by_severity[:MAX_RESULTS])]


def _used_rules(
    findings: Sequence[Finding], patterns: Sequence[Pattern]
) -> list[tuple[Rule, Pattern]]:
    """Return all rules of the main pattern, and the rules of the others that have findings."""
    main = pattern.csec34_pattern()
    rules = [(rule, main) for rule in pattern.csec34_rules().values()]
    used = {finding.rule for finding in findings}
    for other in (pattern.credential_pattern(), *patterns):
        rules += [(rule, other) for rule in other.rules if rule.id in used]
    return rules


def _rule(rule: Rule, rule_pattern: Pattern) -> dict[str, Any]:
    words = (rule.id.partition(".")[2] or rule.id).split("-")
    descriptor: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in words),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": f"{rule.explanation}\n\n{rule.fix}"},
    }
    if link := help_page(rule, rule_pattern):
        descriptor["helpUri"] = link
    descriptor["defaultConfiguration"] = {"level": LEVELS[rule.severity]}
    descriptor["properties"] = {
        "tags": ["security"],
        "security-severity": SCORES[rule.severity],
        "precision": "high",
    }
    return descriptor


def _result(finding: Finding, fixes: _Fixes, index: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": LEVELS[finding.severity],
        "message": {"text": _escape_links(finding.message)},
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
    edits = fixes.find(finding)
    if edits:
        result["fixes"] = [_fix(finding.path, edits)]
    return result


def _notification(skip: Skipped) -> dict[str, Any]:
    """Warn that a file was not scanned, or not by every rule."""
    return {
        "level": "warning",
        "message": {"text": _escape_links(f"not scanned: {skip.reason}")},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(skip.path)}}],
    }


def _escape_links(text: str) -> str:
    """Escape brackets that a viewer would show as a link.

    https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
    3.11.6
    """
    return re.sub(r"[\[\]\\]", r"\\\g<0>", text) if "](" in text else text


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path, errors="replace"), "uriBaseId": ROOT}


def _region(finding: Finding) -> dict[str, int]:
    return {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }


def _fix(path: str, edits: Iterable[Edit]) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": {"byteOffset": edit.start, "byteLength": edit.end - edit.start},
            "insertedContent": {"text": edit.replacement},
        }
        for edit in edits
    ]
    change = {"artifactLocation": _artifact(path), "replacements": replacements}
    description = {"text": "Read the secret with get_secret()."}
    return {"description": description, "artifactChanges": [change]}


class _Fixes:
    """The planned edits of each finding.

    An edit inside a finding's span belongs to the finding. The other edits of a file, such as an
    import, are shared: each fix needs them.
    """

    def __init__(self, findings: Iterable[Finding], changes: Iterable[FileChange]) -> None:
        self._own: dict[tuple[str, Span], list[Edit]] = {}
        self._shared: dict[str, list[Edit]] = {}
        changes_by_path = {change.path: change for change in changes}
        spans_by_path: dict[str, set[Span]] = {}
        for finding in findings:
            if finding.span and finding.path in changes_by_path:
                spans_by_path.setdefault(finding.path, set()).add(finding.span)
        for path, spans in spans_by_path.items():
            self._assign(path, changes_by_path[path].edits, spans)

    def _assign(self, path: str, edits: Iterable[Edit], spans: Iterable[Span]) -> None:
        ordered = sorted(edits, key=lambda edit: edit.start)
        starts = [edit.start for edit in ordered]
        owned: set[int] = set()
        for start, end in spans:
            candidates = range(bisect_left(starts, start), bisect_right(starts, end))
            numbers = [number for number in candidates if ordered[number].end <= end]
            self._own[path, (start, end)] = [ordered[number] for number in numbers]
            owned.update(numbers)
        self._shared[path] = [edit for number, edit in enumerate(ordered) if number not in owned]

    def find(self, finding: Finding) -> list[Edit]:
        """Return a finding's edits with the shared ones, in order; empty if it is not fixable."""
        if not finding.span or not finding.fixable:
            return []
        own = self._own.get((finding.path, finding.span))
        if not own:
            return []
        shared = self._shared.get(finding.path, [])
        return sorted([*own, *shared], key=lambda edit: edit.start)
