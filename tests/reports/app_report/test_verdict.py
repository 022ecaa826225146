from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, audit, finding, report_data

from shield_ai.flow.verify.account import KMS_KEY_USABLE
from shield_ai.flow.verify.check import Status, make_check
from shield_ai.model.finding import Severity
from shield_ai.reports.app_report import verdict as module
from shield_ai.reports.app_report.report_data import MaskedFinding
from shield_ai.reports.app_report.verdict import VerdictState, verdict
from shield_ai.reports.compliance.evidence import ControlState


def found(severity):
    return (MaskedFinding(finding=finding(severity=severity)),)


def changed(**fields):
    return msgspec.structs.replace(CLEAN, **fields)


@pytest.fixture(autouse=True)
def every_control_is_checked(monkeypatch, request):
    """Treat all controls as shown, so that a case differs in one thing alone."""
    if "controls" in request.node.name:
        return
    monkeypatch.setattr(module, "controls", lambda _: ())


COMPLETE = {"account": "123456789012", "audit": msgspec.structs.replace(audit(), alerts=())}


@pytest.mark.parametrize(
    ("data", "state", "not_checked"),
    [
        pytest.param(changed(**COMPLETE), VerdictState.NO_PROBLEM, (), id="all checked"),
        pytest.param(
            changed(**COMPLETE, findings=found(Severity.HIGH)),
            VerdictState.ACTION_NEEDED,
            (),
            id="high finding",
        ),
        pytest.param(
            changed(**COMPLETE, findings=found(Severity.MEDIUM)),
            VerdictState.FINDINGS_LEFT,
            (),
            id="medium finding",
        ),
        pytest.param(
            changed(**{**COMPLETE, "account": ""}, aws_skip_reason="no AWS credentials"),
            VerdictState.NOT_CHECKED,
            ("AWS: no AWS credentials",),
            id="no account",
        ),
        pytest.param(
            changed(**{**COMPLETE, "audit": None}),
            VerdictState.NOT_CHECKED,
            ("CloudTrail can't be read",),
            id="no CloudTrail",
        ),
        pytest.param(
            changed(**COMPLETE, is_scanned=False),
            VerdictState.NOT_CHECKED,
            ("the code was not scanned",),
            id="no scan",
        ),
        pytest.param(
            changed(**COMPLETE, archives=("a.zip",)),
            VerdictState.NOT_CHECKED,
            ("1 archive can't be unpacked",),
            id="archive",
        ),
        pytest.param(
            changed(**COMPLETE, checks=(make_check(KMS_KEY_USABLE, Status.UNKNOWN),)),
            VerdictState.NOT_CHECKED,
            ("1 check had no result",),
            id="unknown check",
        ),
        pytest.param(
            changed(**COMPLETE, checks=(make_check(KMS_KEY_USABLE, Status.FAILED),)),
            VerdictState.ACTION_NEEDED,
            (),
            id="failed check",
        ),
    ],
)
def test_verdict(data, state, not_checked):
    assert verdict(data) == (state, not_checked)


def test_unchecked_controls_are_not_certified():
    data = changed(**COMPLETE, checks=())
    result = verdict(data)
    assert result.state is VerdictState.NOT_CHECKED
    (text,) = [text for text in result.not_checked if "controls" in text]
    states = [control.result.state for control in module.controls(data)]
    assert ControlState.NOT_CHECKED in states
    assert (
        text
        == f"{states.count(ControlState.NOT_CHECKED)} of {len(states)} controls can't be evaluated"
    )


def test_high_findings_need_attention():
    data = report_data(findings=0)
    data = msgspec.structs.replace(data, findings=found(Severity.CRITICAL) * 7)
    item = next(item for item in module.attention_items(data) if "critical" in item.title)
    assert item.title == "7 critical findings"
    assert item.reason.endswith("and 2 more")
    assert item.hint == "see shield explain CSEC34.literal"
