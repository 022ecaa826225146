from __future__ import annotations

import errno
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

import click
import pytest

import shield_ai.__main__
import shield_ai.cli
from shield_ai.__main__ import main
from shield_ai.model.errors import (
    AwsError,
    RollbackIncompleteError,
    ShieldError,
    StalePlanError,
)


@pytest.fixture
def failing(monkeypatch):
    """Return a function that runs a command which raises an error."""

    def make(error):
        @click.command("fail")
        def fail() -> None:
            raise error

        monkeypatch.setitem(shield_ai.cli.cli.commands, "fail", fail)
        return main(["fail"])

    return make


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ShieldError("wrong", "do this"), 2),
        (StalePlanError("wrong", "do this"), 4),
        (AwsError("wrong", "do this"), 5),
        (RollbackIncompleteError("wrong", "do this"), 6),
    ],
    ids=lambda value: type(value).__name__,
)
def test_expected_error(failing, capsys, error, code):
    assert failing(error) == code
    assert capsys.readouterr().err == "error: wrong\n\nhint: do this\n"


def test_error_without_a_hint(failing, capsys):
    failing(ShieldError("wrong"))
    assert capsys.readouterr().err == "error: wrong\n"


def test_missing_permission(failing, capsys):
    assert failing(PermissionError(errno.EACCES, "Permission denied", "/srv/app/.env")) == 2
    error = "error: /srv/app/.env: Permission denied\n\nhint: check its permissions\n"
    assert capsys.readouterr().err == error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()], ids=["ctrl-c", "no"])
def test_interrupt(failing, capsys, error):
    assert failing(error) == 130
    assert "run the same command again" in capsys.readouterr().err


def test_bug_report_contains_no_value(failing, capsys):
    value = secrets.token_hex(16)
    error = RuntimeError(f"it was {value}")
    error.__cause__ = ValueError(value)
    assert failing(error) == 3
    text = capsys.readouterr().err
    assert text.startswith("error: internal error: RuntimeError\n")
    report = Path(re.search(r"report it with (\S+)", text)[1])
    try:
        content = report.read_text()
        assert report.stat().st_mode & 0o077 == 0
    finally:
        report.unlink()
    assert "builtins.RuntimeError" in content
    assert "builtins.ValueError" in content
    assert "test_main.py" in content
    assert value not in text + content


def test_help_without_a_command(capsys):
    code = main([])
    output = capsys.readouterr()
    has_error = hasattr(click.exceptions, "NoArgsIsHelpError")  # since click 8.2
    assert code == (2 if has_error else 0)
    assert "Get started: shield scan" in (output.err if has_error else output.out)


def test_a_wrong_option_without_the_errors_of_click_8_2(monkeypatch, capsys):
    monkeypatch.delattr(click.exceptions, "NoArgsIsHelpError", raising=False)
    assert main(["scan", "--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert re.fullmatch(r"shield \d+\.\d+\.\d+\n", capsys.readouterr().out)


def test_closed_pipe(tmp_path):
    (tmp_path / "settings.py").write_text(
        "".join(f"A{i}_TOKEN = 'value number {i}'\n" for i in range(3000))
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "shield_ai", "scan", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait() in {0, 1}
    assert errors == b""


def run_with_click(folder, source):
    """Run the command with another module `click`, and return its exit code and its errors."""
    folder.joinpath("click.py").write_text(source)
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "shield_ai", "scan"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_missing_click(tmp_path):
    code, errors = run_with_click(tmp_path, "raise ModuleNotFoundError('none', name='click')\n")
    assert code == 2
    assert errors == "error: click is not installed\n\nhint: pip install shield-ai\n"


def test_interrupted_while_it_starts(tmp_path):
    code, errors = run_with_click(tmp_path, "raise KeyboardInterrupt\n")
    assert code == 130
    assert errors.startswith("error: interrupted\n\nhint: nothing was changed")


@pytest.mark.parametrize(
    ("where", "name", "value", "message"),
    [
        pytest.param(
            shield_ai.__main__,
            "OLDEST_PYTHON",
            (9, 0),
            f"shield needs Python 3.11 or newer; this is Python {sys.version_info[0]}",
            id="old Python",
        ),
        pytest.param(sys, "platform", "win32", "shield runs on Linux and macOS", id="Windows"),
    ],
)
def test_unsupported_system(monkeypatch, capsys, where, name, value, message):
    monkeypatch.setattr(where, name, value)
    assert main(["scan"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {message}")


@pytest.mark.parametrize(("environment", "colored"), [({}, False), ({"NO_COLOR": "1"}, False)])
def test_no_color_without_a_terminal(failing, capsys, monkeypatch, environment, colored):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    failing(ShieldError("wrong"))
    assert ("\033[" in capsys.readouterr().err) == colored


@pytest.mark.parametrize(
    ("command", "code", "word"),
    [
        pytest.param(
            "explain CRED > /dev/full", 2, "can't write output: No space left", id="full disk"
        ),
        pytest.param("explain CRED >&-", 0, "", id="closed stdout"),
        pytest.param("explain nothing 2>&-", 2, "", id="closed stderr"),
        pytest.param("explain nothing 2> /dev/full", 2, "", id="stderr to a full disk"),
        pytest.param("scan - <&-", 2, "standard input can't be read", id="closed stdin"),
    ],
)
def test_full_or_closed_streams(tmp_path, command, code, word):
    line = f"{sys.executable} -m shield_ai {command}"
    done = subprocess.run(
        line, shell=True, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == code
    assert word in done.stderr
    assert "bug" not in done.stderr
    assert "Exception ignored" not in done.stderr
