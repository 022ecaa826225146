from __future__ import annotations

import os
import signal
import stat
import threading
import time
from pathlib import Path

import pytest

from shield_ai.project.safe_write import read_private_file, write_output, write_private_file


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The current folder, beside one that is out of bounds."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_replaces_a_file_and_keeps_its_permissions(folder, monkeypatch):
    path = folder / "report.json"
    write_output(path, b"no findings\n")
    path.chmod(0o640)
    new = b"1 finding in 1 file: 1 high\n"
    write_output(path, new)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (new, 0o640)

    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_output(path, b"half")
    assert path.read_bytes() == new
    assert list(folder.iterdir()) == [path]


@pytest.mark.parametrize("write", [write_output, write_private_file])
@pytest.mark.parametrize("name", ["out", "."])
def test_leaves_no_temporary_file_beside_a_folder(folder, write, name):
    (folder / "out").mkdir()
    with pytest.raises(OSError, match=r"Is a directory|No such file"):
        write(Path(name), b"new")
    assert list(folder.iterdir()) == [folder / "out"]


def test_replaces_a_link_instead_of_its_target(tmp_path, folder):
    target = tmp_path / "target"
    target.write_text("mine")
    (folder / "report.html").symlink_to(target)
    write_output(Path("report.html"), b"new")
    assert target.read_text() == "mine"
    assert (folder / "report.html").read_bytes() == b"new"
    assert not (folder / "report.html").is_symlink()


def test_folder_that_is_a_link_out_of_the_current_folder_is_refused(tmp_path, folder):
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(OSError, match="leads out of the current folder"):
        write_output(Path("out/report.html"), b"new")
    assert not (tmp_path / "report.html").exists()


def test_path_that_the_user_spelled_out_is_followed(tmp_path, folder):
    write_output(Path("../report.html"), b"1")
    write_output(tmp_path / "other.html", b"2")
    assert (tmp_path / "report.html").read_bytes() == b"1"
    assert (tmp_path / "other.html").read_bytes() == b"2"


def test_devices_and_pipes_are_written_directly(folder):
    write_output(Path("/dev/null"), b"new")
    assert not Path("/dev/null").is_file()
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_output(Path("pipe"), b"new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)


def test_a_stopped_write_to_a_pipe_continues(monkeypatch):
    """A signal such as SIGCONT ends the system call after a part of the content."""
    os.mkfifo("pipe")
    received = []

    def interrupt_and_read(main=threading.get_ident()):
        with Path("pipe").open("rb") as pipe:
            time.sleep(0.1)  # until the pipe is full
            signal.pthread_kill(main, signal.SIGUSR1)
            time.sleep(0.1)
            received.append(pipe.read())

    previous = signal.signal(signal.SIGUSR1, lambda *_: None)
    reader = threading.Thread(target=interrupt_and_read)
    reader.start()
    try:
        write_output(Path("pipe"), b"x" * 1_000_000)
    finally:
        reader.join()
        signal.signal(signal.SIGUSR1, previous)
    assert len(received[0]) == 1_000_000


def test_a_name_of_an_open_file_is_written_directly(folder):
    with (folder / "open").open("wb") as file:
        write_output(Path(f"/dev/fd/{file.fileno()}"), b"1")
        assert (folder / "open").read_bytes() == b"1"
        write_output(Path(f"/proc/self/fd/{file.fileno()}"), b"2")
    assert (folder / "open").read_bytes() == b"2"


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="needs a writable /dev/shm")
def test_a_link_below_dev_is_replaced(folder):
    (folder / "target").write_bytes(b"mine")
    link = Path("/dev/shm") / f"shield-test-{os.getpid()}"
    link.symlink_to(folder / "target")
    try:
        write_output(link, b"new")
        assert (link.is_symlink(), link.read_bytes()) == (False, b"new")
    finally:
        link.unlink()
    assert (folder / "target").read_bytes() == b"mine"


def test_a_link_in_a_path_through_dev_is_replaced(folder):
    (folder / "target").write_bytes(b"mine")
    (folder / "link").symlink_to("target")
    write_output(Path("/dev/..") / (folder / "link").relative_to("/"), b"new")
    assert (folder / "target").read_bytes() == b"mine"
    assert (folder / "link").read_bytes() == b"new"


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda path: write_output(path, b"new"), id="output"),
        pytest.param(lambda path: write_private_file(path, b"new"), id="write"),
        pytest.param(read_private_file, id="read"),
    ],
)
def test_a_loop_of_links_is_an_oserror(folder, use):
    (folder / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="symbolic links"):
        use(Path("loop/report.json"))


def test_missing_folder(folder):
    with pytest.raises(FileNotFoundError):
        write_output(Path("missing/report.html"), b"new")


def test_a_private_file_is_replaced_with_mode_0600(folder):
    path = folder / ".env"
    assert read_private_file(path) is None
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private_file(path, b"new")
    assert (read_private_file(path), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)
    assert list(folder.iterdir()) == [path]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_a_private_file_belongs_to_the_user_who_writes_it(folder):
    path = folder / ".env"
    path.write_bytes(b"theirs")
    os.chown(path, 65534, 65534)
    write_private_file(path, b"ours")
    assert (path.stat().st_uid, path.stat().st_gid) == (os.geteuid(), os.getegid())


def test_a_private_file_of_another_user_is_not_read(folder, monkeypatch):
    path = folder / ".env"
    path.write_bytes(b"theirs")
    monkeypatch.setattr("os.geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(OSError, match="belongs to another user"):
        read_private_file(path)


def test_a_private_file_is_not_read_through_a_link(tmp_path, folder):
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    (folder / "link").symlink_to(target)
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        read_private_file(Path("link"))
    with pytest.raises(OSError, match="leads out of the current folder"):
        read_private_file(Path("out/target"))
    with pytest.raises(OSError, match="leads out of the current folder"):
        write_private_file(Path("out/target"), b"ours")
    write_private_file(Path("link"), b"ours")
    assert (target.read_bytes(), (folder / "link").read_bytes()) == (b"theirs", b"ours")


def test_a_private_file_is_a_regular_file(folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_private_file(folder / "pipe")


@pytest.mark.parametrize("path", ["/dev/no-such-device", "/dev/fd/1", "/proc/self/no-such-file"])
def test_a_private_file_is_not_in_a_folder_of_devices(path):
    with pytest.raises(OSError, match="not a regular file"):
        read_private_file(Path(path))
