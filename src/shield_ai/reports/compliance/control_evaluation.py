"""Evaluate from the results of a report whether the secrets meet a control."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit_result import AccessType
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.registry import find_checks
from shield_ai.flow.verify.role import ROLE_READS_NO_OTHER, ROLE_READS_OWN
from shield_ai.flow.verify.usage import SECRETS_USED
from shield_ai.model.finding import Severity
from shield_ai.model.plurals import count
from shield_ai.model.rotation_status import RotationPhase
from shield_ai.reports.compliance.evidence import (
    ControlResult,
    Evidence,
    NotChecked,
    NotShown,
    Shown,
    Source,
)
from shield_ai.scan.text.grading import READ_RULE, RULES_WITHOUT_VALUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.flow.verify.check import Check
    from shield_ai.model.finding import Finding
    from shield_ai.reports.app_report.report_data import ReportData, SecretStatus

LEAST_PRIVILEGE = "least-privilege"
IN_USE = "secrets-in-use"
ROLE_CHECKS = (ROLE_READS_OWN.id, ROLE_READS_NO_OTHER.id)
OUTSIDE = "outside"  # the kind of an alert about a reader that is not allowed
MAX_NAMES = 5  # names listed; others are counted
UNREAD_RECORDS = "a part of the CloudTrail records could not be read"
NO_AUDIT = "CloudTrail not read"
NO_EVENTS = "no CloudTrail events for these secrets"


def evidence(report_data: ReportData, source: Source | str, text: str) -> Evidence:
    """Create a piece of evidence from a report.

    Args:
        report_data: The report.
        source: The check or the part of the report that the evidence comes from.
        text: The observation.
    """
    return Evidence(source, text, report_data.created, report_data.commit, report_data.account)


def _result(found: Evidence, *, is_shown: bool) -> ControlResult:
    return Shown((found,)) if is_shown else NotShown((found,))


def _checks_for_control(control: str, required: Sequence[str]) -> list[str]:
    """Return the ids of the checks that a control depends on, the required ones first."""
    infos = [info for check in find_checks() for info in check.makes]
    others = [info.id for info in infos if control in info.controls and info.id not in required]
    return [*required, *others]


def evaluate_code(report_data: ReportData) -> ControlResult:
    """Evaluate whether the scan found no secrets in the code or configuration files."""
    if not report_data.is_scanned:
        return NotChecked("the app was not scanned")
    findings = [
        masked.finding
        for masked in report_data.findings
        if masked.finding.severity is not Severity.LOW
    ]
    values = _without_repeated(finding for finding in findings if _has_value(finding))
    remaining = _describe_reads(findings)
    if values:
        files = count(len({finding.path for finding in values}), "file")
        text = f"{count(len(values), 'hardcoded value')} above low severity in {files}{remaining}"
        return NotShown((evidence(report_data, Source.SCAN, text),))
    if report_data.unreadable:
        return NotChecked(f"{count(len(report_data.unreadable), 'file')} could not be scanned")
    text = f"no hardcoded values above low severity{remaining}"
    if report_data.suppressed:
        text += f", {count(report_data.suppressed, 'finding')} suppressed by comments"
    if report_data.in_ignored_files:
        number = count(report_data.in_ignored_files, "finding")
        text += f", {number} in .env files that git ignores"
    if report_data.archives:
        number = count(len(report_data.archives), "archive")
        text += f", {number} not scanned: {_list_names(report_data.archives)}"
    return Shown((evidence(report_data, Source.SCAN, text),))


def _has_value(finding: Finding) -> bool:
    """Return whether a finding is about a value, such as a literal or the default of a read."""
    if finding.rule not in RULES_WITHOUT_VALUE:
        return True
    return finding.has_secret_default


def _without_repeated(values: Iterable[Finding]) -> list[Finding]:
    """Return the findings about values, without reads beside the finding of their default."""
    found = list(values)
    lines = {(one.path, one.line) for one in found if one.rule not in RULES_WITHOUT_VALUE}
    return [one for one in found if one.rule != READ_RULE or (one.path, one.line) not in lines]


def _describe_reads(findings: Iterable[Finding]) -> str:
    """Return how many reads without a value remain; empty if none does."""
    reads = sum(finding.rule == READ_RULE and not _has_value(finding) for finding in findings)
    if not reads:
        return ""
    if reads == 1:
        return ", 1 read of an environment variable remains"
    return f", {reads} reads of environment variables remain"


def _not_checked_reason(report_data: ReportData) -> str:
    """Return why the state of the secrets in AWS is not known; empty if it is."""
    if not report_data.account:
        return "AWS not checked"
    if not report_data.secrets:
        return "no secrets in shield.toml"
    unknown = sum(secret.where == "unknown" for secret in report_data.secrets)
    return f"{count(unknown, 'secret')} could not be checked" if unknown else ""


def evaluate_encryption(report_data: ReportData) -> ControlResult:
    """Evaluate whether all secrets are in Secrets Manager, which encrypts them."""
    in_aws = report_data.in_aws
    required = report_data.required
    reason = _not_checked_reason(report_data)
    if not reason and not in_aws and not required:
        reason = "no secrets in AWS"
    if reason:
        return NotChecked(reason)
    text = f"{in_aws} of {count(required, 'secret')} in Secrets Manager"
    keys = sorted({secret.kms_key for secret in report_data.secrets if secret.where == "AWS"})
    if keys:
        text += f", encrypted with {', '.join(keys)}"
    found = evidence(report_data, Source.SECRETS, text)
    return _result(found, is_shown=in_aws == required)


def evaluate_least_privilege(report_data: ReportData) -> ControlResult:
    """Evaluate whether only the role of the app can read its secrets."""
    readers = _unauthorized_readers(report_data)
    if readers:
        text = f"read by {_list_names(readers)}"
        return NotShown((evidence(report_data, Source.CLOUDTRAIL, text),))
    failed = _first_failure(report_data, _checks_for_control(LEAST_PRIVILEGE, ROLE_CHECKS))
    if failed:
        return failed
    if not report_data.role:
        return NotChecked("no role in shield.toml, so no role was checked")
    if report_data.audit and report_data.audit.unread:
        return NotChecked(UNREAD_RECORDS)
    return evaluate_checks(report_data, LEAST_PRIVILEGE, ROLE_CHECKS)


def evaluate_checks(
    report_data: ReportData, control: str, required: Sequence[str]
) -> ControlResult:
    """Return the combined result of the checks of a control that were made.

    Args:
        report_data: The report.
        control: The id of the control.
        required: The checks that must have been made, at least one.
    """
    ids = _checks_for_control(control, required)
    failed = _first_failure(report_data, ids)
    if failed:
        return failed
    checks = report_data.find_checks(ids)
    for check in checks:
        if check.status is Status.UNKNOWN:
            return NotChecked(f"{check.name}: {check.detail}")
    made = {check.id for check in checks}
    missing = [check_id for check_id in required if check_id not in made]
    if missing:
        return NotChecked(f"{_list_names(missing)} not checked")
    first, *others = [evidence(report_data, check.id, _check_text(check)) for check in checks]
    return Shown((first, *others))


def _first_failure(report_data: ReportData, ids: Iterable[str]) -> NotShown | None:
    for check in report_data.find_checks(ids):
        if check.status is Status.FAILED:
            return NotShown((evidence(report_data, check.id, check.detail),))
    return None


def _check_text(check: Check) -> str:
    return f"{check.name}, {check.detail}" if check.detail else check.name


def evaluate_secrets_in_use(report_data: ReportData) -> ControlResult:
    """Evaluate whether every secret is in use."""
    if not report_data.secrets:
        return NotChecked("no secrets in shield.toml")
    return evaluate_checks(report_data, IN_USE, (SECRETS_USED.id,))


def evaluate_tags(report_data: ReportData) -> ControlResult:
    """Evaluate whether all secrets in AWS have tags."""
    reason = _not_checked_reason(report_data)
    if reason:
        return NotChecked(reason)
    in_aws = [secret for secret in report_data.secrets if _is_in_aws(secret)]
    if not in_aws:
        return NotChecked("no secrets in AWS")
    tagged = sum(secret.is_tagged for secret in in_aws)
    text = f"{tagged} of {count(len(in_aws), 'secret')} in AWS with tags"
    found = evidence(report_data, Source.SECRETS, text)
    return _result(found, is_shown=tagged == len(in_aws))


def _unauthorized_readers(report_data: ReportData) -> list[str]:
    if report_data.audit is None:
        return []
    alerts = report_data.audit.alerts
    return sorted({alert.who for alert in alerts if alert.kind == OUTSIDE})


def _list_names(names: Sequence[str]) -> str:
    listed = ", ".join(names[:MAX_NAMES])
    if len(names) > MAX_NAMES:
        listed += f" and {len(names) - MAX_NAMES} more"
    return listed


def evaluate_access_logging(report_data: ReportData) -> ControlResult:
    """Evaluate whether CloudTrail logs access to the secrets."""
    audit = report_data.audit
    if audit is None:
        return NotChecked(NO_AUDIT)
    if not audit.events:
        return NotChecked(NO_EVENTS)
    events = count(audit.events, "event")
    reads = count(sum(access.counts.get(AccessType.READ, 0) for access in audit.accesses), "read")
    principals = count(len({access.who for access in audit.accesses}), "principal")
    text = f"CloudTrail logs {events}, {reads}, {principals}"
    return Shown((evidence(report_data, Source.CLOUDTRAIL, text),))


def evaluate_rotation(report_data: ReportData) -> ControlResult:
    """Evaluate whether all secrets are rotated on schedule."""
    late = {"overdue": report_data.overdue, "rotation pending": report_data.pending}
    unscheduled = _secrets_in_phase(report_data, RotationPhase.UNSCHEDULED)
    texts = [
        f"{state}: {_list_names([secret.name for secret in secrets])}"
        for state, secrets in late.items()
        if secrets
    ]
    if texts:
        text = "; ".join(texts)
        return NotShown((evidence(report_data, Source.ROTATIONS, text),))
    if unscheduled:
        number = count(len(unscheduled), "secret")
        text = f"{number} without a schedule: {_list_names(unscheduled)}"
        return NotShown((evidence(report_data, Source.ROTATIONS, text),))
    on_schedule = _secrets_in_phase(report_data, RotationPhase.OK)
    unchecked = report_data.required - len(on_schedule)
    if not unchecked and not on_schedule:
        return NotChecked("no secrets in AWS")
    if unchecked:
        return NotChecked(f"rotation of {count(unchecked, 'secret')} not checked")
    text = f"{len(on_schedule)} of {count(report_data.required, 'secret')} on schedule"
    return Shown((evidence(report_data, Source.ROTATIONS, text),))


def _secrets_in_phase(report_data: ReportData, phase: RotationPhase) -> list[str]:
    names = []
    for secret in report_data.secrets:
        rotation = secret.rotation if _is_in_aws(secret) else None
        if rotation and rotation.phase == phase:
            names.append(secret.name)
    return names


def _is_in_aws(secret: SecretStatus) -> bool:
    return secret.where == "AWS"


def evaluate_change_management(report_data: ReportData) -> ControlResult:
    """Evaluate whether the journal records the changes, so that they can be undone."""
    if not report_data.steps_to_undo:
        return NotChecked("no apply in the journal")
    steps = count(report_data.steps_to_undo, "step")
    text = f"the journal holds {steps} that shield rollback can undo"
    return Shown((evidence(report_data, Source.JOURNAL, text),))


def evaluate_alerting(report_data: ReportData) -> ControlResult:
    """Evaluate whether all alarms are in AWS."""
    alarms = report_data.alarms
    if not alarms:
        text = no_alarms_reason(report_data)
        if report_data.audit and report_data.audit.alerts:
            number = count(len(report_data.audit.alerts), "item")
            text += f"; the audit has {number} to review"
        return NotChecked(text)
    text = f"{report_data.alarms_in_aws} of {count(len(alarms), 'alarm')} in AWS"
    found = evidence(report_data, Source.ALARMS, text)
    return _result(found, is_shown=report_data.alarms_in_aws == len(alarms))


def no_alarms_reason(report_data: ReportData) -> str:
    """Return why a report has no alarms."""
    if report_data.alarms is not None:
        return "no alarms in shield.toml"
    return "alarms could not be read" if report_data.account else "AWS not checked"
