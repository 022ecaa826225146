from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from apply_helpers import REGION, account
from fault_proxy import FaultProxy

from shield_ai.aws.desired import resources
from shield_ai.flow.apply.apply_recovery import recover
from shield_ai.flow.apply.run import Applier
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.aws_plan import AwsInputs, resource_changes
from shield_ai.flow.rollback.run import Rollback
from shield_ai.model.errors import AwsError, RollbackIncompleteError, StalePlanError
from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.model.plan import Action, Plan
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values

NAME = f"shop-secrets-read-{REGION}"
ARN = f"arn:aws:iam::123456789012:policy/{NAME}"
KEYS = [("policy", NAME), ("policy-attachment", f"Shop/{NAME}")]


def plan(aws, journal, *names):
    manifest = Manifest(
        app=App(name="shop", role="Shop"), secret=tuple(Secret(name=n, env="X") for n in names)
    )
    desired = resources(manifest, aws.id)
    applied = journal.applied_settings(aws.id, REGION)
    live = aws.live_state([], [*applied, *(resource.key for resource in desired)])
    inputs = AwsInputs(live=live, desired=desired, last_applied=applied)
    changes = tuple(resource_changes(inputs))
    return Plan(app="shop", account=aws.id, region=REGION, changes=changes)


def plan_and_apply(root, *names):
    """Plan and apply an app with these secrets, as the command does."""
    aws = account()
    with Journal(root).locked() as journal:
        recover(journal, aws)
        made = plan(aws, journal, *names)
        applied = Applier(
            tree=Tree(root),
            journal=journal,
            values=Values({}, {}),
            aws=aws,
            on_receipt=lambda _: None,
        ).apply(made)
        return [*applied.receipts]


def undo_last_run(root):
    with Journal(root).locked() as journal:
        steps = journal.last_steps()
        undoer = Rollback(
            tree=Tree(root), journal=journal, aws=account(), on_receipt=lambda _: None
        )
        return undoer.undo(steps, force=False)


def live():
    return [
        value and value.get("document", value) for value in account().resources.read(KEYS).values()
    ]


def readable():
    document = account().resources.read(KEYS)[KEYS[0]]
    return document and [
        arn.split(":")[-1][:-7] for arn in document["document"]["Statement"][0]["Resource"]
    ]


@pytest.fixture
def app(tmp_path, aws):
    role = json.dumps({"Version": "2012-10-17", "Statement": []})
    boto3.client("iam").create_role(RoleName="Shop", AssumeRolePolicyDocument=role)
    return tmp_path


def theirs():
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
    }
    boto3.client("iam").create_policy_version(
        PolicyArn=ARN, PolicyDocument=json.dumps(document), SetAsDefault=True
    )


def test_creates_updates_and_undoes_a_policy(app):
    before = live()
    assert [(r.step, r.what, r.detail) for r in plan_and_apply(app, "a")] == [
        ("resource", f"policy {NAME}", "created"),
        ("resource", f"policy-attachment Shop/{NAME}", "created"),
    ]
    assert plan_and_apply(app, "a") == []
    assert [r.detail for r in plan_and_apply(app, "a", "b")] == ["updated"]
    assert readable() == ["a", "b"]
    assert [r.detail for r in undo_last_run(app)] == ["restored"]
    assert readable() == ["a"]
    assert plan_and_apply(app, "a") == []
    assert [r.detail for r in undo_last_run(app)] == ["removed", "removed"]
    assert live() == before == [None, None]


def test_removes_resources_that_are_no_longer_desired(app):
    plan_and_apply(app, "a")
    assert [(r.what.split()[0], r.detail) for r in plan_and_apply(app)] == [
        ("policy-attachment", "removed"),
        ("policy", "removed"),
    ]
    assert live() == [None, None]
    undo_last_run(app)
    assert readable() == ["a"]


def test_keeps_and_names_manual_changes(app):
    plan_and_apply(app, "a")
    theirs()
    with Journal(app).locked() as journal:
        made = plan(account(), journal, "a")
    assert [change.action for change in made.changes] == [Action.DRIFT, Action.KEEP]
    assert plan_and_apply(app, "a") == []
    with pytest.raises(RollbackIncompleteError, match=NAME):
        undo_last_run(app)
    assert live()[0]["Statement"][0]["Action"] == "s3:*"
    assert live()[1] is None


def test_refuses_a_plan_if_a_resource_changed(app):
    plan_and_apply(app, "a")
    with Journal(app).locked() as journal:
        made = plan(account(), journal, "b")
        theirs()
        with pytest.raises(StalePlanError, match=f"policy {NAME} changed"):
            Applier(
                tree=Tree(app),
                journal=journal,
                values=Values({}, {}),
                aws=account(),
                on_receipt=print,
            ).apply(made)


def test_keeps_a_policy_that_is_attached_elsewhere(app):
    plan_and_apply(app, "a")
    boto3.client("iam").create_role(RoleName="Other", AssumeRolePolicyDocument="{}")
    boto3.client("iam").attach_role_policy(RoleName="Other", PolicyArn=ARN)
    with FaultProxy(os.environ["AWS_ENDPOINT_URL"]) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("DeletePolicy", "DeleteConflict", status=409)  # moto does not return it
        with pytest.raises(RollbackIncompleteError, match=NAME):
            undo_last_run(app)
    assert readable() == ["a"]


@pytest.mark.parametrize("operation", ["CreatePolicy", "AttachRolePolicy", "GetPolicyVersion"])
def test_a_second_apply_finishes_after_a_denied_call(app, operation, monkeypatch):
    url = os.environ["AWS_ENDPOINT_URL"]
    with FaultProxy(url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer(operation, "AccessDenied", status=403)
        with pytest.raises(AwsError, match=f"AWS denied iam:{operation}"):
            plan_and_apply(app, "a")
        plan_and_apply(app, "a")
        assert readable() == ["a"]
        assert live()[1]
        undo_last_run(app)
        assert live() == [None, None]


HERE = Path(__file__).parent
CHILD = "import sys; sys.path[:0] = sys.argv[1].split(':'); import pathlib, test_apply_resources as t; t.plan_and_apply(pathlib.Path(sys.argv[2]), *sys.argv[3:])"


def run_and_kill(app, proxy, operation, number, *names):
    """Run an apply in a separate process, and kill it after a call to AWS."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, f"{HERE}:{HERE.parents[1]}/helpers", str(app), *names],
        env=os.environ,
    )
    proxy.calls.clear()
    proxy.call(
        operation, lambda _: child.send_signal(signal.SIGKILL), at=number, after=True, drop=True
    )
    return child.wait()


@pytest.mark.parametrize("end", [plan_and_apply, undo_last_run], ids=["apply", "rollback"])
def test_recovers_when_killed_after_a_call(app, end, monkeypatch):
    """Kills at each call that changes something; `make test-kill` at every call."""
    every = bool(os.environ.get("SHIELD_KILL_MATRIX"))
    calls = (
        [("*", n) for n in range(1, 60)]
        if every
        else [(op, 1) for op in ("CreatePolicy", "AttachRolePolicy")]
    )
    with FaultProxy(os.environ["AWS_ENDPOINT_URL"]) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        for operation, number in calls:
            code = run_and_kill(app, proxy, operation, number, "a", "b")
            if code == 0:
                assert every
                break
            assert code == -signal.SIGKILL, f"it ended by itself before call {number}"
            call = proxy.calls[number - 1].operation if every else operation
            if end is plan_and_apply:
                plan_and_apply(app, "a", "b")
                assert readable() == ["a", "b"], number
                assert live()[1], number
            undo_last_run(app)
            assert live() == [None, None], number
            # for the output of make test-kill
            print(f"killed at call {number:>2}, {call:<24} then {end.__name__}: recovered")
