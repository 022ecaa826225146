"""List the problems in a report that need review."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.rotate.rotation_logins import pending_hint
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.model.plurals import count
from shield_ai.reports.app_report.report_data import SEVERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.cloudtrail.audit_result import Alert, Audit
    from shield_ai.flow.verify.check import Check
    from shield_ai.model.finding import Severity
    from shield_ai.reports.app_report.report_data import ReportData

MAX_PLACES = 5  # locations shown per item
ALERT_TITLES = {
    "denied": "access denied",
    "outside": "read by a principal that is not an allowed reader",
    "new": "used by a new principal",
    "deleted": "scheduled for deletion",
    "rotation": "rotation failed or turned off",
    "policy": "resource policy changed",
}


class AttentionItem(NamedTuple):
    """A problem that needs review."""

    title: str
    reason: str
    hint: str


def attention_items(report_data: ReportData) -> list[AttentionItem]:
    """Return the problems that need review."""
    if report_data.secrets and not report_data.has_manifest:
        hint = "run shield draft to create it, then shield plan"
        return [AttentionItem("No secrets moved yet", "shield.toml does not exist", hint)]
    items = [
        *_finding_items(report_data),
        *_check_items(report_data),
        *_rotation_items(report_data),
    ]
    if report_data.audit:
        items += _audit_items(report_data.audit)
    return items


def _finding_items(report_data: ReportData) -> Iterator[AttentionItem]:
    """Yield an item for each rule with critical or high findings."""
    by_rule: dict[tuple[Severity, str], list[str]] = {}
    for masked in report_data.findings:
        finding = masked.finding
        if finding.severity in SEVERE:
            places = by_rule.setdefault((finding.severity, finding.rule), [])
            places.append(f"{finding.path}:{finding.line}")
    for (severity, rule), places in by_rule.items():
        shown = ", ".join(places[:MAX_PLACES])
        more = len(places) - MAX_PLACES
        reason = f"{shown} and {more} more" if more > 0 else shown
        title = count(len(places), f"{severity} finding")
        yield AttentionItem(title, reason, f"see shield explain {rule}")


def _check_items(report_data: ReportData) -> Iterator[AttentionItem]:
    """Yield an item for each failed check; checks with the same reason share an item."""
    checks_by_reason: dict[tuple[str, str], list[Check]] = {}
    for check in report_data.failed_checks:
        checks_by_reason.setdefault((check.detail, check.hint), []).append(check)
    for (reason, hint), checks in checks_by_reason.items():
        secrets = [check.subject for check in checks]
        if all(check.id == SECRET_READABLE.id for check in checks):
            title = f"{count(len(secrets), 'secret')} can't be read"
            yield AttentionItem(title, f"{reason}: {', '.join(secrets)}", hint)
        else:
            names = "; ".join(check.name for check in checks)
            title = "Check failed" if len(checks) == 1 else "Checks failed"
            yield AttentionItem(f"{title}: {names}", reason, hint)


def _rotation_items(report_data: ReportData) -> Iterator[AttentionItem]:
    for secret in report_data.overdue:
        rotation = secret.rotation
        if rotation:
            last = f"{rotation.last:%Y-%m-%d}" if rotation.last else "at an unknown time"
            yield AttentionItem(
                f"{secret.name}: rotation overdue",
                f"last changed {last}",
                f"run shield rotate {rotation.name}",
            )

    for secret in report_data.pending:
        rotation = secret.rotation
        if rotation:
            since = rotation.since
            reason = f"since {since:%Y-%m-%d %H:%M} UTC" if since else "start unknown"
            title = f"{secret.name}: rotation pending"
            yield AttentionItem(title, reason, pending_hint(rotation.name))


def _audit_items(audit: Audit) -> Iterator[AttentionItem]:
    for alert in audit.alerts:
        yield AttentionItem(f"{alert.secret}: {ALERT_TITLES[alert.kind]}", _alert_text(alert), "")
    for skip in audit.unread:
        yield AttentionItem(f"{skip.path}: could not be read", skip.reason, "")


def _alert_text(alert: Alert) -> str:
    times = f", {alert.count} times" if alert.count > 1 else ""
    return f"{alert.who} {alert.text}{times}, last {alert.last:%Y-%m-%d}"
