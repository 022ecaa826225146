from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios

COLUMNS = 60


def test_a_plan_fits_into_a_terminal(tmp_path):
    (tmp_path / "config.py").write_text("import os\nAPI_TOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "requirements.txt").write_text("flask\nboto3\n")
    terminal, stdout = pty.openpty()
    fcntl.ioctl(stdout, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    command = [sys.executable, "-m", "shield_ai", "plan", "--only", "code"]
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    done = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=stdout, stderr=stdout)
    os.close(stdout)
    shown = b""
    while chunk := read(terminal):
        shown += chunk
    os.close(terminal)
    assert done.wait() == 0, shown
    step = shown.decode().replace("\r", "").partition("us-east-1 is only")[2]
    assert "\n  " in step, shown
    assert max(map(len, step.splitlines())) <= COLUMNS


def read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux reports the end of a terminal as an error
        return b""
