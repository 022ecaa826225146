from __future__ import annotations

import functools
import json

import jsonschema
import msgspec
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from report_samples import CLEAN, EMPTY, HOSTILE, NOW, report_data

from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState
from shield_ai.reports.compliance.ocsf import VERSION, ocsf

# Warning is a check that "did not yield a result due to missing information".
STATUSES = {
    ControlState.SHOWN: (1, "Pass"),
    ControlState.NOT_SHOWN: (3, "Fail"),
    ControlState.NOT_CHECKED: (2, "Warning"),
}


@functools.cache
def validator(profiles):
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION))
    event = schema.get_class_schema("compliance_finding", list(profiles))
    return jsonschema.Draft202012Validator(event)


def events(data):
    return json.loads(ocsf(data))


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(CLEAN, id="all shown"),
        pytest.param(EMPTY, id="nothing checked"),
        pytest.param(report_data(), id="mixed"),
        pytest.param(report_data(HOSTILE), id="hostile names"),
        pytest.param(report_data("\ud800 \n key"), id="a lone surrogate"),
    ],
)
def test_is_valid_by_the_schema_and_keeps_each_state(data):
    found = events(data)
    for event, control in zip(found, controls(data), strict=True):
        profiles = event["metadata"].get("profiles", [])
        assert not [error.message for error in validator(tuple(profiles)).iter_errors(event)]
        compliance = event["compliance"]
        assert compliance["control"] == control.id
        assert (compliance["status_id"], compliance["status"]) == STATUSES[control.result.state]
        is_checked = control.result.state is not ControlState.NOT_CHECKED
        assert ("evidences" in event) == is_checked
        assert ("cloud" in event) == bool(data.account)


def test_names_the_evidence():
    event = events(CLEAN)[0]
    assert event["evidences"] == [
        {
            "data": {
                "source": "scan",
                "text": "no hardcoded values above low severity",
                "time": "2026-11-24T12:00:00+00:00",
                "commit": "c0ffee",
                "account": "123456789012",
            }
        }
    ]
    assert event["time"] == NOW.timestamp() * 1000
    assert event["cloud"]["account"]["uid"] == "123456789012"
    assert "PCI DSS 4.0.1 8.6.2" in event["compliance"]["requirements"]


def test_only_times_differ_between_two_reports():
    later = msgspec.structs.replace(CLEAN, created=NOW.replace(hour=13))
    expected = ocsf(CLEAN).replace("T12:00", "T13:00").replace("2026-11-24 12", "2026-11-24 13")
    assert ocsf(later) == expected.replace(
        f"{NOW.timestamp() * 1000:.0f}", f"{(NOW.timestamp() + 3600) * 1000:.0f}"
    )
