"""A dossier with something of everything, for the tests of its forms."""

from __future__ import annotations

import datetime as dt

from shield_ai.aws.cloudtrail.audit import Access, AccessType, Alert, Audit
from shield_ai.flow.rotate import RotationStatus
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.edit import Skipped
from shield_ai.model.finding import Confidence, Finding, Severity, Site
from shield_ai.reports.report_data import (
    Diff,
    Place,
    ReportData,
    Shown,
    Watch,
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


def status(name: str, state: str = "ok") -> RotationStatus:
    return RotationStatus(
        name=name,
        by="AWS",
        last=NOW - dt.timedelta(days=9),
        next=NOW + dt.timedelta(days=21),
        state=state,
    )


def place(name: str, where: str = "AWS", state: str = "ok") -> Place:
    known = status(name, state) if where == "AWS" else None
    return Place(
        name=name,
        kind="database",
        variables=("A_KEY", "B_KEY"),
        where=where,
        kms_key="alias/shop",
        status=known,
    )


def audit(text: str = "bob", kind: str = "denied") -> Audit:
    access = Access(secret="a", who=f"user/{text}", deeds={AccessType.READ: 2, AccessType.DENIED: 1}, first=NOW, last=NOW, sources=("10.0.0.1",))  # fmt: skip
    alert = Alert(kind=kind, secret="a", who=f"user/{text}", text="was denied GetSecretValue", count=2, first=NOW, last=NOW)  # fmt: skip
    return Audit(app="shop", since=None, events=3, seen=3, accesses=(access,), alerts=(alert,))


def report_data(text: str = "shop", findings: int = 8, **more) -> ReportData:
    common = {
        "app": text, "made": NOW, "version": "1.2.3", "region": "eu-central-1", "account": "123456789012",
        "findings": tuple(
            Shown(finding=finding(i, f"{text}/settings.py", site=Site(start=0, end=1, shape="other", reason=text)), line=f"KEY = {text}")
            for i in range(findings)
        ),
        "unseen": (Skipped(path=text, line=0, name="", reason="no UTF-8"),),
        "diffs": (Diff(path=f"{text}.py", lines=("@@ -1 +1 @@", f"-{text}", f"+{text}", " same")), Diff(path="b.txt", lines=("new, 3 lines",))),
        "applied": True, "undoable": 3,
        "places": (place("a"), place("b", state="due"), place("c", "missing"), place("d", "optional"), place("e", "deleted"), place("f", state="no schedule")),
        "checks": (Check(name=text, status=Status.FAILED, detail=text, hint=text), Check(name="a can be read", status=Status.OK)),
        "readers": (f"role/{text}",), "audit": audit(text),
        "alarms": (Watch(name="errors", text=text, there=True), Watch(name="deleted", text="deleted", there=False)), "cost": (("5 secrets", "$2.00"),), "cost_note": "by list price",
    }  # fmt: skip
    return ReportData(**(common | more))


CLEAN = ReportData(
    app="shop", made=NOW, version="1.2.3", account="123456789012", applied=True, undoable=1,
    places=(place("a"),),
    checks=(
        Check(name="a can be read", status=Status.OK), Check(name="the IAM policy allows exactly these secrets", status=Status.OK),
        Check(name="the vendored runtime is unchanged", status=Status.OK),
    ),
    readers=("role/Shop",), alarms=(Watch(name="errors", text="errors", there=True),),
    audit=Audit(app="shop", since=None, events=1, seen=1, accesses=(Access(secret="a", who="role/Shop", deeds={AccessType.READ: 1}, first=NOW, last=NOW),)),
)  # fmt: skip
EMPTY = ReportData(app="shop", made=NOW, version="1.2.3", no_aws="only the code was asked for")
