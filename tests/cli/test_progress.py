from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from shield_ai.cli.progress import FEW

PROGRAM = """
import sys
from shield_ai.cli.progress import Bar
with Bar() as bar:
    total = int(sys.argv[1])
    for number in range(total + 1):
        bar.tick("secrets looked at", number, total)
        if number == total // 2:
            bar.say("[half] of it")
    if total > 30:
        bar.tick("batches read", 1, total)
sys.stderr.write("the end\\n")
"""


def on_a_terminal(total, **environment):
    """What a terminal would get to show."""
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(total)], stderr=slave, stdout=slave, env=env
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:  # the other end is closed: all is read
            break
        if not part:
            break
        shown += part
    os.close(master)
    assert process.wait() == 0
    return shown.decode()


def test_a_bar_on_a_terminal_that_is_gone_at_the_end():
    shown = on_a_terminal(40)
    assert "secrets looked at" in shown
    assert "40/40" in shown
    assert "\x1b[2K[half] of it\r\n" in shown  # on a line of its own, as it was said
    assert "batches read" in shown  # left unfinished: the command ended
    assert shown.replace("\r", "").endswith("the end\n")
    assert "\x1b[?25h" in shown.rpartition("batches read")[2]  # the cursor is back


@pytest.mark.parametrize(
    ("total", "environment"),
    [
        pytest.param(FEW - 1, {}, id="few"),
        pytest.param(40, {"TERM": "dumb"}, id="a terminal that can't"),
    ],
)
def test_no_bar(total, environment):
    assert on_a_terminal(total, **environment).split() == ["[half]", "of", "it", "the", "end"]


def test_nothing_where_it_is_no_terminal():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "40"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "[half] of it\nthe end\n")
