"""Map the results of a report to the controls of compliance frameworks.

The results support an audit. They do not certify compliance. AWS maps its Security Hub controls to
NIST SP 800-53: https://docs.aws.amazon.com/securityhub/latest/userguide/secretsmanager-controls.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.reports.app_report.report_data import Control
from shield_ai.reports.compliance.control_evaluation import (
    IN_USE,
    LEAST_PRIVILEGE,
    evaluate_access_logging,
    evaluate_alerting,
    evaluate_change_management,
    evaluate_code,
    evaluate_encryption,
    evaluate_least_privilege,
    evaluate_rotation,
    evaluate_secrets_in_use,
    evaluate_tags,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.reports.app_report.report_data import ReportData
    from shield_ai.reports.compliance.evidence import ControlResult

SOC2 = "SOC 2 (2017 TSC)"
PCI_DSS = "PCI DSS 4.0.1"
NIST = "NIST SP 800-53 rev. 5"
HIPAA = "HIPAA (45 CFR 164)"
ISO = "ISO/IEC 27001:2022"
GDPR = "GDPR"
SECURITY_HUB = "AWS Security Hub"


def controls(report_data: ReportData) -> tuple[Control, ...]:
    """Evaluate each control."""
    return tuple(
        Control(
            id=row.id,
            statement=row.statement,
            result=row.evaluate(report_data),
            references=tuple(row.references.items()),
        )
        for row in _ROWS
    )


class _Row(NamedTuple):
    id: str
    statement: str
    evaluate: Callable[[ReportData], ControlResult]
    references: dict[str, str]  # framework -> numbers


_ROWS = (
    _Row(
        "no-hardcoded-secrets",
        "No hardcoded secrets in code or configuration files",
        evaluate_code,
        {
            SOC2: "CC6.1",
            PCI_DSS: "8.6.2",
            NIST: "IA-5(7)",
            HIPAA: "164.308(a)(5)(ii)(D)",
            ISO: "A.5.17, A.8.28",
            GDPR: "Art. 32(1)(b)",
        },
    ),
    _Row(
        "secrets-encrypted",
        "Secrets are encrypted at rest",
        evaluate_encryption,
        {
            SOC2: "CC6.1",
            PCI_DSS: "8.3.2",
            NIST: "SC-28, SC-12",
            HIPAA: "164.312(a)(2)(iv)",
            ISO: "A.8.24",
            GDPR: "Art. 32(1)(a)",
        },
    ),
    _Row(
        LEAST_PRIVILEGE,
        "Access to secrets follows least privilege",
        evaluate_least_privilege,
        {
            SOC2: "CC6.3",
            PCI_DSS: "7.2.5",
            NIST: "AC-6, AC-3(15)",
            HIPAA: "164.312(a)(1)",
            ISO: "A.8.3, A.5.15",
            GDPR: "Art. 32(1)(b)",
        },
    ),
    _Row(
        IN_USE,
        "Every secret is in use",
        evaluate_secrets_in_use,
        {
            NIST: "AC-2(1), AC-2(3), AC-3(15), AC-6",
            SECURITY_HUB: "SecretsManager.3",
        },
    ),
    _Row(
        "secrets-tagged",
        "Secrets are tagged",
        evaluate_tags,
        {
            NIST: "CM-8",
            ISO: "A.5.9",
            SECURITY_HUB: "SecretsManager.5",
        },
    ),
    _Row(
        "access-logged",
        "Access to secrets is logged",
        evaluate_access_logging,
        {
            SOC2: "CC7.2",
            PCI_DSS: "10.2.1",
            NIST: "AU-2, AU-12",
            HIPAA: "164.312(b)",
            ISO: "A.8.15",
            GDPR: "Art. 32(1)(d)",
        },
    ),
    _Row(
        "secrets-rotated",
        "Secrets are rotated on schedule",
        evaluate_rotation,
        {
            SOC2: "CC6.1",
            PCI_DSS: "8.6.3",
            NIST: "IA-5, AC-2(1), AC-3(15)",
            HIPAA: "164.308(a)(5)(ii)(D)",
            ISO: "A.5.17",
            GDPR: "Art. 32(1)(b)",
            SECURITY_HUB: "SecretsManager.1, SecretsManager.2, SecretsManager.4",
        },
    ),
    _Row(
        "changes-recorded",
        "Changes are recorded and reversible",
        evaluate_change_management,
        {
            SOC2: "CC8.1",
            PCI_DSS: "6.5.1",
            NIST: "CM-3",
            HIPAA: "164.308(a)(8)",
            ISO: "A.8.32",
            GDPR: "Art. 32(1)(c)",
        },
    ),
    _Row(
        "activity-alerts",
        "Unusual activity triggers notifications",
        evaluate_alerting,
        {
            SOC2: "CC7.3",
            PCI_DSS: "10.4.1",
            NIST: "SI-4",
            HIPAA: "164.308(a)(1)(ii)(D)",
            ISO: "A.8.16",
            GDPR: "Art. 32(1)(d)",
        },
    ),
)
