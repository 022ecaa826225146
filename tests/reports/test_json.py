from __future__ import annotations

import json

import msgspec
from report_helpers import finding

from shield_ai.model.plan import Plan
from shield_ai.model.skip import SkipId
from shield_ai.reports.json import plan_json, scan_json


def test_finding_fields():
    made = finding(env="SECRET_KEY", span=(0, 1))
    skipped = SkipId.INVALID_SOURCE.reason(problem="not parsed").entry("b.py", 2)
    document = json.loads(scan_json([made], [skipped]))
    assert document["version"] == 1
    assert document["findings"] == [
        {
            "rule": "CSEC34.environ-read",
            "path": "app/settings.py",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 9,
            "severity": "medium",
            "confidence": "high",
            "message": "SECRET_KEY is a secret read from the environment variable SECRET_KEY",
            "name": "SECRET_KEY",
            "env": "SECRET_KEY",
            "fixable": True,
            "fingerprint": made.fingerprint,
        }
    ]
    assert document["skipped"] == [
        {"path": "b.py", "line": 2, "reason": "not parsed", "id": "invalid-source"}
    ]


def test_finding_in_git_history_has_its_commit():
    made = finding(commit="c0ffee", date="2026-11-24T12:00:00+00:00", in_head=False)
    (fields,) = json.loads(scan_json([made]))["findings"]
    assert (fields["commit"], fields["date"], fields["stands"]) == (
        "c0ffee",
        "2026-11-24T12:00:00+00:00",
        False,
    )


def test_plan_round_trip():
    plan = Plan(app="shop", missing=("a",))
    text = plan_json(plan)
    assert msgspec.json.decode(text, type=Plan) == plan
    assert text.endswith("}\n")
