from __future__ import annotations

import msgspec
import pytest
from report_samples import CLEAN, EMPTY, report_data

from shield_ai.flow.verify.check import Check, Status
from shield_ai.reports.rollout import BY_HAND, STAGES, rollout


def states(made):
    return {step.text: step.state for step in rollout(made) if step.evidence != BY_HAND}


def test_in_the_order_of_the_stages():
    stages = [step.stage for step in rollout(CLEAN)]
    assert stages == sorted(stages, key=STAGES.index)
    assert set(stages) == set(STAGES)


def test_all_that_a_run_can_tell_is_done():
    assert set(states(CLEAN).values()) == {"done"}


def test_what_is_open():
    found = states(report_data())
    assert found["Name the secrets in shield.toml"] == "done"
    assert found["Read each secret with get_secret()"] == "open"
    assert found["Create the secrets"] == "open"
    assert found["See in the audit that only the app reads"] == "open"
    assert found["Be told by alarms"] == "open"


def test_what_was_not_looked_at_is_not_known():
    found = states(EMPTY)
    assert found["Create the secrets"] == "unknown"
    assert found["See in the audit that only the app reads"] == "unknown"
    assert found["Rotate on schedule"] == "unknown"
    assert found["Name the secrets in shield.toml"] == "open"


@pytest.mark.parametrize(
    ("status", "state"), [(Status.OK, "done"), (Status.UNKNOWN, "unknown"), (Status.FAILED, "open")]
)
def test_the_worst_check_counts(status, state):
    role = Check(name="the app's role may read its secrets", status=status, detail="why")
    found = states(msgspec.structs.replace(CLEAN, checks=(*CLEAN.checks, role)))
    assert found["Give the app's role the policy for exactly these secrets"] == state
