from __future__ import annotations

import json

import jsonschema
from report_helpers import Severity, finding

from shield_ai.model.skip import SkipId
from shield_ai.reports.findings.gitlab import gitlab

# From the table of fields in
# https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/)[^\x00-\x1f]+$"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {
                            "begin": {"type": "integer", "minimum": 1},
                            "end": {"type": "integer", "minimum": 1},
                        },
                    },
                },
            },
        },
    },
}


def read(*arguments):
    issues = json.loads(gitlab(*arguments))
    jsonschema.validate(issues, SCHEMA)
    return issues


def test_severities():
    issues = read([finding(severity=severity) for severity in Severity])
    assert [issue["severity"] for issue in issues] == ["minor", "major", "critical", "blocker"]


def test_no_findings():
    assert read([]) == []


def test_files_that_were_not_scanned_are_listed():
    skip = SkipId.RULE_TIMED_OUT.reason(rules="ACME.key").entry("a.txt")
    issues = read([finding()], [skip, skip])
    assert [issue["severity"] for issue in issues] == ["major", "info", "info"]
    assert len({issue["fingerprint"] for issue in issues}) == 3  # GitLab joins equal ones


def test_hostile_names():
    (issue,) = read([finding(path='a\n"}]\x00\u202e\udcff', message="x\x1b[2J")])
    assert issue["location"]["path"] == 'a?"}]???'
    assert issue["description"].startswith("x?[2J")
