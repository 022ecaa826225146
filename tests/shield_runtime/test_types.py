"""The types that mypy infers in an app for the functions of the runtime."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "src"
PRELUDE = """\
import os
from {module} import {client} as client, get_secret, has_secret

aget_secret = client.aget_secret
get_secret_bytes = client.get_secret_bytes
get_secret_dict = client.get_secret_dict
retries_after_rotation = client.retries_after_rotation
NAMES = {{"KEY": "key", "TOKEN": "token"}}
PAIRS = {{"KEY": ("database", "password"), "TOKEN": "token"}}


@retries_after_rotation("database")
def connect(host: str, port: int = 5432) -> bytes:
    return b""


async def read() -> None:
"""
TYPES = {
    'get_secret("key")': "str",
    'get_secret("key", None)': "str | None",
    'get_secret("key", 5)': "str | int",
    'get_secret("key", "dev")': "str",
    'get_secret("key", "dev", optional=True)': "str",
    'get_secret("key", None, env="KEY", optional=True)': "str | None",
    'get_secret("key", env="KEY", optional=True)': "str",
    'get_secret("database", key="password", stage="AWSPREVIOUS")': "str",
    'get_secret("key", lambda: os.environ["KEY"])': "str",
    'get_secret("key", lambda: os.environ.get("KEY"))': "str | None",
    'get_secret("key", lambda: int(os.environ["KEY"]), env="KEY", optional=True)': "int",
    'get_secret(NAMES, lambda: os.environ["KEY"], env="KEY")': "str",
    'get_secret(PAIRS, lambda: 1, env="KEY", optional=True)': "int",
    'get_secret({"KEY": ("database", "user")}, lambda: "", env="KEY")': "str",
    'get_secret(env="KEY")': "str",
    'get_secret(env="KEY", default=None)': "str | None",
    'get_secret(env="KEY", default="dev", optional=True)': "str",
    'get_secret(env="KEY", default=lambda: 1)': "int",
    'await aget_secret("key")': "str",
    'await aget_secret("key", None, optional=True)': "str | None",
    'await aget_secret("key", lambda: 3)': "int",
    'get_secret_dict("database")': "dict[str, Any]",
    'get_secret_dict("database", None)': "dict[str, Any] | None",
    'get_secret_bytes("key")': "bytes",
    'get_secret_bytes("key", lambda: None)': "bytes | None",
    'has_secret("key")': "bool",
    'has_secret(NAMES, env="KEY")': "bool",
    'has_secret(env="KEY")': "bool",
    "connect": "def (host: str, port: int =) -> bytes",
}


def infer_types(folder: Path, module: str, client: str, path: str) -> dict[str, str]:
    lines = [f"    reveal_type({expression})" for expression in TYPES]
    before = PRELUDE.format(module=module, client=client)
    (folder / "app.py").write_text(before + "\n".join(lines) + "\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--hide-error-context"]
    environment = {**os.environ, "MYPYPATH": path}
    done = subprocess.run(
        [*command, "app.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "error:" not in done.stdout, done.stdout + done.stderr
    revealed = re.findall(r'app\.py:\d+: note: Revealed type is "(.+)"', done.stdout)
    return dict(zip(TYPES, revealed, strict=True))


def test_types_of_the_installed_runtime(tmp_path) -> None:
    assert infer_types(tmp_path, "shield_runtime", "default_client", str(SOURCES)) == TYPES


def test_types_of_the_copy_in_an_app(tmp_path) -> None:
    (tmp_path / "settings.py").write_text('import os\n\nKEY = os.environ["SECRET_KEY"]\n')
    for command in (["draft"], ["apply", "--only", "code", "--yes"]):
        shield = [sys.executable, "-m", "shield_ai", *command]
        subprocess.run(shield, cwd=tmp_path, check=True, capture_output=True)
    assert infer_types(tmp_path, "aws_secrets", "client", "") == TYPES
