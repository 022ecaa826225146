from __future__ import annotations

from report_helpers import finding

from shield_ai.model.skip import SkipId
from shield_ai.reports.findings.concise import concise


def test_lines():
    skip = SkipId.RULE_TIMED_OUT.reason(rules="ACME.key").entry("a.txt")
    assert concise([finding()], [skip]).splitlines() == [
        f"app/settings.py:1:1: CSEC34.environ-read {finding().message}",
        f"a.txt:1:1: not scanned: {skip.reason}",
        "1 finding in 1 file: 1 medium; 1 fixable with shield apply",
    ]
    assert concise([]) == "no findings\n"


def test_hostile_names_stay_in_their_line():
    first, _ = concise([finding(path="a\nb:1:1: \u202e\x1b[2J", message="x\r")]).splitlines()
    assert first == "a?b:1:1: ??[2J:1:1: CSEC34.environ-read x?"
