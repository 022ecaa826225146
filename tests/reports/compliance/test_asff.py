from __future__ import annotations

import json

import botocore.session
import msgspec
import pytest
from botocore.validate import ParamValidator
from report_samples import CLEAN, EMPTY, HOSTILE, NOW, report_data

from shield_ai.flow.verify.check import Status, make_check
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.model.errors import ShieldError
from shield_ai.reports.compliance.asff import asff
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState

STATUSES = {
    ControlState.SHOWN: "PASSED",
    ControlState.NOT_SHOWN: "FAILED",
    ControlState.NOT_CHECKED: "NOT_AVAILABLE",
}
MODEL = botocore.session.get_session().get_service_model("securityhub")
IMPORT = MODEL.operation_model("BatchImportFindings").input_shape
LONG = "long name " * 400
CLEAN_HERE = msgspec.structs.replace(CLEAN, region="eu-central-1")
LONG_DETAIL = make_check(POLICY_MINIMAL, Status.FAILED, LONG)


def findings(data):
    return json.loads(asff(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(CLEAN_HERE, id="all shown"),
        pytest.param(report_data(), id="mixed"),
        pytest.param(report_data(HOSTILE), id="hostile names"),
        pytest.param(report_data(LONG, checks=(LONG_DETAIL,)), id="long names"),
        pytest.param(report_data(region="cn-north-1", secrets=()), id="another partition"),
    ],
)
def test_is_accepted_by_botocore_and_keeps_each_state(data):
    found = findings(data)
    assert not ParamValidator().validate({"Findings": found}, IMPORT).generate_report()
    for finding, control in zip(found, controls(data), strict=True):
        compliance = finding["Compliance"]
        assert compliance["Status"] == STATUSES[control.result.state]
        assert compliance["Status"] in MODEL.shape_for("ComplianceStatus").enum
        assert len(compliance["RelatedRequirements"]) <= 32
        severity = finding["FindingProviderFields"]["Severity"]["Label"]
        assert severity in MODEL.shape_for("SeverityLabel").enum
        (resource,) = finding["Resources"]
        assert resource["Partition"] in MODEL.shape_for("Partition").enum
        assert finding["ProductArn"].startswith(f"arn:{resource['Partition']}:securityhub:")


def test_is_within_the_limits_of_security_hub():
    for finding in findings(report_data(LONG, checks=(LONG_DETAIL,))):
        assert len(json.dumps(finding)) < 240_000
        assert len(finding["Title"]) <= 256
        assert len(finding["Description"]) <= 1024
        assert len(finding["ProductFields"]) <= 50
        assert all(len(value) <= 2048 for value in finding["ProductFields"].values())
        (resource,) = finding["Resources"]
        assert len(resource["Id"]) <= 512
        assert all(len(value) < 1024 for value in resource["Details"]["Other"].values())


def test_names_the_evidence():
    finding = findings(CLEAN_HERE)[0]
    assert finding["ProductFields"] == {
        "ShieldAI/Control": "no-hardcoded-secrets",
        "ShieldAI/State": "shown",
        "ShieldAI/Version": "1.2.3",
        "ShieldAI/Commit": "c0ffee",
        "ShieldAI/Evidence/1": (
            "no hardcoded values above low severity "
            "(scan, 2026-11-24 12:00 UTC, commit c0ffee, account 123456789012)"
        ),
    }
    assert "NIST SP 800-53 rev. 5 IA-5(7)" in finding["Compliance"]["RelatedRequirements"]
    assert (
        finding["ProductArn"]
        == "arn:aws:securityhub:eu-central-1:123456789012:product/123456789012/default"
    )


def test_only_times_differ_between_two_reports():
    later = msgspec.structs.replace(CLEAN_HERE, created=NOW.replace(hour=13))
    assert asff(later) == (
        asff(CLEAN_HERE).replace("T12:00", "T13:00").replace("2026-11-24 12", "2026-11-24 13")
    )


def test_needs_the_account():
    with pytest.raises(ShieldError, match="needs the AWS account: --only code was given") as caught:
        asff(EMPTY)
    assert "--format ocsf" in caught.value.hint
