"""No command prints a control character that a repository put into its names and texts."""

from __future__ import annotations

import ast
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hostile_text import EVIL, FORBIDDEN, forbidden, make_hostile_app, shield

import shield_ai

SOURCES = Path(shield_ai.__file__).parent
COMMANDS = [
    ["scan"],
    ["scan", "--all"],
    ["scan", "--format", "json"],
    ["scan", "--format", "sarif"],
    ["scan", "--format", "gitlab"],
    ["scan", "--format", "junit"],
    ["scan", "--format", "concise"],
    ["scan", "--format", "markdown"],
    ["scan", "--staged"],
    ["scan", "--history"],
    ["scan", "--history", "--format", "json"],
    ["scan", f"missing{EVIL}"],
    ["scan", f"--opt{EVIL}"],
    ["scan", "--format", f"x{EVIL}"],
    ["scan", "--baseline", f"missing{EVIL}"],
    ["draft"],
    ["draft", "--json"],
    ["plan", "--only", "code"],
    ["plan", "--only", "code", "--json"],
    ["plan", "--only", "code", "--env-file", f"missing{EVIL}"],
    ["plan", "--environment", f"x{EVIL}"],
    ["apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty"],
    ["apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", "--json"],
    ["apply", "--only", "code", "--no-proof", "--allow-dirty"],
    ["verify", "--only", "code"],
    ["verify", "--only", "code", "--json"],
    ["report", "--only", "code"],
    ["report", "--only", "code", "--format", "markdown"],
    ["report", "--only", "code", "--format", "json"],
    ["report", "--only", "code", "--format", "oscal"],
    ["report", "--only", "code", "--format", "ocsf"],
    ["cost"],
    ["cost", "--json"],
    ["explain", f"CRED.{EVIL}"],
    ["patterns", "check"],
    ["patterns", "list"],
    ["patterns", "list", "--json"],
    ["explain", "CSEC34", "--json"],
    ["explain", f"CRED.{EVIL}", "--json"],
    ["schema", f"x{EVIL}"],
    ["rollback", "--yes", "--json"],
    ["rollback", "--yes"],
    [f"no{EVIL}"],
]
WORKING = [
    ["scan"],
    ["scan", "--history"],
    ["draft"],
    ["plan", "--only", "code"],
    ["plan", "--only", "code", "--json"],
    ["verify", "--only", "code", "--json"],
    ["report", "--only", "code"],
    ["cost", "--json"],
]
STRUCTURED = {"json", "sarif", "gitlab", "oscal", "ocsf", "--json"}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    return make_hostile_app(tmp_path_factory.mktemp("hostile") / f"app{EVIL[:6]}")


@pytest.fixture(scope="module")
def drafted(tmp_path_factory):
    app = make_hostile_app(tmp_path_factory.mktemp("drafted") / "app")
    shield(app, "draft")
    return app


# Without shield.toml, the other commands print the same, or less.
CASES = [(command, True) for command in COMMANDS] + [(command, False) for command in WORKING]


@pytest.mark.parametrize(
    ("command", "has_manifest"),
    CASES,
    ids=[f"{ascii(' '.join(c))[:40]}-{'drafted' if made else 'new'}" for c, made in CASES],
)
def test_prints_no_control_character(pristine, drafted, command, has_manifest):
    done = shield(drafted if has_manifest else pristine, *command)
    assert forbidden(done.stdout) == []
    assert forbidden(done.stderr) == []
    assert done.returncode != 3, done.stderr
    if STRUCTURED & set(command) and done.returncode in {0, 1}:
        json.loads(done.stdout)
    if command in WORKING:
        assert done.returncode in {0, 1}, done.stderr


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param(f'[app]\nname = "{EVIL[13:]}"\n', id="app name"),
        pytest.param('[app]\nname = "shop"\nprefix = "a\\u001b[2J\\u202e"\n', id="prefix"),
        pytest.param('[app]\nname = "shop"\nrole = "a\\u001b[2J"\n', id="role"),
        pytest.param('[app]\nname = "shop"\n"key\\u001b[2J\\u202e" = 1\n', id="unknown key"),
        pytest.param(
            '[app]\nname = "shop"\n[[secret]]\nname = "a\\u001b[2J"\nenv = "A"\nkind = "generic"\n',
            id="secret name",
        ),
        pytest.param(
            '[app]\nname = "shop"\n[[secret]]\nname = "a"\nenv = "A\\u202e"\nkind = "generic"\n',
            id="variable",
        ),
        pytest.param('[app]\nname = "shop"\nsettings = ["a\\u001b[2J.py"]\n', id="settings"),
        pytest.param('[app]\nname = "shop"\n["environments"."x\\u001b"]\n', id="environment"),
        pytest.param(f"[app]\nname = {EVIL[13:]}\n", id="invalid"),
    ],
)
@pytest.mark.parametrize("command", [["plan", "--only", "code"], ["cost"], ["draft"]], ids=str)
def test_prints_no_control_character_of_the_manifest(tmp_path, manifest, command):
    app = tmp_path / "app"
    app.mkdir()
    (app / "shield.toml").write_text(manifest)
    done = shield(app, *command)
    assert forbidden(done.stdout + done.stderr) == []
    assert done.returncode != 3


@pytest.mark.parametrize("command", [["scan", "--all"], ["plan", "--only", "code"]], ids=str)
def test_prints_only_its_own_colors_on_a_terminal(pristine, command):
    controller, terminal = pty.openpty()
    env = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "TERM": "xterm",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "shield_ai", *command],
        cwd=pristine,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
    )
    os.close(terminal)
    output = bytearray()
    while True:
        try:
            chunk = os.read(controller, 1 << 16)
        except OSError:  # the terminal is closed
            break
        if not chunk:
            break
        output += chunk
    process.wait(60)
    os.close(controller)
    text = output.decode().replace("\r\n", "\n")
    for code in ("0", "1", "2", "31", "32", "33", "36"):
        text = text.replace(f"\x1b[{code}m", "")
    assert command[0] != "scan" or "\x1b[" in output.decode()
    assert sorted(set(FORBIDDEN.findall(text))) == []


def _writes_directly(node: ast.AST) -> bool:
    """Return whether a call prints without the output layer."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func)
    return name in {
        "print",
        "click.echo",
        "click.secho",
        "click.confirm",
        "click.prompt",
        "sys.stdout.write",
        "sys.stderr.write",
        "sys.stdout.buffer.write",
    }


def test_every_command_uses_the_output_layer():
    outside = [
        f"{path.relative_to(SOURCES)}:{node.lineno}"
        for folder in ("cli", "reports")
        for path in (SOURCES / folder).rglob("*.py")
        if path.name not in {"console.py", "prompts.py"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _writes_directly(node)
    ]
    assert outside == []
