"""Format the controls of a report in the AWS Security Finding Format, for Security Hub.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import partition
from shield_ai.model.errors import ShieldError
from shield_ai.model.printable import printable_line
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState
from shield_ai.reports.json import to_json

if TYPE_CHECKING:
    from shield_ai.reports.app_report.report_data import Control, ReportData

SCHEMA_VERSION = "2018-10-08"
# https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-type-taxonomy.html
TYPE = (
    "Software and Configuration Checks/Industry and Regulatory Standards/NIST 800-53 Controls (USA)"
)
STATUSES = {
    ControlState.SHOWN: "PASSED",
    ControlState.NOT_SHOWN: "FAILED",
    ControlState.NOT_CHECKED: "NOT_AVAILABLE",
}
# The lengths that Security Hub accepts:
# https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_AwsSecurityFinding.html
MAX_TITLE = 256
MAX_DESCRIPTION = 1024
MAX_ID = 512
MAX_FIELD = 2048
MAX_OTHER = 1023
MAX_EVIDENCE = 40  # lines; Security Hub accepts 50 product fields


def asff(report_data: ReportData) -> str:
    """Format one finding per control as JSON for `aws securityhub batch-import-findings`.

    Raises:
        ShieldError: AWS was not checked, so the account of the findings is unknown.
    """
    if not report_data.account:
        raise ShieldError(
            f"--format asff needs the AWS account: {report_data.aws_skip_reason}",
            "run the report with AWS credentials and without --only code, or use --format ocsf",
        )
    return to_json([_finding(report_data, control) for control in controls(report_data)], indent=2)


def _finding(report_data: ReportData, control: Control) -> dict[str, Any]:
    app = printable_line(report_data.app)
    state = control.result.state
    time = format_time(report_data.created)
    evidence = "; ".join(control.result.lines)
    return {
        "SchemaVersion": SCHEMA_VERSION,
        "Id": report_data.stable_uuid(control.id),
        "ProductArn": _product_arn(report_data),
        "ProductName": "Shield AI",
        "CompanyName": "Shield AI",
        "Region": report_data.region,
        "GeneratorId": f"shield-ai/{control.id}",
        "AwsAccountId": report_data.account,
        "CreatedAt": time,
        "UpdatedAt": time,
        "Title": _truncate(f"{control.statement}: {app}", MAX_TITLE),
        "Description": _truncate(f"{state}: {evidence}", MAX_DESCRIPTION),
        # Security Hub copies these to `Severity` and `Types`, which users can change.
        "FindingProviderFields": {
            "Severity": {"Label": _severity(state), "Original": str(state)},
            "Types": [TYPE],
        },
        "ProductFields": _product_fields(report_data, control),
        "Resources": [_resource(report_data, app)],
        "Compliance": {
            "Status": STATUSES[state],
            "RelatedRequirements": control.requirements,
        },
        "RecordState": "ACTIVE",
    }


def format_time(time: dt.datetime) -> str:
    """Format a time as in RFC 3339, in UTC."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def _severity(state: ControlState) -> str:
    return "MEDIUM" if state is ControlState.NOT_SHOWN else "INFORMATIONAL"


def _product_arn(report_data: ReportData) -> str:
    """Return the product ARN of findings that an account imports into its own Security Hub."""
    region, account = report_data.region, report_data.account
    return f"arn:{partition(region)}:securityhub:{region}:{account}:product/{account}/default"


def _product_fields(report_data: ReportData, control: Control) -> dict[str, str]:
    fields = {
        "ShieldAI/Control": control.id,
        "ShieldAI/State": str(control.result.state),
        "ShieldAI/Version": report_data.version,
    }
    if report_data.commit:
        fields["ShieldAI/Commit"] = report_data.commit
    lines = [*control.result.lines]
    if len(lines) > MAX_EVIDENCE:
        more = len(lines) - MAX_EVIDENCE + 1
        lines[MAX_EVIDENCE - 1 :] = [f"and {more} more"]
    for number, line in enumerate(lines, 1):
        fields[f"ShieldAI/Evidence/{number}"] = _truncate(line, MAX_FIELD)
    return fields


def _resource(report_data: ReportData, app: str) -> dict[str, Any]:
    return {
        "Type": "Other",
        "Id": _truncate(f"shield-ai/app/{app}", MAX_ID),
        "Partition": partition(report_data.region),
        "Region": report_data.region,
        "Details": {"Other": {"App": _truncate(app, MAX_OTHER)}},
    }


def _truncate(text: str, length: int) -> str:
    line = printable_line(text)
    return line if len(line) <= length else f"{line[: length - 1]}…"
