"""Map the results of a report to the controls of compliance frameworks.

The evidence supports an audit; it does not claim compliance. The references are those of SOC 2
(Trust Services Criteria 2017), PCI DSS 4.0.1, NIST SP 800-53 revision 5, HIPAA (45 CFR 164),
ISO/IEC 27001:2022 annex A and the GDPR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.cloudtrail.audit import AccessType
from shield_ai.flow.verify.check import Status
from shield_ai.reports.report_data import Control
from shield_ai.reports.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shield_ai.flow.verify.check import Check
    from shield_ai.reports.report_data import EvidenceState, ReportData

    Result = tuple[EvidenceState, str]

FRAMEWORKS = ("SOC 2", "PCI DSS", "NIST 800-53", "HIPAA", "ISO 27001", "GDPR")
# Rules about how a secret is read. All other rules are about stored values.
READ_RULES = frozenset({"environ-read", "presence", "no-runtime"})
# Parts of the names of verify's checks on who may read.
ROLE_CHECK = "the app's role may"
ACCESS_CHECKS = ("IAM policy", ROLE_CHECK, "is open to other accounts")
MAX_NAMES = 5  # names listed; others are counted


def controls(report_data: ReportData) -> tuple[Control, ...]:
    """Evaluate each control."""
    found = []
    for row in _ROWS:
        state, evidence = row.evaluate(report_data)
        references = tuple(zip(FRAMEWORKS, row.references, strict=True))
        found.append(
            Control(statement=row.statement, state=state, evidence=evidence, references=references)
        )
    return tuple(found)


def _no_secrets_in_code(report_data: ReportData) -> Result:
    values = [
        masked.finding
        for masked in report_data.findings
        if masked.finding.rule.partition(".")[2] not in READ_RULES
    ]
    if values:
        files = len({finding.path for finding in values})
        return "fail", f"{count(len(values), 'value')} found in {count(files, 'file')}"
    if report_data.unreadable:
        return "unknown", f"{count(len(report_data.unreadable), 'file')} could not be scanned"
    return "pass", "the scan found no value in code or configuration"


def _encryption(report_data: ReportData) -> Result:
    if not report_data.account:
        return "unknown", "AWS not checked"
    secrets = report_data.secrets
    if not secrets:
        return "unknown", "no secrets in shield.toml"
    unknown = sum(secret.where == "unknown" for secret in secrets)
    if unknown:
        return "unknown", f"{count(unknown, 'secret')} could not be checked"
    in_aws = report_data.in_aws
    required = report_data.required
    text = f"{in_aws} of {count(required, 'secret')} in Secrets Manager"
    keys = sorted({secret.kms_key for secret in secrets if secret.where == "AWS"})
    if keys:
        text += f", encrypted with {', '.join(keys)}"
    return ("pass" if in_aws == required else "fail"), text


def _least_privilege(report_data: ReportData) -> Result:
    readers = _unauthorized_readers(report_data)
    if readers:
        return "fail", f"read by {_list_names(readers)}"
    checks = _access_checks(report_data)
    for check in checks:
        if check.status is Status.FAILED:
            return "fail", check.detail
    passed = [check.name for check in checks if check.status is Status.OK]
    if not passed:
        return "unknown", "neither the policy nor the role was checked"
    text = "; ".join(passed)
    if not any(name.startswith(ROLE_CHECK) for name in passed):
        text += "; the role's effective permissions were not tested"
    return "pass", text


def _access_checks(report_data: ReportData) -> list[Check]:
    return [
        check for check in report_data.checks if any(part in check.name for part in ACCESS_CHECKS)
    ]


def _unauthorized_readers(report_data: ReportData) -> list[str]:
    if report_data.audit is None:
        return []
    alerts = report_data.audit.alerts
    return sorted({alert.who for alert in alerts if alert.kind == "outside"})


def _list_names(names: Sequence[str]) -> str:
    listed = ", ".join(names[:MAX_NAMES])
    if len(names) > MAX_NAMES:
        listed += f" and {len(names) - MAX_NAMES} more"
    return listed


def _access_logging(report_data: ReportData) -> Result:
    audit = report_data.audit
    if audit is None or not audit.events:
        return "unknown", "no CloudTrail events for these secrets"
    events = count(audit.events, "event")
    reads = count(sum(access.counts.get(AccessType.READ, 0) for access in audit.accesses), "read")
    principals = count(len({access.who for access in audit.accesses}), "principal")
    return "pass", f"CloudTrail logs {events}, {reads}, {principals}"


def evaluate_rotation(report_data: ReportData) -> Result:
    """Check whether all secrets are rotated on schedule."""
    secrets = [
        (secret.name, secret.rotation)
        for secret in report_data.secrets
        if secret.rotation and secret.where == "AWS"
    ]
    if not secrets:
        return "unknown", "rotation not checked"
    if report_data.overdue:
        names = [secret.name for secret in report_data.overdue]
        return "fail", f"overdue: {_list_names(names)}"
    unscheduled = [name for name, rotation in secrets if rotation.state == "no schedule"]
    if unscheduled:
        number = count(len(unscheduled), "secret")
        return "fail", f"{number} without a schedule: {_list_names(unscheduled)}"
    return "pass", f"{len(secrets)} of {count(len(secrets), 'secret')} on schedule"


def _change_management(report_data: ReportData) -> Result:
    if not report_data.steps_to_undo:
        return "unknown", "no apply in the journal"
    steps = count(report_data.steps_to_undo, "step")
    return "pass", f"the journal holds {steps} that shield rollback can undo"


def _alerting(report_data: ReportData) -> Result:
    alarms = report_data.alarms
    if not alarms:
        text = "alarms not configured or not checked"
        if report_data.audit and report_data.audit.alerts:
            number = count(len(report_data.audit.alerts), "item")
            text += f"; the audit has {number} to review"
        return "unknown", text
    text = f"{report_data.alarms_in_aws} of {count(len(alarms), 'alarm')} in AWS"
    return ("pass" if report_data.alarms_in_aws == len(alarms) else "fail"), text


class _Row(NamedTuple):
    statement: str
    evaluate: Callable[[ReportData], Result]
    references: tuple[str, ...]  # in the order of FRAMEWORKS


_ROWS = (
    _Row(
        "No secrets in code or configuration files",
        _no_secrets_in_code,
        ("CC6.1", "8.6.2", "IA-5(7)", "164.308(a)(5)(ii)(D)", "A.5.17, A.8.28", "Art. 32(1)(b)"),
    ),
    _Row(
        "Secrets are encrypted at rest",
        _encryption,
        ("CC6.1", "8.3.2", "SC-28, SC-12", "164.312(a)(2)(iv)", "A.8.24", "Art. 32(1)(a)"),
    ),
    _Row(
        "Access to secrets follows least privilege",
        _least_privilege,
        ("CC6.3", "7.2.5", "AC-6", "164.312(a)(1)", "A.8.3, A.5.15", "Art. 32(1)(b)"),
    ),
    _Row(
        "Access to secrets is logged",
        _access_logging,
        ("CC7.2", "10.2.1", "AU-2, AU-12", "164.312(b)", "A.8.15", "Art. 32(1)(d)"),
    ),
    _Row(
        "Secrets are rotated on schedule",
        evaluate_rotation,
        ("CC6.1", "8.6.3", "IA-5", "164.308(a)(5)(ii)(D)", "A.5.17", "Art. 32(1)(b)"),
    ),
    _Row(
        "Changes are recorded and reversible",
        _change_management,
        ("CC8.1", "6.5.1", "CM-3", "164.308(a)(8)", "A.8.32", "Art. 32(1)(c)"),
    ),
    _Row(
        "Unusual activity triggers notifications",
        _alerting,
        ("CC7.3", "10.4.1", "SI-4", "164.308(a)(1)(ii)(D)", "A.8.16", "Art. 32(1)(d)"),
    ),
)
