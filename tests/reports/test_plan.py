from __future__ import annotations

import re

import pytest

from shield_ai.flow.verify.applied_files import FILES_UNCHANGED
from shield_ai.flow.verify.check import Status, absent_check, make_check
from shield_ai.flow.verify.code import CODE_MIGRATED
from shield_ai.flow.verify.policy import POLICY_MINIMAL
from shield_ai.flow.verify.stored_secrets import SECRET_READABLE
from shield_ai.model.plan import Action, Change, Origin, Plan
from shield_ai.model.skip import SkipId
from shield_ai.reports.checks import checks_text
from shield_ai.reports.plan import no_changes_text, plan_text

SETTINGS = b"import os\nA = 'x'\nB = 'y'\n"


@pytest.mark.parametrize(
    ("locators", "action", "lines"),
    [
        pytest.param(
            ["env:S3_SECRET_KEY", "env:GITHUB_TOKEN"],
            "create from the environment",
            ["the environment: S3_SECRET_KEY, GITHUB_TOKEN"],
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


def test_items_with_the_same_reason_are_listed_together():
    test_value = SkipId.TEST_VALUE.reason()
    stage = SkipId.DEVELOPMENT_STAGE.reason()
    outside = SkipId.DEPLOYMENT_OUTSIDE.reason()
    skipped = (
        test_value.entry("a.py", 1, "A_KEY"),
        test_value.entry("a.py", 2, "B_KEY"),
        test_value.entry("b.py", 3, "A_KEY"),
        stage.keeping(["C"]).entry("b.py", 4, "C"),
        stage.keeping(["D", "E"]).entry("b.py", 5, "D"),
        outside.entry("../a.yml"),
        outside.entry("../b.yml"),
        test_value.entry("shield.toml", 0, "one"),
        test_value.entry("shield.toml", 0, "two"),
    )
    text = plan_text(Plan(app="shop", skipped=skipped), {}.get)
    assert text.partition("skipped\n")[2].splitlines()[:16] == [
        "  a.py",
        "      A_KEY:1, B_KEY:2",
        "      a value of settings for development or tests",
        "  b.py:3  A_KEY",
        "      a value of settings for development or tests",
        "  b.py",
        "      C:4, D:5",
        "      read by test settings, which don't read AWS; keep the variables set for it",
        "  ../a.yml",
        "  ../b.yml",
        "      outside the app, names secrets: check its values",
        "  shield.toml",
        "      one, two",
        "      a value of settings for development or tests",
        "",
        "No changes to the code; 9 items skipped",
    ]


NEW = (("a.py", 1, "A_KEY"), ("b.py", 2, "A_KEY"), ("b.py", 3, "B_KEY"))


@pytest.mark.parametrize(
    ("places", "lines"),
    [
        pytest.param((), [], id="none"),
        pytest.param(
            NEW[:2], ["1 secret is not in shield.toml (A_KEY): run shield draft"], id="one"
        ),
        pytest.param(
            NEW, ["2 secrets are not in shield.toml (A_KEY, B_KEY): run shield draft"], id="several"
        ),
    ],
)
def test_new_secrets_lead_to_draft(places, lines):
    skipped = tuple(SkipId.NOT_IN_MANIFEST.reason().entry(*place) for place in places)
    plan = Plan(app="shop", skipped=(*skipped, SkipId.REVIEWED.reason().entry("a.py", 9, "C")))
    assert no_changes_text(plan).splitlines()[:-1] == lines
    text = plan_text(plan, {}.get).splitlines()
    assert text[text.index(next(line for line in text if line.startswith("No"))) + 1 :] == lines


def test_says_that_an_edited_copy_stays():
    skipped = (SkipId.RUNTIME_EDITED.reason().entry("a/cache.py"),)
    assert no_changes_text(Plan(app="shop", skipped=skipped)).splitlines()[:-1] == [
        "a/cache.py was edited and is kept: restore it with git checkout, or delete it"
    ]


def test_outdated_dependencies_are_a_next_step():
    skipped = (SkipId.OUTDATED_VERSION.reason(pins="boto3==1.9").entry("requirements.txt"),)
    text = plan_text(Plan(app="shop", skipped=skipped), {}.get)
    assert "skipped" not in text
    step = "requirements.txt: the runtime needs boto3>=1.26: update boto3==1.9"
    assert text.splitlines()[-1] == step


@pytest.mark.parametrize(
    ("plan", "lines"),
    [
        pytest.param(
            Plan(app="shop", missing=("db (DB_PASSWORD)",)),
            [
                "no value in any source",
                "  ! db (DB_PASSWORD)",
                "      apply needs a value for each: use --env-file, set generate = true for a",
                "      new signing key or optional = true in shield.toml, or use --allow-missing;",
                "      a signing key in the code is not used, because everybody with the code",
                "      knows it",
            ],
            id="missing",
        ),
        pytest.param(
            Plan(app="shop", placeholders=("db",)),
            [
                "placeholder values",
                "  ! db",
                "      apply needs a real value for each, or --allow-placeholders",
            ],
            id="placeholders",
        ),
    ],
)
def test_says_why_apply_refuses(plan, lines):
    assert plan_text(plan, {}.get).splitlines()[: len(lines)] == lines


def test_checks_are_colored():
    checks = [
        make_check(CODE_MIGRATED, Status.OK),
        make_check(POLICY_MINIMAL, Status.FAILED, "no policy", "run shield apply"),
        make_check(FILES_UNCHANGED, Status.UNKNOWN, "not checked\x1b[2J"),
        absent_check(SECRET_READABLE, "sentry-dsn", "the default is used"),
    ]
    plain = checks_text(checks)
    assert plain.splitlines()[-1] == "1 of 3 checks passed"
    assert max(map(len, checks_text(checks, width=30).splitlines()[3:5])) <= 30
    colored = checks_text(checks, color=True)
    assert re.sub(r"\x1b\[\d*m", "", colored) == plain
    for shown in ("\x1b[32mok ", "\x1b[31mfailed ", "\x1b[33munknown ", "\x1b[36mhint:\x1b[0m run"):
        assert shown in colored


def test_names_the_plan_that_explains_skipped_items():
    plan = Plan(
        app="shop", only="code", environment="qa", skipped=(SkipId.EDITED.reason().entry("x"),)
    )
    command = "shield plan --only code --environment qa"
    assert no_changes_text(plan).endswith(f"1 item skipped, {command} shows why")
