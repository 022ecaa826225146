"""The transports are imported in another thread, while the app's package is still being imported."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from runtime_server import Server, point_at
from vendored_runtime import write_copy

pytest_plugins = ("runtime_fixtures",)
TOKEN = "t0ken-of-a-test"


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    write_copy(folder)
    (folder / "__init__.py").write_text(
        "from ._shield_runtime import get_secret\nKEY = get_secret('test-secret')\n"
    )
    return tmp_path


@pytest.mark.parametrize("transport", ["boto3", "agent"])
def test_package_that_reads_a_secret_while_it_is_imported(package, off, transport):
    server = Server()
    try:
        server.put("test-secret", "v4lue")
        point_at(server, off)
        if transport == "agent":
            off.setenv("AWS_SECRETS_TRANSPORT", "agent")
            off.setenv("AWS_TOKEN", TOKEN)
            off.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_address[1]))
        done = subprocess.run(
            [sys.executable, "-c", "import shop; print(shop.KEY)"],
            cwd=package,
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.stop()
    assert (done.returncode, done.stdout) == (0, "v4lue\n"), done.stderr
