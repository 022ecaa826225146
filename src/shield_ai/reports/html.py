"""A report as one HTML page that needs nothing but itself: no asset, no network, no value, and little JavaScript.

The policy of the page (CSP) allows exactly one style and one script, by their hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from shield_ai.aws.cloudtrail.audit import AccessType
from shield_ai.model.finding import Severity
from shield_ai.reports.controls import controls
from shield_ai.reports.report_data import attention, clean, count
from shield_ai.reports.rollout import STAGES, rollout

if TYPE_CHECKING:
    from shield_ai.reports.report_data import ReportData

FOLDER = Path(__file__).with_name("templates")
CONTENTS = (
    ("secrets", "Secrets"),
    ("findings-s", "Findings"),
    ("changes", "Changes"),
    ("access", "Access"),
    ("alarms", "Alarms"),
    ("cost", "Cost"),
    ("rollout", "Rollout"),
    ("controls", "Controls"),
)
KINDS = {"+": "add", "-": "del", "@": "hunk"}


def page(report_data: ReportData) -> str:
    """Write the page."""
    css, script = (_asset(name) for name in ("report.css", "report.js"))
    hashes = f"style-src '{_hash(css)}'; script-src '{_hash(script)}'"
    policy = f"default-src 'none'; {hashes}; base-uri 'none'; form-action 'none'"
    wanted = attention(report_data)
    return _template().render(
        d=report_data,
        css=Markup(css),  # noqa: S704  # our own files, and no part of the app
        script=Markup(script),  # noqa: S704  # as above
        policy=policy,
        contents=[*([("attention", "Needs attention")] if wanted else []), *CONTENTS],
        attention=wanted,
        levels=[severity for severity in reversed(Severity) if report_data.of(severity)],
        kinds=KINDS,
        stages=STAGES,
        alarming={alert.who for alert in report_data.audit.alerts} if report_data.audit else set(),
        rollout=rollout(report_data),
        controls=controls(report_data),
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"clean": clean, "deeds": _deeds}
    return environment.get_template("report.html.j2")


def _deeds(deeds: dict[AccessType, int]) -> str:
    """Put what somebody did into words."""
    words = {AccessType.ROTATE: "rotation", AccessType.DELETE: "deletion"}
    return ", ".join(
        f"{number:,} {deed}"
        if deed in {AccessType.DENIED, AccessType.FAILED}
        else count(number, words.get(deed, str(deed)))
        for deed, number in deeds.items()
    )


def _asset(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
