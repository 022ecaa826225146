"""A journal, a lock or a backup in a scanned repository changes neither files nor AWS."""

from __future__ import annotations

import hashlib
import json
import shutil

import boto3
import pytest
from hostile_git import git
from hostile_git import make_app as make_git_app
from shield_helpers import make_app, run

REGION = "us-east-1"
FOREIGN = "billing-master-key"
ADMIN = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
MAC = "0" * 64


def line(seq, event, **fields):
    return {"seq": seq, "run": "deadbeef", "event": event, **fields}


def aws_step(seq, what, **fields):
    step = {"kind": "aws", "what": what, "account": "123456789012", "region": REGION}
    return line(seq, "begin", **step, **fields)


def file_step(seq, what, before, after):
    return line(seq, "begin", kind="file", what=what, before=before, after=after, mode=0o644)


def commit_journal(app, records, *, track=True, mac=""):
    """Write a journal as somebody who knows the format but not the key."""
    folder = app / ".shield"
    (folder / "backups").mkdir(parents=True, exist_ok=True)
    lines = [{"journal": "00" * 16, "mac": mac}, *records] if mac else records
    text = "".join(json.dumps({**item, "mac": mac} if mac else item) + "\n" for item in lines)
    (folder / "journal.jsonl").write_text(text)
    if track:
        git(app, "init", "-q")
        git(app, "add", "-f", ".shield")
        git(app, "commit", "-q", "-m", "add the journal")


@pytest.fixture
def app(tmp_path):
    root = tmp_path / "app"
    root.mkdir()
    make_app(root)
    return root


@pytest.fixture
def foreign(aws):
    """A secret of another application, which was never deleted."""
    client = boto3.client("secretsmanager", region_name=REGION)
    client.create_secret(Name=FOREIGN, SecretString="theirs")
    return client


FORGERIES = [
    pytest.param({"track": True}, id="tracked"),
    pytest.param({"track": False}, id="without macs"),
    pytest.param({"track": False, "mac": MAC}, id="wrong macs"),
]


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.parametrize(
    "command",
    [
        ["apply", "--yes", "--no-proof", "--env-file", ".env"],
        ["apply", "--no-proof", "--env-file", ".env"],
        ["rollback", "--yes"],
        ["rollback", "--yes", "--only", "aws"],
        ["plan", "--env-file", ".env"],
    ],
    ids=" ".join,
)
def test_a_forged_journal_changes_nothing_in_aws(app, foreign, command, forgery):
    iam = boto3.client("iam", region_name=REGION)
    policy = {"document": ADMIN, "description": "", "tags": {}}
    records = [
        line(1, "start"),
        aws_step(2, FOREIGN, action="restore", settings={}, was={}, token="f" * 32),
        aws_step(3, FOREIGN, action="create", settings={}),
        aws_step(4, "forged", resource="policy", action="remove", was=policy),
    ]
    commit_journal(app, records, **forgery)
    done = run(*command, cwd=app)
    assert "DeletedDate" not in foreign.describe_secret(SecretId=FOREIGN)
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert done.code == 4, done.text
    assert ".shield" in done.err
    assert "hint:" in done.err


def forge_backup(app, what, old, new):
    digests = [hashlib.sha256(content).hexdigest() for content in (old, new)]
    records = [line(1, "start"), file_step(2, what, *digests), line(3, "done", of=2)]
    commit_journal(app, records, track=False)
    for digest, content in zip(digests, (old, new), strict=True):
        (app / ".shield/backups" / digest).write_bytes(content)


@pytest.mark.parametrize("adopt", [[], ["--adopt"]], ids=["plain", "adopt"])
@pytest.mark.parametrize("what", [".git/config", "sub/.GIT/hooks/pre-commit", "../outside"])
def test_a_forged_backup_restores_nothing_below_git_or_outside(tmp_path, what, adopt):
    app = make_git_app(tmp_path / "app")
    target = app / what
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.write_bytes(b"old")
    before = target.read_bytes()
    forge_backup(app, what, b"[core]\n\tfsmonitor = evil\n", before)
    done = run("rollback", "--yes", "--only", "code", *adopt, cwd=app)
    assert target.read_bytes() == before
    assert done.code in {2, 4}, done.text


def test_a_forged_backup_restores_a_file_only_when_adopted(app):
    settings = app / "shop/settings.py"
    after = settings.read_bytes()
    forge_backup(app, "shop/settings.py", b"OLD = 1\n", after)
    refused = run("rollback", "--yes", cwd=app)
    assert refused.code == 4
    assert "rollback --adopt" in refused.err
    assert settings.read_bytes() == after
    asked = run("rollback", "--adopt", cwd=app)
    assert asked.code == 2
    assert settings.read_bytes() == after
    done = run("rollback", "--adopt", "--yes", cwd=app)
    assert done.code == 0, done.text
    assert "shop/settings.py" in done.err
    assert settings.read_bytes() == b"OLD = 1\n"
    assert not (app / ".shield/journal.jsonl").exists()


def test_an_adopted_journal_never_changes_aws(app, foreign):
    records = [line(1, "start"), aws_step(2, FOREIGN, action="restore", settings={}, was={})]
    commit_journal(app, records, track=False)
    done = run("rollback", "--adopt", "--yes", cwd=app)
    assert "DeletedDate" not in foreign.describe_secret(SecretId=FOREIGN)
    assert done.code == 0
    assert "AWS" in done.err


def test_an_adopted_backup_with_another_content_is_not_restored(app):
    settings = app / "shop/settings.py"
    after = settings.read_bytes()
    forge_backup(app, "shop/settings.py", b"OLD = 1\n", after)
    digest = hashlib.sha256(b"OLD = 1\n").hexdigest()
    (app / ".shield/backups" / digest).write_bytes(b"import evil\n")
    assert run("rollback", "--adopt", "--yes", cwd=app).code == 2
    assert settings.read_bytes() == after


def applied(app):
    """Apply the code half, and return the lines of the journal."""
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=app)
    assert done.code == 0, done.text
    return (app / ".shield/journal.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda lines: lines[1:], id="first line removed"),
        pytest.param(lambda lines: [lines[0], *lines[2:]], id="line removed"),
        pytest.param(lambda lines: [*lines[:2], lines[1], *lines[2:]], id="line repeated"),
        pytest.param(
            lambda lines: [*lines[:-2], lines[-1], lines[-2]], id="lines in another order"
        ),
        pytest.param(
            lambda lines: [
                text.replace(b"shop/settings.py", b"shop/__init__.py") for text in lines
            ],
            id="another file",
        ),
        pytest.param(
            lambda lines: [*lines, json.dumps(line(99, "start")).encode() + b"\n"], id="line added"
        ),
    ],
)
def test_an_edited_journal_is_refused(app, change):
    lines = applied(app)
    (app / ".shield/journal.jsonl").write_bytes(b"".join(change(lines)))
    before = (app / "shop/settings.py").read_bytes()
    done = run("rollback", "--yes", cwd=app)
    assert done.code == 4, done.text
    assert "not written in this folder by this user on this machine" in done.err
    assert (app / "shop/settings.py").read_bytes() == before


def test_the_journal_of_another_folder_or_user_is_refused(app, tmp_path, monkeypatch):
    applied(app)
    other = tmp_path / "other"
    shutil.copytree(app, other)
    assert run("rollback", "--yes", cwd=other).code == 4
    monkeypatch.setenv("SHIELD_STATE_DIR", str(tmp_path / "of another user"))
    assert run("rollback", "--yes", cwd=app).code == 4


def test_the_key_is_not_in_the_repository(app, monkeypatch):
    monkeypatch.setenv("SHIELD_STATE_DIR", str(app / "state"))
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=app)
    assert done.code == 2, done.text
    assert "SHIELD_STATE_DIR" in done.err
    assert not (app / "state").exists()


def test_the_state_folder_is_in_a_loop(app, tmp_path, monkeypatch):
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("SHIELD_STATE_DIR", str(tmp_path / "loop/state"))
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=app)
    assert "Too many levels of symbolic links" in done.err


LINKED = ["", "journal.jsonl", "lock", "backups", ".gitignore", "edited"]


@pytest.mark.parametrize("name", LINKED)
def test_links_in_the_folder_are_refused(app, tmp_path, name):
    outside = tmp_path / "outside"
    is_folder = name in {"", "backups", "edited"}
    if is_folder:
        outside.mkdir()
    else:
        outside.write_text("untouched")
    link = app / ".shield" / name if name else app / ".shield"
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    done = run("apply", "--only", "code", "--yes", "--no-proof", cwd=app)
    assert done.code == 4, done.text
    assert "symbolic link" in done.err
    assert (list(outside.iterdir()) == []) if is_folder else outside.read_text() == "untouched"


def test_a_linked_backup_is_not_followed(app, tmp_path):
    lines = applied(app)
    begin = next(
        record for record in map(json.loads, lines) if record.get("what") == "shop/settings.py"
    )
    backup = app / ".shield/backups" / begin["before"]
    copy = tmp_path / "copy"
    backup.rename(copy)
    backup.symlink_to(copy)
    before = (app / "shop/settings.py").read_bytes()
    assert run("rollback", "--yes", cwd=app).code == 2
    assert (app / "shop/settings.py").read_bytes() == before


@pytest.mark.parametrize("name", ["journal.jsonl", "lock", "backups/x", "key", "edited/a.py"])
def test_tracked_files_in_the_folder_are_refused(app, name):
    path = app / ".shield" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    git(app, "init", "-q")
    git(app, "add", "-f", ".shield")
    done = run("apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", cwd=app)
    assert done.code == 4, done.text
    assert "tracked by git" in done.err
    assert f".shield/{name}" in done.err


def test_a_tracked_journal_of_this_user_is_read_but_not_written(app):
    git(app, "init", "-q")
    applied(app)
    git(app, "add", "-A", "-f", "--", ".", ":!.env")
    arguments = ("--only", "code", "--yes", "--no-proof", "--allow-dirty")
    assert run("apply", *arguments, cwd=app).code == 0  # nothing to do
    settings = app / "shop/settings.py"
    settings.write_text(settings.read_text() + 'API_TOKEN = os.environ["API_TOKEN"]\n')
    assert run("draft", cwd=app).code == 0
    done = run("apply", *arguments, cwd=app)
    assert (done.code, "tracked by git" in done.err) == (4, True), done.text
    git(app, "rm", "-rq", "--cached", ".shield")
    assert run("rollback", "--yes", "--force", "--only", "code", cwd=app).code == 0


def test_a_folder_in_a_repository_that_git_refuses(app):
    """Whether git tracks the folder can't be told."""
    (app / ".shield").mkdir()
    git(app, "init", "-q")
    git(app, "config", "core.repositoryFormatVersion", "99")
    done = run("apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", cwd=app)
    assert (done.code, "git can't tell" in done.err) == (4, True), done.text
    assert "SHIELD" not in (app / "shop/settings.py").read_text()


@pytest.mark.parametrize("command", [["verify", "--only", "code"], ["rollback", "-y"]])
def test_a_sparse_journal_is_not_read(app, command):
    (app / ".shield").mkdir()
    with (app / ".shield/journal.jsonl").open("wb") as file:
        file.truncate(200_000_000)
    assert "journal.jsonl can't be read: larger than 100 MB" in run(*command, cwd=app).text


def test_tracked_patterns_are_allowed(app):
    (app / ".shield/patterns").mkdir(parents=True)
    (app / ".shield/patterns/ours.yaml").touch()
    git(app, "init", "-q")
    git(app, "add", "-f", ".shield")
    done = run("apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", cwd=app)
    assert "tracked by git" not in done.err


def test_a_gitignore_that_includes_the_backups_is_replaced(app):
    (app / ".shield").mkdir()
    (app / ".shield/.gitignore").write_text("!*\n")
    git(app, "init", "-q")
    applied(app)
    assert "backups" not in git(app, "status", "--porcelain", "-uall")


def test_recovery_lists_its_steps_and_asks(app, aws, monkeypatch):
    """Without --yes, an interrupted apply changes nothing before the answer."""
    from fault_proxy import FaultProxy

    with FaultProxy(aws.url) as proxy:
        proxy.answer("CreateSecret", "AccessDeniedException", at=2)
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        first = run("apply", "--yes", "--no-proof", "--env-file", ".env", cwd=app)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
    assert first.code == 5, first.text
    journal = (app / ".shield/journal.jsonl").read_bytes()
    asked = run("apply", "--no-proof", "--env-file", ".env", cwd=app)
    assert asked.code == 2
    assert "interrupted" in asked.err
    assert "confirmation required" in asked.err
    assert (app / ".shield/journal.jsonl").read_bytes() == journal
    assert run("apply", "--yes", "--no-proof", "--env-file", ".env", cwd=app).code == 0


def test_rollback_lists_its_steps_before_it_asks(app):
    applied(app)
    before = (app / "shop/settings.py").read_bytes()
    asked = run("rollback", cwd=app)
    assert asked.code == 2
    assert "shop/settings.py" in asked.err
    assert (app / "shop/settings.py").read_bytes() == before


def test_the_state_folder_is_private(app, tmp_path, monkeypatch):
    state = tmp_path / "home/state"
    monkeypatch.setenv("SHIELD_STATE_DIR", str(state))
    applied(app)
    modes = {oct(path.stat().st_mode & 0o777) for path in [state, *state.rglob("*")]}
    assert modes == {"0o700", "0o600"}
    assert not (app / ".shield/key").exists()
