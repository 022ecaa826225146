from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from apply_helpers import (
    NAMES,
    SETTINGS,
    account,
    apply_plan,
    files_of,
    make_app,
    plan_and_apply,
    plan_for,
    secrets_of,
    undo_last_run,
    values_for,
)
from disk_faults import fill_disk
from fault_proxy import FaultProxy

from shield_ai.model.errors import (
    AwsError,
    ShieldError,
    SourceError,
    StalePlanError,
)
from shield_ai.model.hidden import Hidden
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values

HELPERS = Path(__file__).parents[2] / "helpers"


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    return tmp_path


@pytest.fixture
def proxy(aws, monkeypatch):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


def expected(seed="v"):
    document = {"username": f"{seed}-BETA_CREDENTIALS_USER", "password": f"{seed}-BETA_CREDENTIALS"}
    return {
        "alpha-key": Hidden(f"{seed}-ALPHA_KEY"),
        "beta-credentials": Hidden(json.dumps(document)),
    }


def test_creates_secrets_and_edits_files(app, aws):
    receipts = plan_and_apply(app)
    assert [(r.step, r.what, r.detail) for r in receipts] == [
        ("file", "utils/secrets.py", "created"),
        ("file", "settings.py", "edited"),
        *(("aws", name, "created") for name in NAMES),
    ]
    assert secrets_of(account()) == expected()
    assert account().secrets.state("alpha-key").tags == {"app": "shop", "managed-by": "shield-ai"}
    assert (app / "settings.py").read_bytes() == b"import x\nKEY = 1\r\n"


def test_a_second_apply_does_nothing(app, aws):
    plan_and_apply(app)
    before, journal = files_of(app), (app / ".shield/journal.jsonl").read_bytes()
    assert plan_and_apply(app, "other") == []
    assert files_of(app) == before
    assert secrets_of(account()) == expected()
    assert (app / ".shield/journal.jsonl").read_bytes() == journal


def test_refuses_a_plan_if_a_file_changed(app, aws):
    plan = plan_for(Tree(app), account().live_state(NAMES))
    (app / "settings.py").write_bytes(b"KEY = 2\r\n")
    before = files_of(app)
    with pytest.raises(StalePlanError, match=r"settings\.py changed"):
        apply_plan(app, plan)
    assert files_of(app) == before
    assert secrets_of(account()) == {}


def test_refuses_a_plan_if_a_secret_was_created(app, aws):
    plan = plan_for(Tree(app), account().live_state(NAMES))
    account().secrets.create("beta-credentials", Hidden("theirs"), SETTINGS, token="0" * 32)
    before = files_of(app)
    with pytest.raises(StalePlanError, match="beta-credentials changed"):
        apply_plan(app, plan)
    assert files_of(app) == before
    assert secrets_of(account()) == {"beta-credentials": Hidden("theirs")}


def test_refuses_a_plan_for_another_account(app, aws):
    live = account().live_state(NAMES)
    plan = plan_for(Tree(app), type(live)(account="999999999999", region=live.region))
    with pytest.raises(StalePlanError, match="999999999999"):
        apply_plan(app, plan)


def test_a_missing_value_stops_apply_before_its_first_step(app, aws):
    plan = plan_for(Tree(app), account().live_state(NAMES))
    before = files_of(app)
    with pytest.raises(ShieldError, match="env:ALPHA_KEY no longer has a value"):
        apply_plan(app, plan, values=Values({}, {}))
    assert files_of(app) == before
    assert secrets_of(account()) == {}


def test_a_value_in_bytes_stops_apply_before_its_first_step(app, aws):
    plan = plan_for(Tree(app), account().live_state(NAMES))
    before = files_of(app)
    with pytest.raises(SourceError, match="the value of env:ALPHA_KEY is not UTF-8"):
        apply_plan(app, plan, values=values_for("\udcff"))
    assert files_of(app) == before


def test_a_full_disk_stops_apply_before_aws_changes(app, aws, monkeypatch):
    before = files_of(app)
    (app / "utils").mkdir()
    fill_disk(monkeypatch, "secrets.py")
    with pytest.raises(SourceError, match="No space left"):
        plan_and_apply(app)
    assert files_of(app) == before
    assert secrets_of(account()) == {}


@pytest.mark.parametrize(
    ("code", "at"),
    [
        ("AccessDeniedException", 1),
        ("ExpiredTokenException", 2),
        ("EncryptionFailure", 2),
        ("InternalServiceError", 2),
    ],
)
def test_a_second_apply_finishes_after_an_aws_error(app, proxy, monkeypatch, code, at):
    before = files_of(app)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    proxy.answer("CreateSecret", code, at=at)
    with pytest.raises(AwsError) as caught:
        plan_and_apply(app)
    assert caught.value.exit_code == 5
    assert caught.value.hint
    assert files_of(app) == before
    assert len(secrets_of(account())) == at - 1
    plan_and_apply(app)
    assert secrets_of(account()) == expected()
    undo_last_run(app)
    assert files_of(app) == before


@pytest.mark.parametrize("fault", ["throttled", "cut before", "cut after"])
def test_retries_temporary_errors(app, proxy, fault):
    if fault == "throttled":
        proxy.answer("CreateSecret", "ThrottlingException", at=2)
    else:
        proxy.cut("CreateSecret", at=2, after=fault == "cut after")
    plan_and_apply(app)
    assert proxy.count("CreateSecret") == 3
    assert secrets_of(account()) == expected()
    assert [len(account().secrets.state(name).versions) for name in NAMES] == [1, 1]


def test_restores_deleted_secrets_with_new_values(app, aws):
    plan_and_apply(app)
    undo_last_run(app)
    assert secrets_of(account()) == dict.fromkeys(NAMES)
    assert {r.detail for r in plan_and_apply(app, "w") if r.step == "aws"} == {"restored"}
    assert secrets_of(account()) == expected("w")


CHILD = "import sys; sys.path.insert(0, sys.argv[1]); import pathlib, apply_helpers as h; h.plan_and_apply(pathlib.Path(sys.argv[2]))"


def run_and_kill(app, proxy, aws, number, *, after):
    """Run an apply in a separate process, and kill it before or after its n-th call to AWS."""
    environment = {**aws.environment(dict(os.environ)), "AWS_ENDPOINT_URL": proxy.url}
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(HELPERS), str(app)], env=environment)
    proxy.calls.clear()
    proxy.call("*", lambda _: child.send_signal(signal.SIGKILL), at=number, after=after, drop=True)
    return child.wait()


def forget():
    """Delete the secrets without recovery: the next apply creates new ones."""
    for name in NAMES:
        boto3.client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


@pytest.mark.parametrize("after", [False, True], ids=["before AWS acts", "after AWS acted"])
@pytest.mark.parametrize("again", [False, True], ids=["new", "restored"])
@pytest.mark.parametrize("end", [plan_and_apply, undo_last_run], ids=["apply", "rollback"])
def test_apply_or_rollback_recovers_when_killed_at_any_call(app, aws, proxy, after, again, end):
    """A new secret takes one call, a restored one two; there are read calls before.

    Kills at the seventh, which changes something in both cases; `make test-kill` at each.
    """
    first, stride = (1, 1) if os.environ.get("SHIELD_KILL_MATRIX") else (7, 8)
    before = files_of(app)
    if again:
        plan_and_apply(app, "old")
        undo_last_run(app)
    for number in range(first, 40, stride):
        code = run_and_kill(app, proxy, aws, number, after=after)
        if code == 0:
            break
        assert code == -signal.SIGKILL, f"it ended by itself before call {number}"
        call = proxy.calls[number - 1].operation
        end(app)
        if end is plan_and_apply:
            assert secrets_of(account()) == expected(), f"killed at call {number}"
            undo_last_run(app)
        state = secrets_of(account())
        assert all(value is None for value in state.values()), f"killed at call {number}"
        assert files_of(app) == before, f"killed at call {number}"
        if not again:
            forget()
        # for the output of make test-kill
        print(f"killed at call {number:>2}, {call:<24} then {end.__name__}: recovered")
    assert number > 7
    assert secrets_of(account()) == expected()
