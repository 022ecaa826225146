"""Compare a report with the one that it replaces.

An HTML report stores its figures in a <meta> element, so that the next report that is written to
the same path can show the trend. The replaced file is untrusted: only counts, a date and the app's
name, for comparison, are read from it.
"""

from __future__ import annotations

import html
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.reports.app_report.report_data import ReportData

META = "shield-figures"
MAX_REPORT_SIZE = 20_000_000  # bytes
_HEAD_LENGTH = 20_000  # characters
_FIGURES = regex(rf'<meta name="{META}" content="([^"<>]{{0,2000}})">')

Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures of a report."""

    version: Literal[1] = 1
    app: str
    created: Annotated[datetime, msgspec.Meta(tz=True)]
    findings: Count
    in_aws: Count | None  # None: not checked
    overdue: Count | None  # rotations; None: not checked


class Trend(msgspec.Struct, frozen=True):
    """A figure in the previous report and now."""

    name: str
    before: int
    now: int


def figures(report_data: ReportData) -> Figures:
    """Return the figures of a report."""
    is_known = report_data.has_aws_state
    return Figures(
        app=report_data.app,
        created=report_data.created,
        findings=len(report_data.findings),
        in_aws=report_data.in_aws if is_known else None,
        overdue=len(report_data.overdue) if is_known else None,
    )


def read_figures(path: Path) -> Figures | None:
    """Return the figures of an earlier report.

    Args:
        path: The HTML report to be replaced.

    Returns:
        None if there is no such file, or it is not a report.
    """
    try:
        head = read_regular_file(path, MAX_REPORT_SIZE).decode("utf-8")[:_HEAD_LENGTH]
    except (OSError, UnicodeDecodeError):
        return None
    match = _FIGURES.search(head)
    if match is None:
        return None
    try:
        return msgspec.json.decode(html.unescape(match[1]), type=Figures)
    except msgspec.DecodeError:
        return None


def trend(report_data: ReportData) -> tuple[Trend, ...]:
    """Return the figures that both reports have; empty without an earlier report on this app."""
    before, now = report_data.previous, figures(report_data)
    if before is None or before.app != now.app or before.created >= now.created:
        return ()
    pairs = (
        ("findings", before.findings, now.findings),
        ("secrets in AWS", before.in_aws, now.in_aws),
        ("rotations overdue", before.overdue, now.overdue),
    )
    return tuple(
        Trend(name, old, new) for name, old, new in pairs if old is not None and new is not None
    )
