"""Render a report as JSON, for other programs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.cloudtrail.audit_result import Audit
from shield_ai.flow.verify.check import Check
from shield_ai.model.skip import Skipped
from shield_ai.project.git import is_local
from shield_ai.reports.app_report.attention import attention_items
from shield_ai.reports.app_report.report_data import Alarm, SecretLocations, SecretStatus
from shield_ai.reports.app_report.verdict import VerdictState, verdict
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState
from shield_ai.reports.json import FindingEntry, finding_entry, to_json

if TYPE_CHECKING:
    from shield_ai.reports.app_report.report_data import Control, ReportData


VerdictId = Literal["action-needed", "findings-left", "not-checked", "no-problem"]
_VERDICTS: dict[VerdictState, VerdictId] = {
    VerdictState.ACTION_NEEDED: "action-needed",
    VerdictState.FINDINGS_LEFT: "findings-left",
    VerdictState.NOT_CHECKED: "not-checked",
    VerdictState.NO_PROBLEM: "no-problem",
}


class AttentionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that needs review, for people."""

    title: str  # what is wrong
    reason: str  # the details; can be empty
    hint: str  # can be empty


class ControlEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A control of compliance frameworks."""

    id: str
    statement: str
    state: ControlState
    evidence: tuple[str, ...]  # if the control was not checked: why
    requirements: tuple[str, ...]  # such as `PCI DSS 4.0.1 8.6.2`


class CostEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the monthly cost."""

    what: str
    usd: str  # the monthly amount, for people


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield report`."""

    version: Literal[1] = 1
    app: str
    created: datetime
    shield: str  # the version of shield
    commit: str  # the commit of the app, with a + for uncommitted changes; empty outside git
    repository: str  # the host and path of the git remote; empty without one, or if it is a path
    account: str  # empty if AWS was not checked
    region: str
    aws_skip_reason: str  # why AWS was not checked
    environment: str  # of shield.toml; empty for the default one
    verdict: VerdictId  # `no-problem` only if everything was checked
    not_checked: tuple[str, ...]  # what was not checked, for people
    headline: str  # a summary in a sentence
    attention: tuple[AttentionEntry, ...]
    findings: tuple[FindingEntry, ...]
    unreadable: tuple[Skipped, ...]  # files that could not be scanned
    suppressed: int  # findings with a suppression comment
    in_ignored_files: int  # findings in .env files that git ignores; not in `findings`
    secrets: tuple[SecretStatus, ...]
    locations: tuple[SecretLocations, ...]
    checks: tuple[Check, ...]
    controls: tuple[ControlEntry, ...]
    audit: Audit | None  # null if CloudTrail was not read
    alarms: tuple[Alarm, ...]
    cost: tuple[CostEntry, ...]
    steps_to_undo: int  # steps of all applies that `shield rollback` can undo


def report_json(data: ReportData) -> str:
    """Render the report."""
    state, not_checked = verdict(data)
    document = ReportDocument(
        app=data.app,
        created=data.created,
        shield=data.version,
        commit=data.commit,
        repository="" if is_local(data.repository) else data.repository,
        account=data.account,
        region=data.region,
        aws_skip_reason=data.aws_skip_reason,
        environment=data.environment,
        verdict=_VERDICTS[state],
        not_checked=not_checked,
        headline=data.headline,
        attention=tuple(AttentionEntry(**item._asdict()) for item in attention_items(data)),
        findings=tuple(finding_entry(masked.finding) for masked in data.findings),
        unreadable=data.unreadable,
        suppressed=data.suppressed,
        in_ignored_files=data.in_ignored_files,
        secrets=data.secrets,
        locations=data.locations,
        checks=data.checks,
        controls=tuple(map(_control_entry, controls(data))),
        audit=data.audit,
        alarms=data.alarms or (),
        cost=tuple(CostEntry(what=what, usd=usd) for what, usd in data.cost),
        steps_to_undo=data.steps_to_undo,
    )
    return to_json(document, indent=2)


def _control_entry(control: Control) -> ControlEntry:
    return ControlEntry(
        id=control.id,
        statement=control.statement,
        state=control.result.state,
        evidence=tuple(control.result.lines),
        requirements=tuple(control.requirements),
    )
