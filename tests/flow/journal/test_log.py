from __future__ import annotations

import os
import secrets
import signal
import stat
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.flow.journal.journal_record import FileStep, RunEnd, SecretStep
from shield_ai.flow.journal.log import Journal
from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.model.plan import Action


def file_step(run="r"):
    return FileStep(run=run, what="a.py", after="0")


def test_reads_records_in_order(tmp_path):
    with Journal(tmp_path).locked() as journal:
        run = journal.begin_run(("a.py",))
        step = journal.write(file_step(run))
        journal.mark_done(step)
    again = Journal(tmp_path).load()
    assert again.records == journal.records
    assert [r.seq for r in again.records] == [1, 2, 3]
    assert again.is_done(step)
    assert again.interrupted_run() == run


def test_only_the_owner_can_read_it(tmp_path):
    with Journal(tmp_path).locked() as journal:
        journal.backups.store(b"old")
        journal.request_token("x", Hidden("y"))
        journal.write(file_step())
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / ".shield").rglob("*")}
    assert {modes[n] for n in modes if n not in {"backups", ".gitignore", "lock"}} == {0o600}
    assert stat.S_IMODE((tmp_path / ".shield").stat().st_mode) == modes["backups"] == 0o700
    assert "*" in (tmp_path / ".shield/.gitignore").read_text().splitlines()


@pytest.mark.parametrize("torn", [b"{", b'{"seq":2,"run":"r","event":"be', b"\xff\x00"])
def test_ignores_a_partial_last_line(tmp_path, torn):
    with Journal(tmp_path).locked() as journal:
        journal.write(file_step())
    with journal.path.open("ab") as file:
        file.write(torn)
    assert len(Journal(tmp_path).load().records) == 1
    with Journal(tmp_path).locked() as again:
        again.end_run("r")
    assert [type(r) for r in Journal(tmp_path).load().records] == [FileStep, RunEnd]


@pytest.mark.parametrize("moment", ["write", "fsync", "close"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_acts_after_the_record_is_written(tmp_path, monkeypatch, moment, number):
    def stop(_number, _frame):
        raise KeyboardInterrupt

    previous = signal.signal(number, stop)
    original = getattr(os, moment)

    def interrupted(*arguments):
        monkeypatch.setattr(os, moment, original)
        result = original(*arguments)
        os.kill(os.getpid(), number)
        return result

    try:
        with Journal(tmp_path).locked() as journal:
            run = journal.begin_run(("a.py",))
            monkeypatch.setattr(os, moment, interrupted)
            with pytest.raises(KeyboardInterrupt):
                journal.write(file_step(run))
            assert isinstance(journal.records[-1], FileStep)
            journal.mark_undone(journal.records[-1])
    finally:
        signal.signal(number, previous)
    assert [record.seq for record in Journal(tmp_path).load().records] == [1, 2, 3]


def test_refuses_a_damaged_line(tmp_path):
    with Journal(tmp_path).locked() as journal:
        journal.write(file_step())
    journal.path.write_bytes(b"garbage\n" + journal.path.read_bytes())
    with pytest.raises(SourceError, match=":1 is damaged"):
        Journal(tmp_path).load()


def test_refuses_a_second_command(tmp_path):
    with Journal(tmp_path).locked(), pytest.raises(UnsafePlanError, match="another shield"):  # noqa: SIM117
        with Journal(tmp_path).locked():
            pass


def test_a_killed_command_releases_the_lock(tmp_path):
    code = (
        "import os, sys, pathlib; from shield_ai.flow.journal.log import Journal\n"
        "with Journal(pathlib.Path(sys.argv[1])).locked(): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    with Journal(tmp_path).locked():
        pass


def test_a_read_only_folder(tmp_path):
    (tmp_path / ".shield").write_text("in the way")
    with pytest.raises(SourceError, match="can't be written"), Journal(tmp_path).locked():
        pass


FULL = """
import pathlib, resource, sys
from shield_ai.model.errors import SourceError
from shield_ai.flow.journal.log import Journal
with Journal(pathlib.Path(sys.argv[1])).locked() as journal:
    size = journal.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, size + 10))
    for act in (lambda: journal.end_run("r"), lambda: journal.backups.store(b"x" * 10_000)):
        try:
            act()
        except SourceError as error:
            print(error.message)
"""


def test_a_full_disk_leaves_the_journal_intact(tmp_path):
    """A limit on the file size interrupts the write, as a full disk does."""
    with Journal(tmp_path).locked() as journal:
        journal.write(file_step())
    before = journal.path.read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert [
        line.rpartition(": ")[0].endswith("can't be written") for line in done.stdout.splitlines()
    ] == [True, True]
    assert journal.path.read_bytes() == before
    assert list((tmp_path / ".shield/backups").iterdir()) == []


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_the_request_token_depends_on_name_value_and_key(tmp_path_factory, one, two):
    with Journal(tmp_path_factory.mktemp("a")).locked() as journal:
        token = journal.request_token("name", Hidden(one))
        assert token == journal.request_token("name", Hidden(one))
        assert (token == journal.request_token("name", Hidden(two))) == (one == two)
        assert token != journal.request_token("other", Hidden(one))
        assert 32 <= len(token) <= 64  # the limits of ClientRequestToken
    with Journal(tmp_path_factory.mktemp("b")).locked() as other:
        assert token != other.request_token("name", Hidden(one))


def test_writes_no_values(tmp_path):
    value = secrets.token_hex(16)
    with Journal(tmp_path).locked() as journal:
        token = journal.request_token("n", Hidden(value))
        step = SecretStep(
            run="r", what="n", action=Action.CREATE, token=token, account="1", region="us-east-1"
        )
        journal.write(step)
    assert all(
        value.encode() not in p.read_bytes()
        for p in (tmp_path / ".shield").rglob("*")
        if p.is_file()
    )


def test_git_sees_only_the_users_patterns(tmp_path):
    with Journal(tmp_path).locked():
        pass
    (tmp_path / ".shield" / "patterns").mkdir()
    (tmp_path / ".shield" / "patterns" / "ours.yaml").write_text("")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    listed = ["git", "-C", str(tmp_path), "status", "--porcelain", "--untracked-files=all"]
    assert (
        subprocess.run(listed, check=True, capture_output=True, text=True).stdout
        == "?? .shield/patterns/ours.yaml\n"
    )
