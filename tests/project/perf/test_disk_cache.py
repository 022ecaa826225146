from __future__ import annotations

import os
import stat

import pytest

from shield_ai.project.perf.disk_cache import get_or_create, load


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "shield-ai"


def test_entries_are_created_once(folder) -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"thing"

    assert get_or_create("thing", b"key", make) == get_or_create("thing", b"key", make) == b"thing"
    assert made == [1]
    get_or_create("thing", b"other", make)
    assert made == [1, 1]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


def test_removes_old_entries(folder) -> None:
    for number in range(20):
        get_or_create("thing", str(number).encode(), lambda: b"x")
    assert len(list(folder.iterdir())) == 8


def test_unwritable_folder(tmp_path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert get_or_create("thing", b"key", lambda: b"thing") == b"thing"


def test_loop_of_links(tmp_path, monkeypatch) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for folder in ("loop", "loop/below"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / folder))
        assert get_or_create("thing", b"key", lambda: b"thing") == b"thing"


def test_replaces_invalid_entries(folder) -> None:
    get_or_create("thing", b"key", lambda: b"thing")
    (place,) = folder.iterdir()
    for left in (b"", b"garbage"):
        place.write_bytes(left)
        assert (
            get_or_create("thing", b"key", lambda: b"thing", lambda made: made == b"thing")
            == b"thing"
        )
        assert place.read_bytes() == b"thing"
    assert list(folder.iterdir()) == [place]


def test_user_without_a_home(tmp_path, monkeypatch) -> None:
    def home() -> None:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", home)
    assert get_or_create("thing", b"key", lambda: b"thing") == b"thing"


def test_ignores_a_relative_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert get_or_create("thing", b"key", lambda: b"thing") == b"thing"
    assert list(tmp_path.iterdir()) == []


def _replace_by_link(entry) -> None:
    entry.rename(entry.parent / "other")
    entry.symlink_to("other")


def _replace_by_pipe(entry) -> None:
    entry.unlink()
    os.mkfifo(entry, 0o600)


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param(_replace_by_link, id="link"),
        pytest.param(_replace_by_pipe, id="pipe"),
        pytest.param(lambda entry: entry.chmod(0o620), id="file writable by the group"),
        pytest.param(lambda entry: entry.parent.chmod(0o777), id="folder writable by others"),
    ],
)
def test_ignores_an_entry_that_others_could_have_written(folder, tamper) -> None:
    get_or_create("thing", b"key", lambda: b"thing")
    assert load("thing", b"key") == b"thing"
    (entry,) = folder.iterdir()
    tamper(entry)
    assert load("thing", b"key") is None


@pytest.mark.parametrize("is_folder", [False, True], ids=["file", "folder"])
def test_ignores_an_entry_of_another_user(folder, monkeypatch, is_folder) -> None:
    get_or_create("thing", b"key", lambda: b"thing")
    get_status = os.fstat

    def fstat(handle):
        status = list(get_status(handle))
        if stat.S_ISDIR(status[0]) is is_folder:
            status[4] += 1
        return os.stat_result(status)

    monkeypatch.setattr("os.fstat", fstat)
    assert load("thing", b"key") is None


def test_uses_a_link_to_a_folder(tmp_path, folder) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to("elsewhere")
    get_or_create("thing", b"key", lambda: b"thing")
    assert load("thing", b"key") == b"thing"
