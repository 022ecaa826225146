"""The formats of `shield report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.reports.app_report.report_data import ReportData

EVIDENCE_FORMATS = ("oscal", "asff", "ocsf")  # only the controls, for tools of auditors


def render_report(data: ReportData, output_format: str) -> str:
    """Render a report in a format.

    Args:
        data: The data.
        output_format: One of the formats of --format.
    """
    if output_format in EVIDENCE_FORMATS:
        return _render_evidence(data, output_format)
    if output_format == "json":
        from shield_ai.reports.app_report.report_json import report_json

        return report_json(data)
    if output_format == "markdown":
        from shield_ai.reports.app_report.markdown import markdown

        return markdown(data)
    from shield_ai.reports.app_report.html import page

    return page(data)


def _render_evidence(data: ReportData, output_format: str) -> str:
    if output_format == "oscal":
        from shield_ai.reports.compliance.oscal import oscal

        return oscal(data)
    if output_format == "asff":
        from shield_ai.reports.compliance.asff import asff

        return asff(data)
    from shield_ai.reports.compliance.ocsf import ocsf

    return ocsf(data)
