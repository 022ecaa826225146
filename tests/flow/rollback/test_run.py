from __future__ import annotations

import stat
import subprocess

import pytest
from apply_helpers import (
    NAMES,
    account,
    apply_plan,
    files_of,
    make_app,
    plan_and_apply,
    plan_for,
    secrets_of,
    undo_last_run,
)
from fault_proxy import FaultProxy

from shield_ai.flow.journal.log import Journal
from shield_ai.flow.rollback.edited_files import find_edited_files
from shield_ai.flow.rollback.run import Rollback
from shield_ai.model.errors import AwsError, RollbackIncompleteError, UnsafePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.project.tree import Tree


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    return tmp_path


def git(root, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(
        ["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout


def put(name, value):
    account().secrets._client.put_secret_value(SecretId=name, SecretString=value)


def test_restores_files_and_deletes_created_secrets(app, aws):
    before = files_of(app)
    plan_and_apply(app)
    receipts = undo_last_run(app)
    assert files_of(app) == before
    assert secrets_of(account()) == dict.fromkeys(NAMES)
    assert {(r.what, r.detail) for r in receipts} == {
        ("settings.py", "restored"),
        ("utils/secrets.py", "removed"),
        *((name, "scheduled for deletion, restorable for 30 days") for name in NAMES),
    }
    assert not (app / "utils").exists()
    assert undo_last_run(app) == []


def test_undoes_files_and_aws_separately(app, aws):
    before = files_of(app)
    plan_and_apply(app)
    tree = Tree(app)
    for steps_of, secrets in ((Journal.last_file_steps, True), (Journal.last_aws_steps, False)):
        with Journal(app).locked() as journal:
            steps = steps_of(journal)
            undoer = Rollback(tree=tree, journal=journal, aws=account(), on_receipt=lambda _: None)
            undoer.undo(steps, force=False)
        assert files_of(app) == before
        assert any(secrets_of(account()).values()) == secrets


def test_refuses_edited_files(app, aws):
    plan_and_apply(app)
    (app / "settings.py").write_bytes(b"mine")
    before = files_of(app)
    with pytest.raises(UnsafePlanError, match=r"edited since apply: settings\.py"):
        undo_last_run(app)
    assert files_of(app) == before
    assert all(secrets_of(account()).values())


def test_undoes_its_edits_alone_in_edited_files(app, aws):
    before = files_of(app)
    plan_and_apply(app)
    settings = app / "settings.py"
    now = settings.read_bytes() + b"NEW = 1\n"
    settings.write_bytes(now)
    receipts = undo_last_run(app)
    assert files_of(app) == {**before, "settings.py": before["settings.py"] + b"NEW = 1\n"}
    assert (app / ".shield/edited/settings.py").read_bytes() == now
    assert ("settings.py", "restored with the edits since apply") in {
        (receipt.what, receipt.detail) for receipt in receipts
    }


def test_continues_after_a_kill_between_writing_and_marking(app, aws):
    before = files_of(app)
    plan_and_apply(app)
    merged = before["settings.py"] + b"NEW = 1\n"
    (app / "settings.py").write_bytes(merged)
    undo_last_run(app)
    assert files_of(app) == {**before, "settings.py": merged}


@pytest.mark.parametrize("removed", [False, True])
def test_force_saves_a_copy(app, aws, removed):
    before = files_of(app)
    plan_and_apply(app)
    settings, aside = app / "settings.py", app / ".shield/edited/settings.py"
    aside.parent.mkdir()
    aside.write_bytes(b"mine too")
    if removed:
        settings.unlink()
    else:
        settings.write_bytes(b"mine")
    undo_last_run(app, force=True)
    assert files_of(app) == before
    assert aside.read_bytes() == b"mine too"
    if not removed:
        assert aside.with_name("settings.py.2").read_bytes() == b"mine"


def test_the_copy_is_private_and_ignored_by_git(app, aws):
    plan_and_apply(app)
    settings = app / "settings.py"
    settings.write_bytes(b"mine")
    settings.chmod(0o644)
    git(app, "init", "-q")
    git(app, "add", "-A")
    git(app, "commit", "-q", "-m", "x")
    undo_last_run(app, force=True)
    copy = app / ".shield/edited/settings.py"
    assert (copy.read_bytes(), stat.S_IMODE(copy.stat().st_mode)) == (b"mine", 0o600)
    assert git(app, "ls-files", "--others", "--exclude-standard") == ""


def test_restores_a_removed_file_with_its_mode(app, aws):
    settings = app / "settings.py"
    settings.chmod(0o600)
    plan_and_apply(app)
    settings.unlink()
    undo_last_run(app, force=True)
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600


def test_an_edited_new_file_is_a_conflict(app, aws):
    plan_and_apply(app)
    (app / "utils/secrets.py").write_bytes(b"mine")
    with Journal(app).locked() as journal:
        found = find_edited_files(journal.last_steps(), Tree(app), journal)
        assert [(file.path, file.now, file.applied, file.merged) for file in found] == [
            ("utils/secrets.py", b"mine", b"new\n", None)
        ]


def test_keeps_and_names_a_changed_secret(app, aws):
    before = files_of(app)
    plan_and_apply(app)
    put("alpha-key", "theirs")
    with pytest.raises(RollbackIncompleteError, match="not undone: alpha-key") as caught:
        undo_last_run(app)
    assert caught.value.exit_code == 6
    assert caught.value.hint == (
        "run shield pull --env-file FILE, so that the app has the current values with AWS off"
    )
    assert files_of(app) == before
    assert secrets_of(account()) == {"alpha-key": Hidden("theirs"), "beta-credentials": None}


def test_a_secret_that_is_already_deleted(app, aws):
    plan_and_apply(app)
    account().secrets.delete("alpha-key")
    assert "already deleted" in {r.detail for r in undo_last_run(app)}


def test_a_second_rollback_finishes_after_an_aws_error(app, aws, monkeypatch):
    before = files_of(app)
    plan_and_apply(app)
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("DeleteSecret", "AccessDeniedException", at=None)
        with pytest.raises(RollbackIncompleteError):
            undo_last_run(app)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    assert files_of(app) == before
    undo_last_run(app)
    assert secrets_of(account()) == dict.fromkeys(NAMES)


def test_undoes_one_apply_at_a_time(app, aws):
    start = files_of(app)
    plan_and_apply(app)
    middle = files_of(app)
    (app / "settings.py").write_bytes(b"x = 1\n")
    edited = files_of(app)
    plan_and_apply(app)
    undo_last_run(app)
    assert files_of(app) == edited
    (app / "settings.py").write_bytes(middle["settings.py"])
    undo_last_run(app)
    assert files_of(app) == start


ELSEWHERE = [
    pytest.param({"region": "eu-west-1"}, "to account 123456789012 in us-east-1, but the current account is 123456789012 in eu-west-1",
                 id="region"),
    pytest.param({"assume": "arn:aws:iam::999999999999:role/Operator"}, "but the current account is 999999999999 in us-east-1", id="account"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "message"), ELSEWHERE)
def test_refuses_to_undo_steps_in_another_account(app, aws, place, message):
    plan_and_apply(app)
    before = files_of(app), (app / ".shield/journal.jsonl").read_bytes()
    with pytest.raises(UnsafePlanError, match=message):
        undo_last_run(app, aws=account(**place))
    assert (files_of(app), (app / ".shield/journal.jsonl").read_bytes()) == before
    undo_last_run(app)
    assert secrets_of(account()) == dict.fromkeys(NAMES)


@pytest.mark.parametrize(("place", "message"), ELSEWHERE)
def test_refuses_to_finish_an_apply_in_another_account(app, aws, monkeypatch, place, message):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("CreateSecret", "AccessDeniedException", at=2)
        with pytest.raises(AwsError):
            plan_and_apply(app)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    journal, tree = (app / ".shield/journal.jsonl").read_bytes(), Tree(app)
    with pytest.raises(UnsafePlanError, match=message):
        plan_and_apply(app, aws=account(**place))
    there = account(**place)
    plan = plan_for(tree, there.live_state(NAMES))
    # a plan from a file
    with pytest.raises(UnsafePlanError, match=message):
        apply_plan(app, plan, aws=there)
    assert (app / ".shield/journal.jsonl").read_bytes() == journal
    plan_and_apply(app)
    assert all(secrets_of(account()).values())
