"""Format the controls of a report as OSCAL assessment results.

A control that was not checked has an observation that says why, and no finding: a finding is either
satisfied or not.
https://pages.nist.gov/OSCAL-Reference/models/v1.1.3/assessment-results/json-reference/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.model.printable import printable_line
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.reports.compliance.asff import format_time
from shield_ai.reports.compliance.controls import NIST, controls
from shield_ai.reports.compliance.evidence import ControlState, NotChecked
from shield_ai.reports.json import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.reports.app_report.report_data import Control, ReportData
    from shield_ai.reports.compliance.evidence import Evidence

    Object = dict[str, Any]

VERSION = "1.1.3"
NAMESPACE = "urn:shield-ai:oscal"
PLAN = {
    "title": "Assessment plan",
    "description": "The controls of shield report, under NIST SP 800-53 rev. 5.",
}
STATUSES = {
    ControlState.SHOWN: {"state": "satisfied", "reason": "pass"},
    ControlState.NOT_SHOWN: {"state": "not-satisfied", "reason": "fail"},
}
# Characters of markup: https://pages.nist.gov/OSCAL/reference/datatypes/#markup-line
_MARKUP = regex(r"([\\`*_{}\[\]<>~^&!|]|^[#+-])")


def oscal(report_data: ReportData) -> str:
    """Format the controls as one document of assessment results."""
    items = controls(report_data)
    plan = report_data.stable_uuid("plan")
    document = {
        "uuid": report_data.stable_uuid("assessment-results"),
        "metadata": {
            "title": f"Secrets of {_escape(report_data.app)}",
            "last-modified": format_time(report_data.created),
            "version": format_time(report_data.created),
            "oscal-version": VERSION,
        },
        "import-ap": {"href": f"#{plan}"},
        "local-definitions": {"objectives-and-methods": [_objective(item) for item in items]},
        "results": [_result(report_data, items)],
        "back-matter": {"resources": [{"uuid": plan, **PLAN}]},
    }
    return to_json({"assessment-results": document}, indent=2)


def nist_ids(control: Control) -> list[str]:
    """Return the NIST control ids as in NIST's catalog: `AC-3(15)` is `ac-3.15`."""
    numbers = dict(control.references)[NIST].lower().split(", ")
    return [number.replace("(", ".").replace(")", "") for number in numbers]


def _objective(control: Control) -> Object:
    part = {
        "id": _objective_id(control),
        "ns": NAMESPACE,
        "name": "objective",
        "prose": control.statement,
    }
    return {"control-id": nist_ids(control)[0], "parts": [part]}


def _objective_id(control: Control) -> str:
    return f"shield_{control.id}"


def _result(report_data: ReportData, items: Sequence[Control]) -> Object:
    time = format_time(report_data.created)
    result = {
        "uuid": report_data.stable_uuid("result"),
        "title": "Report of shield",
        "description": "The evidence supports an assessment. It does not certify compliance.",
        "start": time,
        "end": time,
        "props": [_prop("tool", f"Shield AI {report_data.version}")],
        "local-definitions": {"components": [_component(report_data)]},
        "reviewed-controls": _reviewed_controls(items),
        "observations": [item for control in items for item in _observations(report_data, control)],
    }
    findings = [
        _finding(report_data, control) for control in items if control.result.state in STATUSES
    ]
    if findings:  # an array in OSCAL is not empty
        result["findings"] = findings
    return result


def _component(report_data: ReportData) -> Object:
    props = [("commit", report_data.commit), ("account", report_data.account)]
    if report_data.account:
        props.append(("region", report_data.region))
    component: Object = {
        "uuid": report_data.stable_uuid("app"),
        "type": "software",
        "title": _escape(report_data.app),
        "description": "The app that the report covers.",
        "status": {"state": "operational"},
    }
    known = [_prop(name, value) for name, value in props if value]
    if known:
        component["props"] = known
    return component


def _reviewed_controls(items: Sequence[Control]) -> Object:
    ids = sorted({control_id for control in items for control_id in nist_ids(control)})
    return {
        "description": "A control without a finding was not checked.",
        "control-selections": [{"include-controls": [{"control-id": item} for item in ids]}],
        "control-objective-selections": [
            {"include-objectives": [{"objective-id": _objective_id(item)} for item in items]}
        ],
    }


def _observations(report_data: ReportData, control: Control) -> list[Object]:
    if isinstance(control.result, NotChecked):
        observation = _observation(report_data, control, 0, f"not checked: {control.result.reason}")
        return [observation | {"methods": ["NONE"]}]
    return [
        _observation(report_data, control, number, item.text)
        | {"methods": ["TEST"], "props": _evidence_props(item)}
        for number, item in enumerate(control.result.evidence)
    ]


def _observation(report_data: ReportData, control: Control, number: int, text: str) -> Object:
    return {
        "uuid": _observation_uuid(report_data, control, number),
        "title": control.statement,
        "description": _escape(text),
        "types": ["control-objective"],
        "subjects": [{"subject-uuid": report_data.stable_uuid("app"), "type": "component"}],
        "collected": format_time(report_data.created),
    }


def _observation_uuid(report_data: ReportData, control: Control, number: int) -> str:
    return report_data.stable_uuid(control.id, "observation", str(number))


def _evidence_props(item: Evidence) -> list[Object]:
    props = [("source", str(item.source)), ("commit", item.commit), ("account", item.account)]
    return [_prop(name, value) for name, value in props if value]


def _finding(report_data: ReportData, control: Control) -> Object:
    lines = control.result.lines
    return {
        "uuid": report_data.stable_uuid(control.id),
        "title": control.statement,
        "description": _escape("; ".join(lines)),
        "props": [_prop("requirement", requirement) for requirement in control.requirements],
        "target": {
            "type": "objective-id",
            "target-id": _objective_id(control),
            "status": STATUSES[control.result.state],
        },
        "related-observations": [
            {"observation-uuid": _observation_uuid(report_data, control, number)}
            for number in range(len(lines))
        ],
    }


def _prop(name: str, value: str) -> Object:
    return {"name": name, "ns": NAMESPACE, "value": printable_line(value)}


def _escape(text: str) -> str:
    """Escape markup and join lines."""
    return _MARKUP.sub(r"\\\1", printable_line(text))
