"""Format the controls of a report as OCSF Compliance Finding events.

https://schema.ocsf.io/1.5.0/classes/compliance_finding
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import partition
from shield_ai.model.printable import printable_line
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState, NotChecked
from shield_ai.reports.json import to_json

if TYPE_CHECKING:
    from shield_ai.reports.app_report.report_data import Control, ReportData
    from shield_ai.reports.compliance.evidence import Evidence

VERSION = "1.5.0"
CATEGORY = (2, "Findings")
CLASS = (2003, "Compliance Finding")
ACTIVITY = (1, "Create")
# OCSF defines a warning as a check without a result because information is missing.
STATUSES = {
    ControlState.SHOWN: (1, "Pass"),
    ControlState.NOT_CHECKED: (2, "Warning"),
    ControlState.NOT_SHOWN: (3, "Fail"),
}
INFORMATIONAL = (1, "Informational")
MEDIUM = (3, "Medium")


def ocsf(report_data: ReportData) -> str:
    """Format one event for each control, as a JSON array."""
    return to_json([_event(report_data, control) for control in controls(report_data)], indent=2)


def _event(report_data: ReportData, control: Control) -> dict[str, Any]:
    not_shown = control.result.state is ControlState.NOT_SHOWN
    severity_id, severity = MEDIUM if not_shown else INFORMATIONAL
    event = {
        "activity_id": ACTIVITY[0],
        "activity_name": ACTIVITY[1],
        "category_uid": CATEGORY[0],
        "category_name": CATEGORY[1],
        "class_uid": CLASS[0],
        "class_name": CLASS[1],
        "type_uid": CLASS[0] * 100 + ACTIVITY[0],
        "time": _milliseconds(report_data),
        "severity_id": severity_id,
        "severity": severity,
        "metadata": _metadata(report_data),
        "finding_info": {
            "uid": report_data.stable_uuid(control.id),
            "title": control.statement,
            "desc": printable_line("; ".join(control.result.lines)),
            "types": ["Compliance"],
        },
        "compliance": _compliance(control),
        "resources": [
            {
                "uid": report_data.stable_uuid("app"),
                "name": printable_line(report_data.app),
                "type": "Application",
            }
        ],
    }
    if not isinstance(control.result, NotChecked):
        event["evidences"] = [_evidence(item) for item in control.result.evidence]
    if report_data.account:
        event["cloud"] = _cloud(report_data)
    return event


def _milliseconds(report_data: ReportData) -> int:
    return int(report_data.created.timestamp() * 1000)


def _metadata(report_data: ReportData) -> dict[str, Any]:
    product = {"name": "Shield AI", "vendor_name": "Shield AI", "version": report_data.version}
    metadata: dict[str, Any] = {"version": VERSION, "product": product}
    if report_data.account:
        metadata["profiles"] = ["cloud"]
    return metadata


def _compliance(control: Control) -> dict[str, Any]:
    status_id, status = STATUSES[control.result.state]
    return {
        "control": control.id,
        "desc": control.statement,
        "standards": [framework for framework, _ in control.references],
        "requirements": control.requirements,
        "status_id": status_id,
        "status": status,
        "status_code": str(control.result.state),
        "status_details": [printable_line(line) for line in control.result.lines],
    }


def _evidence(item: Evidence) -> dict[str, Any]:
    data = {
        "source": str(item.source),
        "text": printable_line(item.text),
        "time": item.time.isoformat(timespec="seconds"),
        "commit": item.commit,
        "account": item.account,
    }
    return {"data": {key: value for key, value in data.items() if value}}


def _cloud(report_data: ReportData) -> dict[str, Any]:
    cloud: dict[str, Any] = {
        "provider": "AWS",
        "account": {"uid": report_data.account, "type_id": 10, "type": "AWS Account"},
    }
    if report_data.region:
        cloud["region"] = report_data.region
        cloud["cloud_partition"] = partition(report_data.region)
    return cloud
