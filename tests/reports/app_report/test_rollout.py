from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, audit, report_data

from shield_ai.flow.verify.check import Status, absent_check, make_check
from shield_ai.flow.verify.role import ROLE_READS_OWN
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.model.skip import SkipId
from shield_ai.reports.app_report.rollout import MANUAL, STAGES, rollout

AUDIT_STEP = "Confirm in the audit that only the app reads the secrets"
ROLE_STEP = "Attach the IAM policy for exactly these secrets to the app's role"


def states(made):
    return {step.text: step.state for step in rollout(made) if step.evidence != MANUAL}


def test_in_the_order_of_the_stages():
    stages = [step.stage for step in rollout(CLEAN)]
    assert stages == sorted(stages, key=STAGES.index)
    assert set(stages) == set(STAGES)


def test_all_checked_steps_are_done():
    assert set(states(CLEAN).values()) == {"done"}


def test_open_steps():
    found = states(report_data())
    assert found["Add the secrets to shield.toml"] == "done"
    assert found["Read each secret with get_secret()"] == "unknown"
    assert found["Create the secrets in AWS"] == "open"
    assert found[AUDIT_STEP] == "open"
    assert found["Set up alarms"] == "open"


def test_unchecked_steps_are_unknown():
    found = states(EMPTY)
    assert found["Create the secrets in AWS"] == "unknown"
    assert found[AUDIT_STEP] == "unknown"
    assert found["Rotate on schedule"] == "unknown"
    assert found["Add the secrets to shield.toml"] == "open"


@pytest.mark.parametrize(
    ("status", "state"), [(Status.OK, "done"), (Status.UNKNOWN, "unknown"), (Status.FAILED, "open")]
)
def test_worst_check_decides(status, state):
    others = [check for check in CLEAN.checks if check.id != ROLE_READS_OWN.id]
    role = make_check(ROLE_READS_OWN, status, "why")
    found = states(msgspec.structs.replace(CLEAN, checks=(*others, role)))
    assert found[ROLE_STEP] == state


def test_an_absent_optional_secret_shows_nothing():
    others = [check for check in CLEAN.checks if check.id != SECRET_READABLE.id]
    none = absent_check(SECRET_READABLE, "sentry-dsn", "the default is used")
    for checks, state in (([none], "unknown"), ([none, CLEAN.checks[0]], "done")):
        found = states(msgspec.structs.replace(CLEAN, checks=(*others, *checks)))
        assert found["Check that each secret can be read"] == state


@pytest.mark.parametrize("more", [{"role": ""}, {"checks": CLEAN.checks[:4]}])
def test_role_step_needs_a_role_that_was_checked(more):
    assert states(msgspec.structs.replace(CLEAN, **more))[ROLE_STEP] == "unknown"


UNREAD = (SkipId.TRAIL_INVALID_JSON.reason().entry("a"),)


def step(made, text):
    (found,) = [step for step in rollout(made) if step.text == text]
    return found.state, found.evidence


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, ("done", "1 event"), id="only the app"),
        pytest.param({"audit": None}, ("unknown", "CloudTrail not read"), id="no audit"),
        pytest.param(
            {"audit": msgspec.structs.replace(CLEAN.audit, events=0)},
            ("unknown", "no CloudTrail events for these secrets"),
            id="no events",
        ),
        pytest.param(
            {"audit": msgspec.structs.replace(CLEAN.audit, unread=UNREAD)},
            ("unknown", "a part of the CloudTrail records could not be read"),
            id="unread records",
        ),
        pytest.param(
            {"readers": (), "role": ""},
            ("unknown", "no role in shield.toml, so other readers can't be detected"),
            id="no readers",
        ),
        pytest.param({"audit": audit(), "readers": ()}, ("open", "1 item to review"), id="alert"),
    ],
)
def test_audit_step_needs_a_complete_audit_and_known_readers(more, expected):
    assert step(msgspec.structs.replace(CLEAN, **more), AUDIT_STEP) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, ("done", "1 of 1 in AWS"), id="in AWS"),
        pytest.param({"alarms": ()}, ("open", "no alarms in shield.toml"), id="none configured"),
        pytest.param(
            {"alarms": None, "account": ""}, ("unknown", "AWS not checked"), id="without AWS"
        ),
        pytest.param({"alarms": None}, ("unknown", "alarms could not be read"), id="denied"),
    ],
)
def test_alarm_step(more, expected):
    assert step(msgspec.structs.replace(CLEAN, **more), "Set up alarms") == expected
