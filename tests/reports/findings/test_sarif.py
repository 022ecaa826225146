from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import jsonschema
import msgspec
import pytest
from report_helpers import Severity, finding

from shield_ai.model.addresses import DOCUMENTATION, rule_page
from shield_ai.model.edit import Edit
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.reports.findings.sarif import sarif
from shield_ai.scan.rules.pattern import credential_pattern, csec34_rules

RAW = b'A = e["A"]\nB = e["B"]\n'
FINDINGS = [
    finding(name="A", path="a b/é.py", span=(4, 10)),
    finding(name="B", path="a b/é.py", line=2, span=(15, 21)),
    finding(rule="CSEC34.no-runtime", name="", path="a b/é.py", fixable=False),
    finding(rule="CSEC34.literal", name="C", path="c.py", severity=Severity.CRITICAL),
]
EDITS = [(0, "import g\n"), (4, "g("), (10, ")"), (15, "g("), (21, ")")]
CHANGE = file_change(
    "a b/é.py",
    RAW,
    [Edit(path="a b/é.py", start=at, end=at, replacement=text) for at, text in EDITS],
)

# What the standard and GitHub's upload ask of each object, as far as we write it: required keys, then optional ones.
# https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
SHAPE = {
    "": ({"version", "$schema", "runs"}, set()),
    "runs": ({"tool", "results"}, {"originalUriBaseIds", "columnKind", "invocations"}),
    "invocations": ({"executionSuccessful"}, {"toolExecutionNotifications"}),
    "toolExecutionNotifications": ({"message"}, {"level", "locations"}),
    "tool": ({"driver"}, set()),
    "driver": ({"name", "rules"}, {"fullName", "semanticVersion", "informationUri"}),
    "rules": (
        {"id", "shortDescription", "fullDescription", "help"},
        {"name", "helpUri", "defaultConfiguration", "properties"},
    ),
    "defaultConfiguration": ({"level"}, set()),
    "results": (
        {"ruleId", "message", "locations", "partialFingerprints"},
        {"ruleIndex", "level", "properties", "fixes"},
    ),
    "locations": ({"physicalLocation"}, set()),
    "physicalLocation": ({"artifactLocation"}, {"region"}),
    "artifactLocation": ({"uri"}, {"uriBaseId"}),
    "region": ({"startLine", "startColumn", "endLine", "endColumn"}, set()),
    "deletedRegion": ({"byteOffset", "byteLength"}, set()),
    "insertedContent": ({"text"}, set()),
    "fixes": ({"artifactChanges"}, {"description"}),
    "artifactChanges": ({"artifactLocation", "replacements"}, set()),
    "replacements": ({"deletedRegion"}, {"insertedContent"}),
    **dict.fromkeys(
        ("shortDescription", "fullDescription", "help", "message", "description"), ({"text"}, set())
    ),
}
FREE = {"properties", "partialFingerprints", "originalUriBaseIds"}


def check(thing, name=""):
    if isinstance(thing, list):
        for item in thing:
            check(item, name)
    elif isinstance(thing, dict) and name not in FREE:
        required, optional = SHAPE[name]
        assert required <= set(thing) <= required | optional, name
        for key, value in thing.items():
            check(value, key)


@pytest.fixture
def log():
    return json.loads(sarif(FINDINGS, [CHANGE]))


def test_structure(log):
    check(log)
    check(json.loads(sarif([])))
    assert log["version"] == "2.1.0"
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"


def test_files_that_were_not_scanned_are_notifications():
    skip = SkipId.RULE_TIMED_OUT.reason(rules="ACME.key").entry("a b.txt")
    log = json.loads(sarif([], skipped=[skip]))
    check(log)
    (invocation,) = log["runs"][0]["invocations"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == f"not scanned: {skip.reason}"
    assert "a%20b.txt" in str(notification["locations"])


@pytest.mark.skipif(
    "SHIELD_SARIF_SCHEMA" not in os.environ,
    reason="SHIELD_SARIF_SCHEMA names no copy of the schema",
)
def test_rules_match_the_schema():
    schema = json.loads(Path(os.environ["SHIELD_SARIF_SCHEMA"]).read_bytes())
    every = [*csec34_rules(), *(rule.id for rule in credential_pattern().rules)]
    log = json.loads(
        sarif(
            [*FINDINGS, *(msgspec.structs.replace(FINDINGS[0], rule=rule) for rule in every)],
            [CHANGE],
        )
    )
    assert {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]} == set(every)
    jsonschema.validate(log, schema)


def test_rules_have_the_fields_that_github_requires():
    every = [rule.id for rule in credential_pattern().rules]
    log = json.loads(sarif([msgspec.structs.replace(FINDINGS[0], rule=rule) for rule in every]))
    check(log)
    driver = log["runs"][0]["tool"]["driver"]
    assert len({rule["id"] for rule in driver["rules"]}) == len(driver["rules"])
    for rule in driver["rules"]:
        assert rule["helpUri"] == rule_page(rule["id"])
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))


def test_number_of_results_is_limited(monkeypatch):
    monkeypatch.setattr("shield_ai.reports.findings.sarif.MAX_RESULTS", 3)
    ranks = [Severity.LOW, Severity.HIGH, Severity.MEDIUM, Severity.CRITICAL, Severity.LOW]
    found = [finding(line=i + 1, severity=severity) for i, severity in enumerate(ranks)]
    results = json.loads(sarif(found))["runs"][0]["results"]
    assert [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in results] == [
        2,
        3,
        4,
    ]


def test_rules_have_severity_and_help(log):
    driver = log["runs"][0]["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == list(csec34_rules())
    for rule in driver["rules"]:
        assert rule["helpUri"] == rule_page(rule["id"])
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert re.fullmatch(r"[A-Z]\w+", rule["name"])
        assert rule["defaultConfiguration"]["level"] in ("note", "warning", "error")
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    assert driver["informationUri"] == DOCUMENTATION


def test_result_locations(log):
    run = log["runs"][0]
    for result, made in zip(run["results"], FINDINGS, strict=True):
        assert (
            run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"]
            == result["ruleId"]
            == made.rule
        )
        place = result["locations"][0]["physicalLocation"]
        assert unquote(place["artifactLocation"]["uri"]) == made.path
        assert not urlsplit(place["artifactLocation"]["uri"]).scheme
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert list(place["region"].values()) == [
            made.line,
            made.column,
            made.end_line,
            made.end_column,
        ]
        assert result["partialFingerprints"] == {"shieldFingerprint/v1": made.fingerprint}
    assert [result["level"] for result in run["results"]] == ["warning", "warning", "note", "error"]
    assert run["results"][3]["properties"]["security-severity"] == "9.5"


def test_fix_has_own_and_shared_edits(log):
    first, second, *others = log["runs"][0]["results"]
    assert not any("fixes" in result for result in others)
    for result, expected in (
        (first, b'import g\nA = g(e["A"])\nB = e["B"]\n'),
        (second, b'import g\nA = e["A"]\nB = g(e["B"])\n'),
    ):
        (fix,) = result["fixes"]
        (artifact,) = fix["artifactChanges"]
        assert unquote(artifact["artifactLocation"]["uri"]) == "a b/é.py"
        edits = [
            Edit(
                path="x",
                start=replacement["deletedRegion"]["byteOffset"],
                end=replacement["deletedRegion"]["byteOffset"]
                + replacement["deletedRegion"]["byteLength"],
                replacement=replacement["insertedContent"]["text"],
            )
            for replacement in artifact["replacements"]
        ]
        assert apply_edits(RAW, edits) == expected


def test_finding_without_edits_has_no_fix():
    lone = finding(path="a b/é.py", span=(100, 110))
    assert "fixes" not in json.loads(sarif([lone], [CHANGE]))["runs"][0]["results"][0]


def test_is_deterministic():
    assert sarif(FINDINGS, [CHANGE]) == sarif(FINDINGS, [CHANGE])


def test_app_rule_without_reference():
    rule = msgspec.structs.replace(
        credential_pattern().rules[0], id="acmekey", reference="see the wiki"
    )
    made = msgspec.structs.replace(credential_pattern(), references=(), rules=(rule,))
    log = json.loads(sarif([msgspec.structs.replace(FINDINGS[0], rule="acmekey")], patterns=[made]))
    check(log)
    last = log["runs"][0]["tool"]["driver"]["rules"][-1]
    assert last["name"] == "Acmekey"
    assert "helpUri" not in last


def test_many_fixes_are_fast():
    found = [finding(name=f"A{i}", line=i + 1, span=(9 * i, 9 * i + 8)) for i in range(3000)]
    edits = [
        Edit(path=found[0].path, start=9 * i, end=9 * i + 8, replacement="x") for i in range(3000)
    ]
    log = json.loads(sarif(found, [file_change(found[0].path, b" " * 27_000, edits)]))
    for number, result in enumerate(log["runs"][0]["results"]):
        ((change,),) = [fix["artifactChanges"] for fix in result["fixes"]]
        assert [one["deletedRegion"]["byteOffset"] for one in change["replacements"]] == [
            9 * number
        ]
