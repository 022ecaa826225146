"""The steps from development to production, and which of them are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.code import CODE_MIGRATED
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.flow.verify.runtime import MAP_CURRENT, RUNTIME_UNMODIFIED
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.model.plurals import count
from shield_ai.reports.app_report.report_data import RolloutStep
from shield_ai.reports.compliance.control_evaluation import (
    NO_AUDIT,
    NO_EVENTS,
    ROLE_CHECKS,
    UNREAD_RECORDS,
    evaluate_rotation,
    no_alarms_reason,
)
from shield_ai.reports.compliance.evidence import ControlState, NotChecked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.reports.app_report.report_data import ReportData

    State = Literal["done", "open", "unknown"]

DEVELOPMENT = "development"
STAGING = "staging"
PRODUCTION = "production"
STAGES = (DEVELOPMENT, STAGING, PRODUCTION)
MANUAL = "check manually"
NOT_CHECKED = "not checked"

_STATES: dict[ControlState, State] = {
    ControlState.SHOWN: "done",
    ControlState.NOT_SHOWN: "open",
    ControlState.NOT_CHECKED: "unknown",
}


def rollout(report_data: ReportData) -> tuple[RolloutStep, ...]:
    """Return all steps in order."""
    return (
        *_development(report_data),
        *_staging(report_data),
        *_production(report_data),
    )


def _development(report_data: ReportData) -> Iterator[RolloutStep]:
    listed = len(report_data.secrets) if report_data.has_manifest else 0
    text = "Add the secrets to shield.toml"
    yield _step(DEVELOPMENT, text, is_done=listed > 0, evidence=count(listed, "secret"))
    yield _code_step(report_data, lists_secrets=listed > 0)
    yield _check_step(
        report_data,
        DEVELOPMENT,
        "Keep the vendored runtime unchanged",
        RUNTIME_UNMODIFIED.id,
        MAP_CURRENT.id,
    )
    yield _manual_step(DEVELOPMENT, "Start the app and run its tests with USE_AWS_SECRETS off")


def _code_step(report_data: ReportData, *, lists_secrets: bool) -> RolloutStep:
    text = "Read each secret with get_secret()"
    if lists_secrets:
        return _check_step(report_data, DEVELOPMENT, text, CODE_MIGRATED.id)
    reads = sum(masked.finding.fixable for masked in report_data.findings)
    evidence = f"{count(reads, 'place')} to change" if reads else ""
    return _step(DEVELOPMENT, text, is_done=False, evidence=evidence)


def _staging(report_data: ReportData) -> Iterator[RolloutStep]:
    text = "Create the secrets in AWS"
    if report_data.has_aws_state:
        in_aws = report_data.in_aws
        required = report_data.required
        evidence = f"{in_aws} of {required}"
        yield _step(STAGING, text, is_done=in_aws == required, evidence=evidence)
    else:
        yield RolloutStep(stage=STAGING, text=text, state="unknown", evidence="AWS not checked")
    yield _role_step(report_data)
    text = "Check that each secret can be read"
    yield _check_step(report_data, STAGING, text, SECRET_READABLE.id)
    yield _manual_step(STAGING, "Turn USE_AWS_SECRETS on and watch the logs for a day")


def _role_step(report_data: ReportData) -> RolloutStep:
    """Return a step that is done only if a role is named and was checked."""
    text = "Attach the IAM policy for exactly these secrets to the app's role"
    made = {check.id for check in report_data.checks}
    if report_data.role and made.issuperset(ROLE_CHECKS):
        return _check_step(report_data, STAGING, text, POLICY_MINIMAL.id, *ROLE_CHECKS)
    evidence = NOT_CHECKED if report_data.role else "no role in shield.toml"
    return RolloutStep(stage=STAGING, text=text, state="unknown", evidence=evidence)


def _production(report_data: ReportData) -> Iterator[RolloutStep]:
    result = evaluate_rotation(report_data)
    evidence = result.reason if isinstance(result, NotChecked) else result.evidence[0].text
    yield RolloutStep(
        stage=PRODUCTION, text="Rotate on schedule", state=_STATES[result.state], evidence=evidence
    )
    yield _audit_step(report_data)
    yield _alarm_step(report_data)
    yield _manual_step(PRODUCTION, "Remove the old env vars from the servers")


def _audit_step(report_data: ReportData) -> RolloutStep:
    """Return a step that is done only if the audit is complete and would report other readers."""
    text = "Confirm in the audit that only the app reads the secrets"
    audit = report_data.audit
    if audit is None:
        evidence = NO_AUDIT
    elif audit.alerts:
        evidence = f"{count(len(audit.alerts), 'item')} to review"
        return _step(PRODUCTION, text, is_done=False, evidence=evidence)
    elif not report_data.readers:
        evidence = "no role in shield.toml, so other readers can't be detected"
    elif audit.unread:
        evidence = UNREAD_RECORDS
    elif not audit.events:
        evidence = NO_EVENTS
    else:
        return _step(PRODUCTION, text, is_done=True, evidence=count(audit.events, "event"))
    return RolloutStep(stage=PRODUCTION, text=text, state="unknown", evidence=evidence)


def _alarm_step(report_data: ReportData) -> RolloutStep:
    text = "Set up alarms"
    alarms = report_data.alarms
    if alarms is None:
        evidence = no_alarms_reason(report_data)
        return RolloutStep(stage=PRODUCTION, text=text, state="unknown", evidence=evidence)
    if not alarms:
        return _step(PRODUCTION, text, is_done=False, evidence=no_alarms_reason(report_data))
    in_aws = report_data.alarms_in_aws
    evidence = f"{in_aws} of {len(alarms)} in AWS"
    return _step(PRODUCTION, text, is_done=in_aws == len(alarms), evidence=evidence)


def _check_step(report_data: ReportData, stage: str, text: str, *ids: str) -> RolloutStep:
    """Return a step that is done if the checks with these ids passed."""
    checks = report_data.find_checks(ids)
    if not checks:
        return RolloutStep(stage=stage, text=text, state="unknown", evidence=NOT_CHECKED)
    for check in checks:
        if check.status is Status.FAILED:
            return _step(stage, text, is_done=False, evidence=check.detail)
    for check in checks:
        if check.status is Status.UNKNOWN:
            return RolloutStep(stage=stage, text=text, state="unknown", evidence=check.detail)
    return _step(stage, text, is_done=True, evidence=f"{count(len(checks), 'check')} passed")


def _manual_step(stage: str, text: str) -> RolloutStep:
    return RolloutStep(stage=stage, text=text, state="unknown", evidence=MANUAL)


def _step(stage: str, text: str, *, is_done: bool, evidence: str = "") -> RolloutStep:
    state: State = "done" if is_done else "open"
    return RolloutStep(stage=stage, text=text, state=state, evidence=evidence)
