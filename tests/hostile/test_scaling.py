"""A file with four times as many entries takes about four times as long, in every format."""

from __future__ import annotations

import json
import time

import pytest
from shield_helpers import run

READ = "import os\nKEY = os.environ['SECRET_KEY']\n"
# Linear time gives a ratio of about 4, quadratic time one of 16.
GROWTH = 4
MAX_RATIO = 8


def repeat(template: str, count: int) -> str:
    """Return a text for each number below a count."""
    return "".join(template.replace("N", str(number)) for number in range(count))


CASES = [
    pytest.param(
        1500, lambda n: {"a.json": repeat('{"password":"hunter2hunterN"},', n)}, id="one line"
    ),
    pytest.param(
        5000,
        lambda n: {
            "a.ipynb": json.dumps({"cells": [{"source": [f"PASSWORD='xx{i}'"]} for i in range(n)]})
        },
        id="notebook",
    ),
    pytest.param(
        3000, lambda n: {"Dockerfile": repeat("ENV DB_PASSWORD hunter2hunterN\n", n)}, id="parsed"
    ),
    pytest.param(
        2000,
        lambda n: {"a.py": repeat("PASSWORD = 'hunter2hunterN'  # shield: ignore x\n", n)},
        id="suppressions",
    ),
    pytest.param(3000, lambda n: {"settings.py": f'PASSWORD = "{"my-" * n}"\n'}, id="long value"),
    pytest.param(
        1500,
        lambda n: {
            "shield.toml": "[app]\nname = 'x'\n"
            + repeat("[[secret]]\nname = 'sN'\nenv = 'VN'\n", n),
            "s.py": READ,
        },
        id="manifest",
    ),
    pytest.param(
        2000,
        lambda n: {
            "s.py": "from pydantic_settings import BaseSettings\nclass C(BaseSettings):\n"
            + repeat("    api_keyN: str\n", n)
        },
        id="fields",
    ),
    pytest.param(
        700,
        lambda n: {"s.py": "import os\n" + repeat("k = 'API_KEY'\nTOKENN = os.environ[k]\n", n)},
        id="computed names",
    ),
    pytest.param(
        300,
        lambda n: {f"p{i}/settings.py": READ.replace("SECRET_KEY", f"KEY_{i}") for i in range(n)},
        id="settings",
    ),
]


def measure(folder, files, *arguments):
    """Return the CPU seconds of a command on some files."""
    folder.mkdir()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    before = time.process_time()
    done = run(*arguments, cwd=folder)
    assert done.code in {0, 1}, done.text
    return time.process_time() - before


@pytest.mark.parametrize(("count", "files"), CASES)
def test_scan_takes_linear_time(tmp_path, count, files):
    measure(tmp_path / "warm", files(2), "scan", "--jobs", "1")
    small = measure(tmp_path / "small", files(count), "scan", "--jobs", "1")
    large = measure(tmp_path / "large", files(GROWTH * count), "scan", "--jobs", "1")
    assert large < MAX_RATIO * max(small, 0.1)


PLAN_CASES = [
    pytest.param(
        2000,
        lambda n: {"s.py": READ, "requirements.txt": repeat("pN==1\n", n)},
        id="requirements",
    ),
    pytest.param(
        5000, lambda n: {"s.py": READ + "# password\n" * n + READ.splitlines()[1]}, id="comments"
    ),
]


@pytest.mark.parametrize(("count", "files"), PLAN_CASES)
def test_plan_takes_linear_time(tmp_path, count, files):
    command = ("plan", "--only", "code")
    measure(tmp_path / "warm", files(2), *command)
    small = measure(tmp_path / "small", files(count), *command)
    large = measure(tmp_path / "large", files(GROWTH * count), *command)
    assert large < MAX_RATIO * max(small, 0.1)
