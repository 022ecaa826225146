"""Rotation in a server with a full disk, which requires the permission to mount a file system."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from bed import PostgresBed
from waiting import wait_for

from shield_ai.rotator.errors import DatabaseError
from shield_ai.sandbox import LocalPostgres
from shield_ai.sandbox.binaries import find_binaries, server_user
from shield_ai.sandbox.emulator.supervised import SupervisedProcess


@pytest.fixture
def small_disk():
    folder = Path(tempfile.mkdtemp(prefix="shield-disk-", dir="/tmp"))
    folder.chmod(0o755)
    mounted = not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=96m,mode=755", "tmpfs", folder],
        capture_output=True,
        check=False,
    ).returncode
    if mounted:
        yield folder
        subprocess.run(["umount", folder], check=True)
    shutil.rmtree(folder)
    if not mounted:
        pytest.skip("mounting a file system is not permitted")


def fill(path):
    """Fill the disk."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(os.urandom(4096))


@contextlib.contextmanager
def restarted(home, port):
    """Restart the server with the same data."""
    account = server_user()
    command = [
        str(find_binaries() / "postgres"),
        "-D",
        str(home / "data"),
        "-p",
        str(port),
        "-c",
        "listen_addresses=127.0.0.1",
    ]
    command += ["-c", "unix_socket_directories="]
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    with SupervisedProcess(
        "PostgreSQL",
        [command],
        log=home / "again.log",
        env=env,
        cwd=home,
        user=account,
        stop=signal.SIGINT,
    ):
        yield


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_full_disk(aws, small_disk, strategy):
    home = small_disk / "server"
    with LocalPostgres.start(home) as server:
        bed = PostgresBed(aws, server, strategy)
        bed.rotate()
        fill(small_disk / "rest")
        # Also use up the spare files of the write-ahead log, which stops the server.
        with contextlib.suppress(psycopg.Error), server.connect() as superuser:
            for _ in range(200):
                superuser.execute(
                    "SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000000))"
                )
        old, token = bed.document(), bed.start_rotation()
        with pytest.raises(DatabaseError):
            bed.rotate(token)
    (small_disk / "rest").unlink()
    with restarted(home, server.port):
        assert wait_for(lambda: bed.can_log_in(old))

        def again():
            with contextlib.suppress(DatabaseError):
                bed.rotate(token)
                return True
            return False

        assert wait_for(again)
        bed.assert_access()
        assert bed.document() != old
        assert bed.can_log_in(old) == bed.is_always_available
