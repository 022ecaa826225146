from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest
from disk_faults import fill_disk
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.flow.apply import file_transaction
from shield_ai.flow.journal.log import Journal
from shield_ai.model.edit import Edit
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import file_change
from shield_ai.project.tree import Tree


def snapshot(root):
    return {
        str(p.relative_to(root)): p.read_bytes() if p.is_file() else None
        for p in root.rglob("*")
        if ".shield" not in p.relative_to(root).parts
    }


def insertion(path, old, text, at=0):
    return file_change(path, old, [Edit(path=path, start=at, end=at, replacement=text)])


def changes(tree):
    return [
        insertion("settings.py", tree.read("settings.py"), "import x\n"),
        insertion("utils/deep/secrets.py", None, "new\n"),
        insertion(".env.example", tree.read(".env.example"), "A=\n"),
    ]


@pytest.fixture
def app(tmp_path):
    (tmp_path / "settings.py").write_bytes(b"KEY = 1\r\n")
    (tmp_path / ".env.example").write_bytes(b"B=")
    return tmp_path


def run(root, act):
    tree = Tree(root)
    with Journal(root).locked() as journal:
        return act(tree, journal)


def do(tree, journal):
    begun = file_transaction.stage_files(
        changes(tree), run=journal.begin_run(()), tree=tree, journal=journal
    )
    file_transaction.commit_files(begun, tree=tree, journal=journal)
    return begun


def test_undo_after_commit_restores_every_byte(app):
    before = snapshot(app)
    begun = run(app, do)
    after = snapshot(app)
    assert after["settings.py"] == b"import x\nKEY = 1\r\n"
    assert {*after} - {*before} == {"utils", "utils/deep", "utils/deep/secrets.py"}
    run(app, lambda tree, journal: file_transaction.undo_all(begun, tree=tree, journal=journal))
    assert snapshot(app) == before


@pytest.mark.parametrize(
    ("content", "is_kept"),
    [
        pytest.param(b"KEY = 1\r\n", False, id="copy"),
        pytest.param(b"precious", True, id="file of the user"),
    ],
)
def test_undo_removes_the_copy_that_an_earlier_version_saved(app, content, is_kept):
    (app / "settings.py.shield_ai_backup").write_bytes(content)
    [step] = [step for step in run(app, do) if step.what == "settings.py"]
    step = msgspec.structs.replace(step, backup=True)
    run(app, lambda tree, journal: file_transaction.undo(step, tree=tree, journal=journal))
    assert (app / "settings.py").read_bytes() == b"KEY = 1\r\n"
    assert (app / "settings.py.shield_ai_backup").exists() is is_kept


def test_a_full_disk_at_the_last_file_changes_nothing(app, monkeypatch):
    before = snapshot(app)
    fill_disk(monkeypatch, ".env.example")
    with pytest.raises(SourceError, match="No space left"):
        run(app, do)
    assert snapshot(app) == before


def test_a_failed_commit_undoes_the_other_files(app):
    tree = Tree(app)
    before = snapshot(app)
    with Journal(app).locked() as journal:
        begun = file_transaction.stage_files(
            changes(tree), run=journal.begin_run(()), tree=tree, journal=journal
        )
        (app / ".env.example").unlink()
        (app / ".env.example").mkdir()
        (app / ".env.example/x").touch()
        with pytest.raises(SourceError):
            file_transaction.commit_files(begun, tree=tree, journal=journal)
    assert (app / "settings.py").read_bytes() == before["settings.py"]
    assert not (app / "utils").exists()


@pytest.mark.parametrize("calls", range(1, 40, 3))
def test_restores_every_byte_when_killed_at_any_fsync(app, calls):
    """The process exits at its n-th fsync."""
    before = snapshot(app)
    code = (
        "import os, sys, pathlib; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/../../helpers']; import test_file_transaction as t\n"
        "real, left = os.fsync, [int(sys.argv[3])]\n"
        "def fsync(fd):\n    real(fd); left[0] -= 1\n    if not left[0]: os._exit(9)\n"
        "os.fsync = fsync; t.run(pathlib.Path(sys.argv[2]), t.do)"
    )
    here = os.path.dirname(__file__)  # noqa: PTH120  # a plain text for the child
    done = subprocess.run([sys.executable, "-c", code, here, str(app), str(calls)], check=False)
    assert done.returncode in {0, 9}
    is_edited = (app / "settings.py").read_bytes().startswith(b"import")
    assert (app / "utils/deep/secrets.py").exists() or not is_edited  # which it may import

    def undo(tree, journal):
        for name in journal.run_ids():
            file_transaction.undo_all(
                journal.open_file_steps(name)[::-1], tree=tree, journal=journal
            )

    run(app, undo)
    assert snapshot(app) == before


@given(st.binary(max_size=60), st.text(alphabet="ab\n", max_size=20), st.data())
def test_undo_is_the_inverse_of_commit(tmp_path_factory, old, text, data):
    root = tmp_path_factory.mktemp("app")
    (root / "f").write_bytes(old)
    at = data.draw(st.integers(0, len(old)))

    def there_and_back(tree, journal):
        begun = file_transaction.stage_files(
            [insertion("f", old, text, at)], run="r", tree=tree, journal=journal
        )
        file_transaction.commit_files(begun, tree=tree, journal=journal)
        assert tree.read("f") == old[:at] + text.encode() + old[at:]
        file_transaction.undo_all(begun, tree=tree, journal=journal)

    run(root, there_and_back)
    assert snapshot(root) == {"f": old}
