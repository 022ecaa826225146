from __future__ import annotations

import json

import click
import pytest
from shield_helpers import make_app, run

from shield_ai.cli import cli
from shield_ai.cli.project_settings import GLOBAL, SETTINGS


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    (tmp_path / ".env").unlink()
    return tmp_path


def write(folder, text):
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'app'\n{text}\n")


FAIL_ON = '[tool.shield-ai.scan]\nfail-on = "critical"'
NOTE = "pyproject.toml sets fail-on = critical"


def test_sets_a_default_and_says_so(app):
    assert run("scan", cwd=app).code == 1
    write(app, FAIL_ON)
    done = run("scan", cwd=app)
    assert (done.code, done.err) == (0, f"{app}/{NOTE}\n")
    assert "API_KEY" in done.out  # the findings are listed


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        pytest.param(["--fail-on", "low"], {}, id="command line"),
        pytest.param([], {"SHIELD_SCAN_FAIL_ON": "low"}, id="variable"),
    ],
)
def test_precedence(app, arguments, environment):
    write(app, FAIL_ON)
    done = run("scan", *arguments, cwd=app, env=environment)
    assert (done.code, done.err) == (1, "")


def test_quiet_does_not_hide_the_settings_of_a_repository(app):
    write(app, FAIL_ON)
    assert NOTE in run("scan", "-q", cwd=app).err


def test_settings_of_a_named_folder_are_not_used(app, tmp_path_factory):
    write(app, FAIL_ON)
    done = run("scan", str(app), cwd=tmp_path_factory.mktemp("other"))
    assert (done.code, done.err) == (1, "")


@pytest.mark.parametrize("in_git", [True, False], ids=["in git", "not in git"])
def test_settings_of_the_repository(app, in_git):
    write(app, FAIL_ON)
    if in_git:
        (app / ".git").mkdir()
    assert (NOTE in run("scan", cwd=app / "shop").err) is in_git


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param(
            '[tool.shield-ai]\n"a\\n::set-output x\\u001b[2J" = 1',
            'unknown setting "a',
            "https://",
            id="control characters",
        ),
        pytest.param(
            '[tool.shield-ai.scan]\nfail-onn = "high"',
            'unknown setting "fail-onn" in [tool.shield-ai.scan]',
            'did you mean "fail-on"?',
            id="misspelled",
        ),
        pytest.param(
            '[tool.shield-ai]\nfail-on = "high"',
            'unknown setting "fail-on" in [tool.shield-ai]',
            "move it to [tool.shield-ai.scan]",
            id="wrong table",
        ),
        pytest.param(
            '[tool.shield-ai.scn]\nfail-on = "high"',
            'unknown setting "scn" in [tool.shield-ai]',
            'did you mean "scan"?',
            id="unknown command",
        ),
        pytest.param(
            '[tool.shield-ai.scan]\nbaseline = "x"',
            '"baseline" can\'t be set in [tool.shield-ai.scan]',
            "give --baseline on the command line, or set SHIELD_SCAN_BASELINE",
            id="hides findings",
        ),
        pytest.param(
            '[tool.shield-ai.apply]\nenv-file = "/home/me/.env"',
            '"env-file" can\'t be set in [tool.shield-ai.apply]',
            "give --env-file on the command line",
            id="source of values",
        ),
        pytest.param(
            '[tool.shield-ai.scan]\nfail-on = "hgih"', 'invalid "fail-on"', "'high'", id="choice"
        ),
        pytest.param(
            '[tool.shield-ai.scan]\nfail-on = "never"',
            'invalid "fail-on"',
            "give --fail-on never on the command line",
            id="never",
        ),
        pytest.param("[tool.shield-ai.scan]\nfail-on = 3", 'invalid "fail-on"', "", id="number"),
        pytest.param('[tool.shield-ai.scan]\nall = "yes"', 'invalid "all"', "true", id="flag"),
        pytest.param('[tool.shield-ai]\ncolor = "red"', 'invalid "color"', "always", id="color"),
        pytest.param(
            '[tool]\nshield-ai = "x"', "is not a table", "[tool.shield-ai]", id="no table"
        ),
        pytest.param("[tool.shield-ai", "is not valid TOML", "", id="no TOML"),
    ],
)
def test_invalid_settings(app, text, message, hint):
    write(app, text)
    done = run("scan", cwd=app)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {app}/pyproject.toml")
    assert message in done.err.splitlines()[0]
    assert hint in done.err.splitlines()[-1]
    assert len(done.err.splitlines()) == 3
    assert "\x1b" not in done.err


@pytest.mark.parametrize("value", ["[4]", "{a = 4}", "2026-11-24", "inf", "nan", "4.7", "'four'"])
def test_invalid_numbers(app, value):
    write(app, f"[tool.shield-ai.cost]\nprocesses = {value}")
    done = run("cost", cwd=app)
    assert (done.code, done.out) == (2, "")
    assert 'invalid "processes" in [tool.shield-ai.cost]' in done.err
    assert "is not a valid integer" in done.err


@pytest.mark.parametrize(
    "text", ["[tool.shield-ai.scan]\nbaseline = 1", "[tool.shield-ai"], ids=["forbidden", "no TOML"]
)
def test_rollback_works_with_invalid_settings(app, text):
    write(app, text)
    (app / "shield.toml").write_text("")
    assert run("rollback", cwd=app).code == 0
    assert run("scan", "--help", cwd=app).code == 0


@pytest.mark.parametrize("text", ["name = ", "# shield-ai\n[", "[[tool", "é"])
def test_invalid_files_without_settings_are_ignored(app, text):
    (app / "pyproject.toml").write_bytes(text.encode("latin-1"))
    done = run("scan", "--fail-on", "critical", cwd=app)
    assert (done.code, done.err) == (0, "")


def test_color_can_be_never(app):
    write(app, '[tool.shield-ai]\ncolor = "never"')
    assert "\x1b[" not in run("scan", cwd=app, env={"NO_COLOR": "", "FORCE_COLOR": "1"}).out


def test_color_and_flags(app):
    write(app, '[tool.shield-ai]\ncolor = "always"\n[tool.shield-ai.scan]\nall = true')
    done = run("scan", cwd=app)
    assert "\x1b[" in done.out
    assert "sets all = true" in done.err
    assert "\x1b[" not in run("--color", "never", "scan", cwd=app).out
    assert "\x1b[" not in run("scan", "--color", "never", cwd=app).out
    json.loads(run("scan", "--format", "json", cwd=app).out)


def test_settings_are_options():
    context = click.Context(cli)
    for name, settings in SETTINGS.items():
        command = cli if name == GLOBAL else cli.get_command(context, name)
        flags = {flag for option in command.params for flag in option.opts}
        assert {f"--{key}" for key in settings} <= flags


# Options that the scanned repository must not set.
DANGEROUS = {
    "output", "baseline", "write-baseline", "staged", "history", "whole-files", "jobs", "engine",
    "repos", "env-file", "copy-from", "environment", "conflict", "remove-literals", "prompt",
    "yes", "run-settings", "python", "no-proof", "only", "since", "trail", "force", "adopt",
    "allow-dirty", "allow-missing", "allow-placeholders", "run-hooks", "repository", "branch",
    "account", "rotation-code", "app", "quiet",
}  # fmt: skip


def test_dangerous_options_are_not_settings():
    assert not DANGEROUS.intersection(*[{key for keys in SETTINGS.values() for key in keys}])
