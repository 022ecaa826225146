from __future__ import annotations

import os
import pty
import subprocess
import sys

import click
import pytest
from shield_helpers import files_of, make_app, run

from shield_ai.cli.progress import MIN_ITEMS, progress_bar

PROGRAM = """
import sys
from shield_ai.cli.progress import ProgressBar
with ProgressBar() as bar:
    total = int(sys.argv[1])
    for number in range(total + 1):
        bar.update("secrets described", number, total)
        if number == total // 2:
            bar.print("[half] of it")
    if total > 30:
        bar.update("batches read", 1, total)
sys.stderr.write("the end\\n")
"""


def on_a_terminal(total, **environment):
    """Run the program on a terminal, and return its output."""
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


def test_bar_disappears_at_the_end():
    shown = on_a_terminal(40)
    assert "secrets described" in shown
    assert "40/40" in shown
    assert "\x1b[2K[half] of it\r\n" in shown  # above the bar
    assert "batches read" in shown  # unfinished when the command ends
    assert shown.replace("\r", "").endswith("the end\n")
    assert "\x1b[?25h" in shown.rpartition("batches read")[2]  # the cursor is back


@pytest.mark.parametrize(
    ("total", "environment"),
    [
        pytest.param(MIN_ITEMS - 1, {}, id="few"),
        pytest.param(40, {"TERM": "dumb"}, id="dumb terminal"),
    ],
)
def test_no_bar(total, environment):
    assert on_a_terminal(total, **environment).split() == ["[half]", "of", "it", "the", "end"]


COUNT = """
import sys, time
from shield_ai.cli.progress import CountLine
line = CountLine("files")
line(1, 4000)
line._start -= 10
line._last_update = 0
line(1000, 4000)
line._start -= 990
line._last_update = 0
line(2000, 4000)
line(3000, 4000)
line(4000, 4000)
sys.stderr.write("the end\\n")
"""


def test_count_line_with_an_estimate(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PROGRAM", COUNT)
    shown = on_a_terminal(0).split("\r")
    assert [part.replace("\x1b[K", "").strip() for part in shown if part.strip()] == [
        "1 of 4,000 files",
        "1,000 of 4,000 files, 30 s left",
        "2,000 of 4,000 files, 16 min 40 s left",
        "the end",
    ]


def test_apply_advances_when_each_file_is_written(tmp_path, monkeypatch):
    make_app(tmp_path)
    before = files_of(tmp_path)
    seen = []

    def record(_bar, description, done, total):
        if description == "steps done":
            seen.append((done, total, files_of(tmp_path)))

    monkeypatch.setattr("shield_ai.cli.progress.ProgressBar.update", record)
    done = run("apply", "--only", "code", "--yes", cwd=tmp_path)
    assert done.code == 0, done.text
    after = files_of(tmp_path)
    edited = [path for path in after if before.get(path) != after[path]]
    steps = [
        (done, total, sum(now.get(path) == after[path] for path in edited))
        for done, total, now in seen
    ]
    assert len(edited) > MIN_ITEMS
    assert steps == [(number, len(edited), number) for number in range(1, len(edited) + 1)]


def test_no_bar_without_a_terminal():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "40"], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("", "[half] of it\nthe end\n")


def test_a_command_has_one_bar():
    with click.Context(click.Command("apply")):
        assert progress_bar() is progress_bar()
