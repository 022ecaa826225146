from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, NOW, audit, finding, report_data, secret_status

from shield_ai.flow.verify.account import SECRETS_PRIVATE
from shield_ai.flow.verify.check import Status, make_check
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.flow.verify.registry import find_checks
from shield_ai.flow.verify.role import ROLE_READS_NO_OTHER, ROLE_READS_OWN
from shield_ai.flow.verify.usage import SECRETS_USED
from shield_ai.model.finding import Severity
from shield_ai.model.rotation_status import RotationPhase
from shield_ai.model.skip import SkipId
from shield_ai.reports.app_report.report_data import MaskedFinding
from shield_ai.reports.compliance.controls import controls
from shield_ai.reports.compliance.evidence import ControlState, Evidence, NotShown, Shown, Source

POLICY = make_check(POLICY_MINIMAL, Status.OK)
PRIVATE = make_check(SECRETS_PRIVATE, Status.OK)
OWN = make_check(ROLE_READS_OWN, Status.OK)
NO_OTHER = make_check(ROLE_READS_NO_OTHER, Status.OK)
CODE, ENCRYPTED, LEAST, USED, TAGGED, RECORDED, ROTATED, UNDOABLE, NOTICED = range(9)
SHOWN, NOT_SHOWN, NOT_CHECKED = ControlState


def masked(severity=Severity.HIGH, **more):
    return MaskedFinding(finding=finding(severity=severity, **more))


def read(**more):
    return masked(Severity.MEDIUM, rule="CSEC34.environ-read", **more)


def failed(check, detail):
    return msgspec.structs.replace(check, status=Status.FAILED, detail=detail)


def test_references_name_the_versions_of_the_frameworks():
    frameworks = {
        "SOC 2 (2017 TSC)",
        "PCI DSS 4.0.1",
        "NIST SP 800-53 rev. 5",
        "HIPAA (45 CFR 164)",
        "ISO/IEC 27001:2022",
        "GDPR",
        "AWS Security Hub",
    }
    rows = controls(CLEAN)
    assert len(rows) == 9
    assert {framework for row in rows for framework, _ in row.references} == frameworks
    for row in rows:
        assert all(number for _, number in row.references)
    controls_of_aws = [number for row in rows for name, number in row.references if "AWS" in name]
    assert sorted(", ".join(controls_of_aws).split(", ")) == [
        f"SecretsManager.{number}" for number in range(1, 6)
    ]
    rotated = dict(rows[ROTATED].references)
    assert rotated["NIST SP 800-53 rev. 5"] == "IA-5, AC-2(1), AC-3(15)"
    assert rotated["AWS Security Hub"] == "SecretsManager.1, SecretsManager.2, SecretsManager.4"


def test_ids_are_stable():
    # Other tools recognize a control by its id.
    assert [row.id for row in controls(EMPTY)] == [
        "no-hardcoded-secrets",
        "secrets-encrypted",
        "least-privilege",
        "secrets-in-use",
        "secrets-tagged",
        "access-logged",
        "secrets-rotated",
        "changes-recorded",
        "activity-alerts",
    ]


@pytest.mark.parametrize("result", [Shown, NotShown])
def test_a_result_without_evidence_cannot_be_created(result):
    with pytest.raises(ValueError, match="without evidence"):
        result(())


def test_evidence_names_its_source_time_commit_and_account():
    (shown,) = controls(CLEAN)[CODE].result.evidence
    assert shown == Evidence(
        source=Source.SCAN,
        text="no hardcoded values above low severity",
        time=NOW,
        commit="c0ffee",
        account="123456789012",
    )
    assert str(shown) == (
        "no hardcoded values above low severity "
        "(scan, 2026-11-24 12:00 UTC, commit c0ffee, account 123456789012)"
    )


def test_clean_app_shows_all_controls():
    assert {row.result.state for row in controls(CLEAN)} == {SHOWN}
    assert all(row.result.lines for row in controls(CLEAN))


def test_nothing_is_shown_without_a_scan_and_without_aws():
    assert {row.result.state for row in controls(EMPTY)} == {NOT_CHECKED}
    assert all(row.result.lines for row in controls(EMPTY))


@pytest.mark.parametrize(
    ("row", "more", "state", "evidence"),
    [
        pytest.param(CODE, {"findings": (masked(),)}, NOT_SHOWN, "1 hardcoded value above low severity in 1 file (scan,", id="a high finding"),
        pytest.param(CODE, {"findings": (read(), read())}, SHOWN, "no hardcoded values above low severity, 2 reads of environment variables remain (scan,", id="reads"),
        pytest.param(CODE, {"findings": (read(), masked())}, NOT_SHOWN, "1 hardcoded value above low severity in 1 file, 1 read of an environment variable remains (scan,", id="a read and a value"),
        pytest.param(CODE, {"findings": (read(has_secret_default=True),)}, NOT_SHOWN, "1 hardcoded value above low severity in 1 file (scan,", id="a read with a constant default"),
        pytest.param(CODE, {"findings": (read(has_secret_default=False),)}, SHOWN, "1 read of an environment variable remains", id="a read with a default that is not a secret"),
        pytest.param(CODE, {"findings": (masked(Severity.MEDIUM, rule="CSEC34.no-runtime"),)}, SHOWN, "no hardcoded values above low severity (scan,", id="a file without a value"),
        pytest.param(CODE, {"findings": (masked(Severity.MEDIUM, rule="MINE.key"),)}, NOT_SHOWN, "1 hardcoded value", id="a rule of the app"),
        pytest.param(CODE, {"findings": (masked(Severity.LOW),)}, SHOWN, "no hardcoded values above low", id="a low finding"),
        pytest.param(CODE, {"archives": ("a.zip",)}, SHOWN, "1 archive not scanned: a.zip", id="an archive"),
        pytest.param(CODE, {"suppressed": 2}, SHOWN, "2 findings suppressed by comments", id="suppressed"),
        pytest.param(
            CODE,
            {"in_ignored_files": 2},
            SHOWN,
            "2 findings in .env files that git ignores",
            id="ignored files",
        ),
        pytest.param(CODE, {"unreadable": (SkipId.TOO_DEEP.reason().entry("a"),)}, NOT_CHECKED, "1 file could not", id="a file that was not scanned"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "missing"))}, NOT_SHOWN, "1 of 2", id="one is missing"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "optional"))}, SHOWN, "1 of 1 secret in Secrets Manager, encrypted with alias/shop", id="optional"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("b", "optional"),)}, NOT_CHECKED, "no secrets in AWS", id="only an optional one"),
        pytest.param(ENCRYPTED, {"secrets": (secret_status("a"), secret_status("b", "unknown"))}, NOT_CHECKED, "1 secret could not be checked", id="one is unknown"),
        pytest.param(ENCRYPTED, {"secrets": ()}, NOT_CHECKED, "no secrets in shield.toml", id="none named"),
        pytest.param(LEAST, {"checks": (failed(POLICY, "is missing"),)}, NOT_SHOWN, "is missing (policy-minimal,", id="no policy"),
        pytest.param(LEAST, {"checks": (POLICY, OWN, NO_OTHER)}, SHOWN, "the app's role may read its secrets (role-reads-own,", id="policy and role"),
        pytest.param(LEAST, {"checks": (OWN, NO_OTHER)}, SHOWN, "(role-reads-no-other,", id="only the role, in an environment"),
        pytest.param(LEAST, {"checks": (POLICY, PRIVATE)}, NOT_CHECKED, "role-reads-own, role-reads-no-other not checked", id="the policy alone"),
        pytest.param(LEAST, {"role": ""}, NOT_CHECKED, "no role in shield.toml", id="no role"),
        pytest.param(LEAST, {"role": "", "checks": (failed(PRIVATE, "public resource policy: a"),)}, NOT_SHOWN, "public resource policy: a", id="no role and a public secret"),
        pytest.param(LEAST, {"checks": (POLICY, failed(OWN, "denied: a"))}, NOT_SHOWN, "denied: a", id="the role may not"),
        pytest.param(LEAST, {"checks": (POLICY, OWN, msgspec.structs.replace(NO_OTHER, status=Status.UNKNOWN, detail="denied"))}, NOT_CHECKED, "similar name: denied", id="one could not be made"),
        pytest.param(LEAST, {"audit": msgspec.structs.replace(audit(), alerts=(), unread=(SkipId.TRAIL_INVALID_JSON.reason().entry("a"),))}, NOT_CHECKED, "records could not be read", id="unreadable records"),
        pytest.param(LEAST, {"audit": audit(kind="outside")}, NOT_SHOWN, "read by user/bob (cloudtrail,", id="unauthorized reader"),
        pytest.param(LEAST, {"checks": ()}, NOT_CHECKED, "not checked", id="no checks"),
        pytest.param(USED, {"checks": (failed(make_check(SECRETS_USED, Status.OK), "no code reads a"),)}, NOT_SHOWN, "no code reads a (secrets-used,", id="an unused secret"),
        pytest.param(USED, {"checks": ()}, NOT_CHECKED, "secrets-used not checked", id="usage was not checked"),
        pytest.param(USED, {"secrets": ()}, NOT_CHECKED, "no secrets in shield.toml", id="no secrets to use"),
        pytest.param(TAGGED, {"secrets": (msgspec.structs.replace(secret_status("a"), is_tagged=False),)}, NOT_SHOWN, "0 of 1 secret in AWS with tags", id="no tags"),
        pytest.param(TAGGED, {"secrets": (secret_status("a"), secret_status("b", "unknown"))}, NOT_CHECKED, "1 secret could not be checked", id="tags of one are unknown"),
        pytest.param(TAGGED, {"secrets": (secret_status("a", "missing"),)}, NOT_CHECKED, "no secrets in AWS", id="no secret to tag"),
        pytest.param(RECORDED, {"audit": None}, NOT_CHECKED, "CloudTrail not read", id="no audit"),
        pytest.param(RECORDED, {"audit": msgspec.structs.replace(CLEAN.audit, events=0)}, NOT_CHECKED, "no CloudTrail events for these secrets", id="no events"),
        pytest.param(ROTATED, {"secrets": tuple(secret_status(f"s{i}", phase=RotationPhase.UNSCHEDULED) for i in range(7))}, NOT_SHOWN, "7 secrets without a schedule: s0, s1, s2, s3, s4 and 2 more", id="many without a schedule"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", phase=RotationPhase.DUE), secret_status("b", phase=RotationPhase.PENDING))}, NOT_SHOWN, "overdue: a; rotation pending: b", id="overdue and pending"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", phase=RotationPhase.PENDING),)}, NOT_SHOWN, "rotation pending: a", id="pending"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", phase=RotationPhase.UNSCHEDULED),)}, NOT_SHOWN, "1 secret without a schedule: a", id="no schedule"),
        pytest.param(ROTATED, {"secrets": (secret_status("a"), secret_status("b", "unknown"))}, NOT_CHECKED, "rotation of 1 secret not checked", id="one was not checked"),
        pytest.param(ROTATED, {"secrets": (secret_status("a", "optional"),)}, NOT_CHECKED, "no secrets in AWS", id="an absent optional secret"),
        pytest.param(NOTICED, {"alarms": ()}, NOT_CHECKED, "no alarms in shield.toml", id="no alarm configured"),
        pytest.param(NOTICED, {"alarms": None}, NOT_CHECKED, "alarms could not be read", id="alarms were not read"),
        pytest.param(NOTICED, {"alarms": (), "audit": report_data().audit}, NOT_CHECKED, "the audit has 1 item to review", id="no alarm"),
        pytest.param(NOTICED, {"alarms": report_data().alarms}, NOT_SHOWN, "1 of 2 alarms in AWS", id="one alarm is missing"),
    ],
)  # fmt: skip
def test_evidence(row, more, state, evidence):
    found = controls(msgspec.structs.replace(CLEAN, **more))[row].result
    assert found.state is state
    assert evidence in "; ".join(found.lines)


SUPPORTED = [
    pytest.param(info, control, id=info.id)
    for check in find_checks()
    for info in check.makes
    for control in info.controls
]


@pytest.mark.parametrize(("info", "control"), SUPPORTED)
def test_failed_check_fails_its_controls(info, control):
    check = make_check(info, Status.FAILED, "it is wrong", subject="a")
    report = msgspec.structs.replace(CLEAN, checks=(*CLEAN.checks, check))
    (row,) = [row for row in controls(report) if row.id == control]
    assert row.result.state is NOT_SHOWN
    assert f"it is wrong ({info.id}," in row.result.lines[0]
