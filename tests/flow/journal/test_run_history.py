from __future__ import annotations

import pytest

from shield_ai.flow.journal.journal_record import FileStep, ResourceStep, SecretStep
from shield_ai.flow.journal.log import Journal
from shield_ai.model.plan import Action
from shield_ai.rewrite.project.iam_policy import PATH as IAM_POLICY

AWS = {"action": Action.CREATE, "account": "1", "region": "us-east-1"}


def file_step(run="r", what="a.py"):
    return FileStep(run=run, what=what, after="0")


def secret_step(run="r", **more):
    return SecretStep(run=run, what="s", **{**AWS, **more})


def resource_step(run="r", **more):
    return ResourceStep(run=run, what="s", resource="role", **{**AWS, **more})


def test_a_run_is_interrupted_until_it_ends_or_is_undone(tmp_path):
    with Journal(tmp_path).locked() as journal:
        assert journal.interrupted_run() == ""
        run = journal.begin_run(())
        assert journal.interrupted_run() == ""  # no step has begun
        step = journal.write(file_step(run))
        assert journal.begin_run(()) == run
        journal.mark_undone(step)
        assert journal.interrupted_run() == ""
        journal.write(secret_step(run))
        journal.end_run(run)
        assert journal.interrupted_run() == ""
        assert journal.begin_run(()) != run


def test_open_steps_are_newest_first(tmp_path):
    with Journal(tmp_path).locked() as journal:
        one = journal.write(secret_step())
        two = journal.write(file_step())
        three = journal.write(file_step(what="b.py"))
        journal.mark_undone(three)
        assert journal.open_steps("r") == [two, one]
        assert journal.open_file_steps("r") == [two]
        assert journal.open_aws_steps("r") == [one]
        assert journal.run_ids() == ["r"]


def test_kept_steps_are_not_open(tmp_path):
    with Journal(tmp_path).locked() as journal:
        open_, kept, undone = (journal.write(secret_step()) for _ in range(3))
        for step in (kept, undone):
            journal.mark_kept(step, "rotated", restored=False)
        journal.mark_undone(undone)
    loaded = Journal(tmp_path).load()
    assert loaded.open_steps("r") == loaded.last_steps() == [open_]
    assert loaded.kept_steps() == [kept]


def test_the_last_steps_are_those_of_the_newest_run_that_has_some(tmp_path):
    with Journal(tmp_path).locked() as journal:
        assert journal.last_steps() == []
        file = journal.write(file_step("one"))
        secret = journal.write(secret_step("two"))
        resource = journal.write(resource_step("two"))
        undone = journal.write(file_step("three"))
        journal.mark_undone(undone)
        assert journal.last_steps() == [resource, secret]
        assert journal.last_aws_steps() == [resource, secret]
        assert journal.last_file_steps() == [file]


def test_the_last_file_steps_are_not_the_iam_policy_alone(tmp_path):
    with Journal(tmp_path).locked() as journal:
        policies = [journal.write(file_step(run, IAM_POLICY)) for run in ("one", "two")]
        assert journal.last_file_steps() == policies[1:]
        old = journal.write(file_step("three"))
        code = [journal.write(file_step("four", what)) for what in (IAM_POLICY, "a.py")]
        journal.write(secret_step("five"))
        aws = [journal.write(file_step(run, IAM_POLICY)) for run in ("five", "six")]
        assert journal.last_file_steps() == [*reversed(aws), *reversed(code)]
        journal.mark_undone(code[1])
        assert journal.last_file_steps() == [*reversed(aws), code[0], old]


@pytest.mark.parametrize(
    ("make_step", "key"),
    [
        pytest.param(secret_step, ("secret", "s"), id="secret"),
        pytest.param(resource_step, ("role", "s"), id="resource"),
    ],
)
def test_applied_settings_are_those_of_done_steps(tmp_path, make_step, key):
    with Journal(tmp_path).locked() as journal:
        applied = journal.write(make_step(settings={"a": 1}))
        assert journal.applied_settings("1", "us-east-1") == {}
        journal.mark_done(applied)
        assert journal.applied_settings("1", "us-east-1") == {key: {"a": 1}}
        assert journal.applied_settings("1", "us-east-1", "staging") == {}
        removed = journal.write(make_step(settings=None))
        journal.mark_done(removed)
        assert journal.applied_settings("1", "us-east-1") == {}
