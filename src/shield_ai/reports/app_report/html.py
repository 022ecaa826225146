"""Render a report as one self-contained HTML page without external resources.

The page's Content Security Policy allows one style and one script, by their hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
import msgspec
from markupsafe import Markup

from shield_ai.aws.cloudtrail.audit_result import AccessType
from shield_ai.model.finding import Severity
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable, printable_lines
from shield_ai.reports.app_report.attention import attention_items
from shield_ai.reports.app_report.rollout import STAGES, rollout
from shield_ai.reports.app_report.trend import META, figures, trend
from shield_ai.reports.app_report.verdict import VerdictState, verdict
from shield_ai.reports.compliance.control_evaluation import no_alarms_reason
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState

if TYPE_CHECKING:
    from shield_ai.reports.app_report.report_data import ReportData

TEMPLATES = Path(__file__).with_name("templates")
ATTENTION = ("attention", "Needs attention")
CONTENTS = (
    ("controls", "Controls"),
    ("findings-s", "Findings"),
    ("secrets", "Secrets"),
    ("changes", "Changes"),
    ("access", "Access"),
    ("alarms", "Alarms"),
    ("cost", "Cost"),
    ("rollout", "Rollout"),
)
VERDICT_CLASSES = {
    VerdictState.ACTION_NEEDED: "bad",
    VerdictState.FINDINGS_LEFT: "warn",
    VerdictState.NOT_CHECKED: "soft",
    VerdictState.NO_PROBLEM: "good",
}
SEVERITY_CLASSES = {
    Severity.CRITICAL: "bad",
    Severity.HIGH: "bad",
    Severity.MEDIUM: "warn",
    Severity.LOW: "soft",
}
DIFF_CLASSES = {"+": "add", "-": "del", "@": "hunk"}
CONTROL_CLASSES = {
    ControlState.SHOWN: "good",
    ControlState.NOT_SHOWN: "bad",
    ControlState.NOT_CHECKED: "soft",
}
ACCESS_NOUNS = {
    AccessType.READ: "read",
    AccessType.CHANGE: "change",
    AccessType.ROTATE: "rotation",
    AccessType.DELETE: "deletion",
    AccessType.DESCRIBE: "metadata read",
}


def page(report_data: ReportData) -> str:
    """Render the page."""
    css = _read_asset("report.css")
    script = _read_asset("report.js")
    hashes = f"style-src '{_csp_hash(css)}'; script-src '{_csp_hash(script)}'"
    policy = f"default-src 'none'; {hashes}; base-uri 'none'; form-action 'none'"
    items = attention_items(report_data)
    alerts = report_data.audit.alerts if report_data.audit else ()
    levels = [level for level in reversed(Severity) if report_data.count_findings(level)]
    return _template().render(
        verdict=verdict(report_data),
        verdict_classes=VERDICT_CLASSES,
        severity_classes=SEVERITY_CLASSES,
        figures_name=META,
        figures=msgspec.json.encode(figures(report_data)).decode(),
        trend={change.name: change.before for change in trend(report_data)},
        d=report_data,
        css=Markup(css),  # noqa: S704  # part of this package
        script=Markup(script),  # noqa: S704  # part of this package
        policy=policy,
        contents=[ATTENTION, *CONTENTS] if items else CONTENTS,
        attention=items,
        levels=levels,
        diff_classes=DIFF_CLASSES,
        stages=STAGES,
        principals_to_review={alert.who for alert in alerts},
        no_alarms=no_alarms_reason(report_data),
        rollout=rollout(report_data),
        controls=controls(report_data),
        control_classes=CONTROL_CLASSES,
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        finalize=_finalize,
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"printable": printable, "counts": _format_counts}
    return environment.get_template("report.html.j2")


def _finalize(value: object) -> object:
    """Remove control characters from a value. Jinja calls this for every expression.

    Raises:
        TypeError: The value is a struct, which has no text for readers.
    """
    if isinstance(value, msgspec.Struct):
        raise TypeError(f"the template shows a {type(value).__name__}; show one of its fields")
    if isinstance(value, str) and not isinstance(value, Markup):
        return printable_lines(value)
    return value


def _format_counts(counts: dict[AccessType, int]) -> str:
    """Format the counts of a principal's calls, for example "2 reads, 1 denied"."""
    parts = []
    for access_type, number in counts.items():
        noun = ACCESS_NOUNS.get(access_type)
        parts.append(count(number, noun) if noun else f"{number:,} {access_type}")
    return ", ".join(parts)


def _read_asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _csp_hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
