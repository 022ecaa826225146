from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, audit, finding, place, report_data

from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.edit import Skipped
from shield_ai.reports.controls import FRAMEWORKS, controls
from shield_ai.reports.report_data import Shown

POLICY = Check(name="the IAM policy allows exactly these secrets", status=Status.OK)
ROLE = Check(name="the app's role may read its secrets", status=Status.OK)
CODE, ENCRYPTED, LEAST, RECORDED, ROTATED, UNDOABLE, NOTICED = range(7)


def test_each_row_has_a_number_of_each_framework():
    rows = controls(CLEAN)
    assert len(rows) == 7
    assert all([framework for framework, _ in row.references] == list(FRAMEWORKS) for row in rows)
    assert all(number for row in rows for _, number in row.references)


def test_a_clean_app_shows_evidence_for_each():
    assert {row.state for row in controls(CLEAN)} == {"for"}
    assert all(row.evidence for row in controls(CLEAN))


def test_without_a_look_there_is_no_evidence():
    states = [row.state for row in controls(EMPTY)]
    assert states == ["for", *["none"] * 6]
    assert all(row.evidence for row in controls(EMPTY))


@pytest.mark.parametrize(
    ("row", "more", "state", "evidence"),
    [
        pytest.param(CODE, {"findings": (Shown(finding=finding()),)}, "against", "1 value found in 1 file", id="a literal"),
        pytest.param(CODE, {"findings": (Shown(finding=finding(rule="CSEC34.environ-read")),)}, "for", "no value in code", id="a read is no value"),
        pytest.param(CODE, {"unseen": (Skipped(path="a", line=0, name="", reason="x"),)}, "none", "1 file could not", id="a file that was not seen"),
        pytest.param(ENCRYPTED, {"places": (place("a"), place("b", "missing"))}, "against", "1 of 2", id="one is missing"),
        pytest.param(ENCRYPTED, {"places": (place("a"), place("b", "optional"))}, "for", "1 of 1 secrets are in Secrets Manager, encrypted with alias/shop", id="optional"),
        pytest.param(ENCRYPTED, {"places": (place("a"), place("b", "unknown"))}, "none", "1 secret could not be looked at", id="one can't be seen"),
        pytest.param(ENCRYPTED, {"places": ()}, "none", "no secret", id="none named"),
        pytest.param(LEAST, {"checks": (Check(name="the IAM policy allows", status=Status.FAILED, detail="is missing"),)}, "against", "is missing", id="no policy"),
        pytest.param(LEAST, {"checks": (POLICY, ROLE)}, "for", "exactly these secrets; the app's role may read its secrets", id="policy and role"),
        pytest.param(LEAST, {"checks": (POLICY,)}, "for", "what the role really may was not tried", id="the policy alone"),
        pytest.param(LEAST, {"checks": (POLICY, msgspec.structs.replace(ROLE, status=Status.FAILED, detail="denied: a"))}, "against", "denied: a", id="the role may not"),
        pytest.param(LEAST, {"audit": audit(kind="outside")}, "against", "read by user/bob", id="a stranger reads"),
        pytest.param(LEAST, {"checks": ()}, "none", "neither", id="nothing was looked at"),
        pytest.param(ROTATED, {"places": tuple(place(f"s{i}", state="no schedule") for i in range(7))}, "against", "7 secrets without a schedule: s0, s1, s2, s3, s4, and 2 more", id="many without a schedule"),
        pytest.param(ROTATED, {"places": (place("a", state="pending"),)}, "against", "overdue: a", id="stuck"),
        pytest.param(ROTATED, {"places": (place("a", state="no schedule"),)}, "against", "1 secret without a schedule: a", id="no schedule"),
        pytest.param(NOTICED, {"alarms": (), "audit": report_data().audit}, "none", "1 thing to look at", id="no alarm"),
        pytest.param(NOTICED, {"alarms": report_data().alarms}, "against", "1 of 2 alarms in AWS", id="one alarm is missing"),
    ],
)  # fmt: skip
def test_says_what_it_saw(row, more, state, evidence):
    found = controls(msgspec.structs.replace(CLEAN, **more))[row]
    assert found.state == state
    assert evidence in found.evidence
