"""Determine the overall result of a report."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.verify.check import Status
from shield_ai.model.plurals import count
from shield_ai.reports.app_report.attention import attention_items
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.reports.app_report.report_data import ReportData


class VerdictState(enum.StrEnum):
    """The result of a report, from the most to the least urgent."""

    ACTION_NEEDED = "Action needed"
    FINDINGS_LEFT = "Findings to review"
    NOT_CHECKED = "No problem found, but not everything was checked"
    NO_PROBLEM = "No problem found"


class Verdict(NamedTuple):
    """The state and what was not checked."""

    state: VerdictState
    not_checked: tuple[str, ...]


def verdict(report_data: ReportData) -> Verdict:
    """Return the verdict. `NO_PROBLEM` requires that everything was checked."""
    not_checked = tuple(_not_checked(report_data))
    if attention_items(report_data):
        state = VerdictState.ACTION_NEEDED
    elif report_data.findings:
        state = VerdictState.FINDINGS_LEFT
    elif not_checked:
        state = VerdictState.NOT_CHECKED
    else:
        state = VerdictState.NO_PROBLEM
    return Verdict(state, not_checked)


def _not_checked(report_data: ReportData) -> Iterator[str]:
    if not report_data.is_scanned:
        yield "the code was not scanned"
    if report_data.unreadable:
        yield f"{count(len(report_data.unreadable), 'file')} can't be scanned"
    if report_data.archives:
        yield f"{count(len(report_data.archives), 'archive')} can't be unpacked"
    if not report_data.account:
        yield f"AWS: {report_data.aws_skip_reason or 'not queried'}"
    elif report_data.audit is None:
        yield "CloudTrail can't be read"
    unknown = sum(check.status is Status.UNKNOWN for check in report_data.checks)
    if unknown and report_data.has_manifest:
        yield f"{count(unknown, 'check')} had no result"
    states = [control.result.state for control in controls(report_data)]
    unchecked = states.count(ControlState.NOT_CHECKED)
    if unchecked:
        yield f"{unchecked} of {count(len(states), 'control')} can't be evaluated"
