from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import pytest
from dotenv import dotenv_values

from shield_ai.model.errors import ShieldError
from shield_ai.sandbox.demo import run_demo, snapshot

PROC = Path("/proc")


class Watch(threading.Thread):
    """Records the command lines of all processes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: set[bytes] = set()
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.wait(0.02):
            for process in PROC.glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(process.read_bytes())
                except OSError:
                    continue

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.join()


def start(*arguments: str, tmp: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "NO_COLOR": "1", "TMPDIR": str(tmp), "SHIELD_DEMO_MARK": str(tmp)}
    return subprocess.Popen(
        [sys.executable, "-m", "shield_ai", "demo", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_behind(tmp: Path) -> list[str]:
    """Return the command lines of a demo's processes that are still running."""
    mark, found = f"SHIELD_DEMO_MARK={tmp}".encode(), []
    for process in PROC.glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


needs_proc = pytest.mark.skipif(not (PROC / "self/cmdline").exists(), reason="requires /proc")


@needs_proc
def test_demo_succeeds_and_leaks_no_value(tmp_path):
    folder = tmp_path / "kept"
    with Watch() as watch:
        process = start("--keep", os.path.relpath(folder), tmp=tmp_path)
        output, _ = process.communicate()
    assert process.returncode == 0, output
    summary = dict(
        line.split(maxsplit=1) for line in output.splitlines() if re.match(r"[a-z]+ {2,}\S", line)
    )
    assert summary.keys() >= {
        "start",
        "before",
        "scan",
        "draft",
        "plan",
        "apply",
        "after",
        "verify",
        "audit",
        "report",
        "rollback",
        "rotate",
        "leaks",
    }
    assert "FAILED" not in output
    loads = re.findall(r"(one user|two users).*: (\d+) requests, 0 failed", output)
    assert [users for users, _ in loads] == ["one user", "two users"]
    assert all(int(number) >= 60 for _, number in loads)

    values = {
        k: v
        for k, v in dotenv_values(folder / "storefront/.env").items()
        if v and not k.startswith("DATABASE_")
    }
    values["DATABASE_PASSWORD"] = dotenv_values(folder / "storefront/.env")["DATABASE_PASSWORD"]
    assert len(values) >= 8
    places = {"output": output.encode(), "argv": b"\n".join(watch.seen)}
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in {".env", "env-put-aside"}:
            places[str(path.relative_to(folder))] = path.read_bytes()
    leaks = [
        (name, place)
        for name, value in values.items()
        for place, text in places.items()
        if value.encode() in text
    ]
    assert leaks == []
    assert left_behind(tmp_path) == []


MOMENTS = ["scan", "apply", "plan", "rollback"][
    : None if os.environ.get("SHIELD_KILL_MATRIX") else 2
]


@needs_proc
@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_nothing_running(tmp_path, moment):
    process = start(tmp=tmp_path)
    seen = []
    for line in process.stdout:
        seen.append(line)
        if line.startswith(f"$ shield {moment}"):
            os.killpg(process.pid, signal.SIGINT)
            break
    rest = process.communicate(timeout=60)[0]
    assert process.returncode == 130, "".join(seen) + rest
    assert left_behind(tmp_path) == []
    assert [p.name for p in tmp_path.iterdir()] == []


def test_keep_requires_an_empty_folder(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(ShieldError, match="is not empty"):
        run_demo(tmp_path)
    assert snapshot(tmp_path) == {"mine": b""}
