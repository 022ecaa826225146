"""Sample report data for the tests of the report formats."""

from __future__ import annotations

import datetime as dt

from shield_ai.aws.cloudtrail.audit_result import Access, AccessType, Alert, Audit
from shield_ai.flow.verify.account import KMS_KEY_USABLE
from shield_ai.flow.verify.check import Status, make_check
from shield_ai.flow.verify.code import CODE_MIGRATED
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.flow.verify.role import ROLE_READS_NO_OTHER, ROLE_READS_OWN
from shield_ai.flow.verify.runtime import RUNTIME_UNMODIFIED
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.flow.verify.usage import SECRETS_USED
from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.rotation_status import RotatedBy, RotationPhase, RotationStatus
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.reports.app_report.report_data import (
    Alarm,
    FileDiff,
    MaskedFinding,
    ReportData,
    SecretStatus,
)

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOSTILE = "\"><img src=x onerror=alert(1)>'</script><script>alert(2)</script>{{7*7}}|`*_[x](y)\x1b[31m\u202e"


def finding(number: int = 0, path: str = "shop/settings.py", **more) -> Finding:
    common = {
        "rule": "CSEC34.literal", "path": path, "line": number + 1, "column": 1, "end_line": number + 1, "end_column": 9,
        "severity": list(Severity)[number % 4], "confidence": Confidence.HIGH, "message": f"KEY_{number} holds a secret",
        "name": f"KEY_{number}", "fixable": number % 2 == 0, "fingerprint": f"{number:032x}",
    }  # fmt: skip
    return Finding(**(common | more))


def rotation_status(name: str, phase: RotationPhase = RotationPhase.OK) -> RotationStatus:
    return RotationStatus(
        name=name,
        by=RotatedBy.AWS,
        last=NOW - dt.timedelta(days=9),
        next=NOW + dt.timedelta(days=21),
        phase=phase,
    )


def secret_status(
    name: str, where: str = "AWS", phase: RotationPhase = RotationPhase.OK
) -> SecretStatus:
    rotation = rotation_status(name, phase) if where == "AWS" else None
    return SecretStatus(
        name=name,
        kind="database",
        variables=("A_KEY", "B_KEY"),
        where=where,
        kms_key="alias/shop",
        rotation=rotation,
        is_tagged=where == "AWS",
    )


def audit(text: str = "bob", kind: str = "denied") -> Audit:
    access = Access(secret="a", who=f"user/{text}", counts={AccessType.READ: 2, AccessType.DENIED: 1}, first=NOW, last=NOW, sources=("10.0.0.1",))  # fmt: skip
    alert = Alert(kind=kind, secret="a", who=f"user/{text}", text="was denied GetSecretValue", count=2, first=NOW, last=NOW)  # fmt: skip
    return Audit(
        app="shop", since=None, events=3, events_read=3, accesses=(access,), alerts=(alert,)
    )


def report_data(text: str = "shop", findings: int = 8, **more) -> ReportData:
    common = {
        "app": text, "created": NOW, "version": "1.2.3", "region": "eu-central-1", "account": "123456789012",
        "findings": tuple(
            MaskedFinding(finding=finding(i, f"{text}/settings.py", reason=SkipReason(SkipId.IGNORED, text), span=(0, 1)), line=f"KEY = {text}")
            for i in range(findings)
        ),
        "unreadable": (Skipped(path=text, line=0, name="", reason="no UTF-8", id=SkipId.NOT_UTF8),),
        "diffs": (FileDiff(path=f"{text}.py", lines=("@@ -1 +1 @@", f"-{text}", f"+{text}", " same")), FileDiff(path="b.txt", lines=("new, 3 lines",))),
        "is_applied": True, "steps_to_undo": 3, "is_scanned": True, "role": "Shop",
        "secrets": (secret_status("a"), secret_status("b", phase=RotationPhase.DUE), secret_status("c", "missing"), secret_status("d", "optional"), secret_status("e", "deleted"), secret_status("f", phase=RotationPhase.UNSCHEDULED)),
        "checks": (make_check(KMS_KEY_USABLE, Status.FAILED, text, text, subject=text), make_check(SECRET_READABLE, Status.OK, subject="a")),
        "readers": (f"role/{text}",), "audit": audit(text),
        "alarms": (Alarm(name="errors", text=text, is_in_aws=True), Alarm(name="deleted", text="deleted", is_in_aws=False)), "cost": (("5 secrets", "$2.00"),), "cost_note": "by list price",
    }  # fmt: skip
    return ReportData(**(common | more))


CLEAN = ReportData(
    app="shop", created=NOW, version="1.2.3", account="123456789012", is_applied=True, steps_to_undo=1,
    is_scanned=True, commit="c0ffee", role="Shop",
    secrets=(secret_status("a"),),
    checks=(
        make_check(SECRET_READABLE, Status.OK, subject="a"),
        *(
            make_check(info, Status.OK)
            for info in (
                CODE_MIGRATED, RUNTIME_UNMODIFIED, POLICY_MINIMAL, SECRETS_USED,
                ROLE_READS_OWN, ROLE_READS_NO_OTHER,
            )
        ),
    ),
    readers=("role/Shop",), alarms=(Alarm(name="errors", text="errors", is_in_aws=True),),
    audit=Audit(app="shop", since=None, events=1, events_read=1, accesses=(Access(secret="a", who="role/Shop", counts={AccessType.READ: 1}, first=NOW, last=NOW),)),
)  # fmt: skip
EMPTY = ReportData(
    app="shop", created=NOW, version="1.2.3", aws_skip_reason="--only code was given"
)
