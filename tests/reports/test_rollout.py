from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, report_data

from shield_ai.flow.verify.check import Status, absent, make_check
from shield_ai.flow.verify.role import ROLE_READS_OWN
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.reports.rollout import MANUAL, STAGES, rollout

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
    assert found["Confirm in the audit that only the app reads the secrets"] == "open"
    assert found["Set up alarms"] == "open"


def test_unchecked_steps_are_unknown():
    found = states(EMPTY)
    assert found["Create the secrets in AWS"] == "unknown"
    assert found["Confirm in the audit that only the app reads the secrets"] == "unknown"
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
    none = absent(SECRET_READABLE, "sentry-dsn")
    for checks, state in (([none], "unknown"), ([none, CLEAN.checks[0]], "done")):
        found = states(msgspec.structs.replace(CLEAN, checks=(*others, *checks)))
        assert found["Check that each secret can be read"] == state


@pytest.mark.parametrize("more", [{"role": ""}, {"checks": CLEAN.checks[:4]}])
def test_role_step_needs_a_role_that_was_checked(more):
    assert states(msgspec.structs.replace(CLEAN, **more))[ROLE_STEP] == "unknown"
