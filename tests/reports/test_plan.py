from __future__ import annotations

import pytest

from shield_ai.model.plan import Action, Change, Origin, Plan
from shield_ai.model.skip import SkipId
from shield_ai.reports.plan import plan_text

SETTINGS = b"import os\nA = 'x'\nB = 'y'\n"


@pytest.mark.parametrize(
    ("locators", "action", "lines"),
    [
        pytest.param(
            ["env:AWS_SECRET_ACCESS_KEY", "env:GITHUB_TOKEN"],
            "create from the environment",
            ["the environment: AWS_SECRET_ACCESS_KEY, GITHUB_TOKEN"],
            id="environment",
        ),
        pytest.param(
            ["dotenv:.env#A", "dotenv:-#B"],
            "create from .env, standard input",
            [".env: A", "standard input: B"],
            id="env files",
        ),
        pytest.param(
            ["code:shop/settings.py#14-17", "code:shop/settings.py#22-25"],
            "create from shop/settings.py",
            ["shop/settings.py: line 2, line 3"],
            id="code",
        ),
        pytest.param(
            ["prompt:A", "generate:password"],
            "create from a generated value, a prompt",
            ["a prompt: A"],
            id="prompt and generated",
        ),
        pytest.param(
            ["copy:staging/db#password", "copy:staging/mail#"],
            "create from staging/db, staging/mail",
            ["staging/db: password"],
            id="copy",
        ),
    ],
)
def test_names_what_each_value_is_read_from(locators, action, lines):
    origins = tuple(Origin(locator=locator) for locator in locators)
    change = Change(action=Action.CREATE, resource="secret", name="db", origins=origins)
    text = plan_text(Plan(app="shop", changes=(change,)), {"shop/settings.py": SETTINGS}.get)
    assert text.splitlines()[1:-2] == [
        f"  + {'db':<46} {action}",
        *(f"      {line}" for line in lines),
    ]


def test_skipped_items_with_the_same_reason_share_it():
    reason = SkipId.SEVERAL_VALUES.reason()
    other = SkipId.COMPUTED_NAME.reason()
    skipped = (
        reason.entry("shop/data.py", 3, "A"),
        reason.entry("shop/data.py", 9, "B"),
        other.entry("shop/data.py", 12, "C"),
    )
    text = plan_text(Plan(app="shop", skipped=skipped), lambda _: None)
    assert f"  shop/data.py\n      A:3, B:9\n      {reason.text}\n  shop/data.py:12  C\n" in text
