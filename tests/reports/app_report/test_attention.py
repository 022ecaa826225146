from __future__ import annotations

import datetime as dt

import msgspec
from report_samples import CLEAN, EMPTY, NOW, report_data, secret_status

from shield_ai.aws.cloudtrail.audit_result import Alert
from shield_ai.flow.verify.account import SECRETS_PRIVATE
from shield_ai.flow.verify.check import Status, make_check
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.model.rotation_status import RotationPhase
from shield_ai.reports.app_report.attention import attention_items


def test_attention():
    checks = (
        *(
            make_check(
                SECRET_READABLE,
                Status.FAILED,
                "is not in AWS",
                "shield apply",
                subject=name,
            )
            for name in "ab"
        ),
        make_check(POLICY_MINIMAL, Status.FAILED, "is missing"),
        make_check(SECRETS_PRIVATE, Status.UNKNOWN, "why"),
    )
    assert attention_items(report_data(checks=checks, findings=0)) == [
        ("2 secrets can't be read", "is not in AWS: a, b", "shield apply"),
        ("Check failed: the IAM policy allows exactly these secrets", "is missing", ""),
        ("b: rotation overdue", "last changed 2026-11-15", "run shield rotate b"),
        (
            "a: access denied",
            "user/shop was denied GetSecretValue, 2 times, last 2026-11-24",
            "",
        ),
    ]
    assert attention_items(CLEAN) == attention_items(EMPTY) == []


def test_failed_checks_with_the_same_reason_share_an_item():
    checks = [make_check(info, Status.FAILED, "why") for info in (POLICY_MINIMAL, SECRETS_PRIVATE)]
    names = "; ".join(check.name for check in checks)
    item = (f"Checks failed: {names}", "why", "")
    assert item in attention_items(report_data(checks=tuple(checks), findings=0))


def test_alert_about_a_rotation_that_was_turned_off():
    alert = Alert(kind="rotation", secret="a", who="user/bob", text="turned off its rotation", count=1, first=NOW, last=NOW)  # fmt: skip
    audit = msgspec.structs.replace(CLEAN.audit, alerts=(alert,))
    assert attention_items(msgspec.structs.replace(CLEAN, audit=audit)) == [
        (
            "a: rotation failed or turned off",
            "user/bob turned off its rotation, last 2026-11-24",
            "",
        )
    ]


def test_a_pending_rotation_is_not_overdue():
    since = NOW - dt.timedelta(minutes=5)
    status = secret_status("a", phase=RotationPhase.PENDING)
    rotation = msgspec.structs.replace(status.rotation, since=since)
    pending = msgspec.structs.replace(status, rotation=rotation)
    hint = "resume with shield rotate --resume a, or cancel with shield rotate --cancel a"
    assert attention_items(msgspec.structs.replace(CLEAN, secrets=(pending,))) == [
        ("a: rotation pending", "since 2026-11-24 11:55 UTC", hint)
    ]
    assert attention_items(msgspec.structs.replace(CLEAN, secrets=(status,))) == [
        ("a: rotation pending", "start unknown", hint)
    ]


def test_an_overdue_rotation_without_a_date_is_shown():
    status = secret_status("a", phase=RotationPhase.DUE)
    rotation = msgspec.structs.replace(status.rotation, last=None)
    overdue = msgspec.structs.replace(status, rotation=rotation)
    (item,) = attention_items(msgspec.structs.replace(CLEAN, secrets=(overdue,)))
    assert item.reason == "last changed at an unknown time"


def test_without_a_manifest_one_item_needs_attention():
    ((what, _, hint),) = attention_items(report_data(has_manifest=False))
    assert what == "No secrets moved yet"
    assert "shield draft" in hint
