"""The runtime on each other Python of this machine, from 3.9 on; without boto3, so by way of the agent."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ("runtime_fixtures",)
OLDEST, NEWEST = 9, 15
CODE = """
import asyncio, os, sys, threading
import shield_runtime as runtime
from shield_runtime import aget_secret, get_secret, has_secret, prefetch, stats
from shield_runtime.testing import fake_secrets
value = sys.stdin.read()
ways = [
    lambda: os.environ["TEST_SECRET"], lambda: os.getenv("TEST_SECRET"), lambda: dict(os.environ)["TEST_SECRET"],
    lambda: os.environb[b"TEST_SECRET"].decode(), lambda: os.environ.pop("TEST_SECRET"),
    lambda: (os.environ | {})["TEST_SECRET"], lambda: os.environ.setdefault("TEST_SECRET", "x"),
]
assert all(get_secret("test-secret", way) == value for way in ways)
assert "TEST_SECRET" not in os.environ and type(os.environ) is os._Environ
assert get_secret("test-secret") == value and asyncio.run(aget_secret("other-secret")) == "other"
assert get_secret("absent", None) is None and not has_secret("absent")
got = []
threads = [threading.Thread(target=lambda: got.append(get_secret("third-secret"))) for _ in range(16)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
assert got == ["third"] * 16 and set(prefetch("test-secret", "absent")) == {"absent"}
pid = os.fork()
if pid == 0:
    os._exit(0 if get_secret("test-secret") == value and get_secret("fourth-secret") == "fourth" else 1)
assert os.waitpid(pid, 0)[1] == 0
with fake_secrets({"test-secret": "fake"}):
    assert get_secret("test-secret") == "fake"
print("done", stats()["SecretErrors"])
"""


def pythons():
    found = {}
    places = [
        *Path.home().glob(".pyenv/versions/3.*/bin/python3"),
        *map(Path, filter(None, map(shutil.which, NAMES))),
    ]
    for path in sorted(places):
        asked = [
            path,
            "-c",
            "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_config_var('Py_GIL_DISABLED'))",
        ]
        out = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        match = re.match(r"3 (\d+) (\S+)", out)
        if match and OLDEST <= int(match[1]) <= NEWEST:
            found["3." + match[1] + ("t" if match[2] == "1" else "")] = path
    return [pytest.param(path, id=version) for version, path in found.items()]


NAMES = [f"python3.{minor}{suffix}" for minor in range(OLDEST, NEWEST) for suffix in ("", "t")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("python", pythons())
def test_on_each_python(off, session_server, python):
    session_server.reset()
    value = secrets.token_hex(16)
    for name, text in (
        ("test", value),
        ("other", "other"),
        ("third", "third"),
        ("fourth", "fourth"),
    ):
        session_server.put(f"{name}-secret", text)
    source = Path(__file__).parents[2] / "src"
    off.setenv("USE_AWS_SECRETS", "true")
    off.setenv("DJANGO_ENV", "production")
    off.setenv("AWS_SECRETS_TRANSPORT", "agent")
    off.setenv("AWS_TOKEN", "token")
    off.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(session_server.server_address[1]))
    off.setenv("PYTHONPATH", str(source))
    command = [python, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", CODE]
    out = subprocess.run(
        command, input=value, capture_output=True, text=True, timeout=60, check=False
    )
    assert (out.stdout.strip(), out.returncode) == ("done 0", 0), out.stderr
    assert session_server.count("third-secret") == 1
    assert sys.version_info >= (3, OLDEST)
