from __future__ import annotations

import pytest

from shield_ai.model.plan import DEFAULT_REGION, RENAMED, Plan
from shield_ai.reports.apply_results import remaining_steps

STEPS = ("cdk/app.py: set USE_AWS_SECRETS", f"eu-west-1{DEFAULT_REGION} check it", f"A{RENAMED}B")


@pytest.mark.parametrize(
    ("only", "numbers"),
    [
        pytest.param("", [0], id="with AWS"),
        pytest.param("aws", [0], id="AWS only"),
        pytest.param("code", [0, 1], id="code only"),
    ],
)
def test_an_apply_ends_with_the_steps_that_it_leaves(only, numbers):
    plan = Plan(app="shop", only=only, next_steps=STEPS)
    assert remaining_steps(plan).splitlines() == [f"next: {STEPS[number]}" for number in numbers]
