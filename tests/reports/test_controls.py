from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, audit, finding, report_data, secret_status

from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.edit import Skipped
from shield_ai.reports.controls import FRAMEWORKS, controls
from shield_ai.reports.report_data import MaskedFinding

POLICY = Check(name="the IAM policy allows exactly these secrets", status=Status.OK)
ROLE = Check(name="the app's role may read its secrets", status=Status.OK)
CODE, ENCRYPTED, LEAST, RECORDED, ROTATED, UNDOABLE, NOTICED = range(7)


def test_each_control_has_all_references():
    rows = controls(CLEAN)
    assert len(rows) == 7
    assert all([framework for framework, _ in row.references] == list(FRAMEWORKS) for row in rows)
    assert all(number for row in rows for _, number in row.references)


def test_clean_app_passes_all_controls():
    assert {row.state for row in controls(CLEAN)} == {"pass"}
    assert all(row.evidence for row in controls(CLEAN))


def test_no_evidence_without_aws():
    states = [row.state for row in controls(EMPTY)]
    assert states == ["pass", *["unknown"] * 6]
    assert all(row.evidence for row in controls(EMPTY))


@pytest.mark.parametrize(
    ("row", "more", "state", "evidence"),
    [
        pytest.param(CODE, {"findings": (MaskedFinding(finding=finding()),)}, "fail", "1 value found in 1 file", id="a literal"),
        pytest.param(CODE, {"findings": (MaskedFinding(finding=finding(rule="CSEC34.environ-read")),)}, "pass", "no value in code", id="a read is not a value"),
        pytest.param(CODE, {"unreadable": (Skipped(path="a", line=0, name="", reason="x"),)}, "unknown", "1 file could not", id="a file that was not scanned"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "missing"))}, "fail", "1 of 2", id="one is missing"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "optional"))}, "pass", "1 of 1 secret in Secrets Manager, encrypted with alias/shop", id="optional"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "unknown"))}, "unknown", "1 secret could not be checked", id="one is unknown"),
        pytest.param(ENCRYPTED, {"secrets": ()}, "unknown", "no secrets in shield.toml", id="none named"),
        pytest.param(LEAST, {"checks": (Check(name="the IAM policy allows", status=Status.FAILED, detail="is missing"),)}, "fail", "is missing", id="no policy"),
        pytest.param(LEAST, {"checks": (POLICY, ROLE)}, "pass", "exactly these secrets; the app's role may read its secrets", id="policy and role"),
        pytest.param(LEAST, {"checks": (POLICY,)}, "pass", "the role's effective permissions were not tested", id="the policy alone"),
        pytest.param(LEAST, {"checks": (POLICY, msgspec.structs.replace(ROLE, status=Status.FAILED, detail="denied: a"))}, "fail", "denied: a", id="the role may not"),
        pytest.param(LEAST, {"audit": audit(kind="outside")}, "fail", "read by user/bob", id="unauthorized reader"),
        pytest.param(LEAST, {"checks": ()}, "unknown", "neither the policy nor the role was checked", id="no checks"),
        pytest.param(ROTATED, {"secrets": tuple(secret_status(f"s{i}", state="no schedule") for i in range(7))}, "fail", "7 secrets without a schedule: s0, s1, s2, s3, s4 and 2 more", id="many without a schedule"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", state="pending"),)}, "fail", "overdue: a", id="interrupted"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", state="no schedule"),)}, "fail", "1 secret without a schedule: a", id="no schedule"),
        pytest.param(NOTICED, {"alarms": (), "audit": report_data().audit}, "unknown", "the audit has 1 item to review", id="no alarm"),
        pytest.param(NOTICED, {"alarms": report_data().alarms}, "fail", "1 of 2 alarms in AWS", id="one alarm is missing"),
    ],
)  # fmt: skip
def test_evidence(row, more, state, evidence):
    found = controls(msgspec.structs.replace(CLEAN, **more))[row]
    assert found.state == state
    assert evidence in found.evidence
