from __future__ import annotations

import os
import pty
import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from shield_helpers import make_app, run

from shield_ai.cli import COMMANDS, SECTIONS, cli
from shield_ai.cli.global_options import EXAMPLES
from shield_ai.model.output_options import OUTPUT


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    return tmp_path


def test_summaries_are_those_of_the_commands():
    context = click.Context(cli)
    written = {
        name: cli.get_command(context, name).get_short_help_str(200).rstrip(".")
        for name in COMMANDS
    }
    listed = {name: text for section in SECTIONS.values() for name, text in section.items()}
    assert written == {name: text.rstrip(".") for name, text in listed.items()}


def test_help_imports_no_command():
    code = "import sys; from shield_ai.__main__ import main; main(['--help']); print([m for m in sys.modules if 'cli.commands.' in m or m in {'boto3', 'rich'}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_examples_that_exist(tmp_path, name):
    shown = run(name, "--help", cwd=tmp_path).out
    assert EXAMPLES[name]
    for example in EXAMPLES[name]:
        assert f"    {example}\n" in shown
    assert "Global options: -v, -q, --color" in shown


EXAMPLE_LINES = [
    line.partition(" -- ")[0]
    for examples in EXAMPLES.values()
    for line in examples
    if line.startswith("shield ")
]


@pytest.mark.parametrize("line", EXAMPLE_LINES)
def test_options_of_the_examples_exist(line):
    _, name, *arguments = line.split()
    command = cli.get_command(click.Context(cli), name)
    if name == "run":
        arguments += ["--", "x"]
    with click.Context(cli, info_name="shield") as parent:
        command.make_context(name, arguments, parent=parent)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        pytest.param(["aply"], 'did you mean "apply"?', id="command"),
        pytest.param(["apply", "--onyl", "code"], 'did you mean "--only"?', id="option"),
        pytest.param(["scan", "--colour", "never"], 'did you mean "--color"?', id="global option"),
        pytest.param(["version"], "use shield --version", id="version"),
        pytest.param(["scan", "--json"], "use --format json", id="--json"),
        pytest.param(["report", "--json"], "use --format json", id="--json of report"),
        pytest.param(["demo", "--json"], "see shield demo --help", id="--json of demo"),
        pytest.param(["xyz"], "see shield --help", id="no similar command"),
        pytest.param(["scan", "--xyz"], "see shield scan --help", id="no similar option"),
    ],
)
def test_did_you_mean(tmp_path, arguments, hint):
    done = run(*arguments, cwd=tmp_path)
    assert (done.code, done.err.splitlines()[-1]) == (2, f"hint: {hint}")


def test_help_is_a_command_too(tmp_path):
    assert run("help", cwd=tmp_path).out == run("--help", cwd=tmp_path).out
    assert run("help", "scan", cwd=tmp_path).out == run("scan", "--help", cwd=tmp_path).out


def test_missing_argument_is_one_line(tmp_path):
    done = run("completion", cwd=tmp_path)
    assert done.err.splitlines()[0] == (
        "error: missing argument '{bash|zsh|fish}'. Choose from: bash, zsh, fish"
    )


@pytest.mark.parametrize(
    "arguments",
    [["-V"], ["--version"], ["patterns", "-V"], ["patterns", "list", "--version"]]
    + [[name, "-V"] for name in COMMANDS if name != "patterns"],
    ids=" ".join,
)
def test_version(tmp_path, arguments):
    done = run(*arguments, cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"shield {version('shield-ai')}\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        pytest.param(["--color", "always", "scan"], {}, True, id="before the command"),
        pytest.param(["scan", "--color=always"], {}, True, id="after the command"),
        pytest.param(["--color", "always", "scan", "--color", "never"], {}, False, id="last wins"),
        pytest.param(["scan"], {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param(["scan"], {"SHIELD_COLOR": "always"}, True, id="SHIELD_COLOR"),
        pytest.param(["scan", "--color=never"], {"FORCE_COLOR": "1"}, False, id="over FORCE_COLOR"),
        pytest.param(["scan"], {}, False, id="no terminal"),
        pytest.param(
            ["scan"], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="NO_COLOR over FORCE_COLOR"
        ),
        pytest.param(["xyz", "--color", "always"], {}, False, id="wrong command"),
        pytest.param(["--color", "always", "xyz"], {}, True, id="error"),
    ],
)
def test_color(app, arguments, environment, colored):
    done = run(*arguments, cwd=app, env={"NO_COLOR": "", **environment})
    assert ("\x1b[" in done.text) is colored


def test_options_do_not_last_longer_than_the_command(app):
    assert "\x1b[" in run("scan", "--color", "always", "-q", cwd=app).out
    assert "\x1b[" not in run("scan", cwd=app).out
    assert run("draft", cwd=app).err


@pytest.mark.parametrize("arguments", [["-q", "draft"], ["draft", "-q"], ["draft", "--quiet"]])
def test_quiet(app, arguments):
    done = run(*arguments, cwd=app)
    assert (done.code, done.text) == (0, "")
    assert (app / "shield.toml").exists()


def test_quiet_apply_and_rollback(app):
    for arguments in (["apply", "--only", "code"], ["rollback"]):
        done = run(*arguments, "--yes", "-q", cwd=app)
        assert (done.code, done.text) == (0, "")


def test_quiet_prints_errors_and_results(app):
    assert run("-q", "plan", "nowhere", cwd=app).err.startswith("error: ")


@pytest.mark.parametrize("output_format", ["text", "concise"])
def test_quiet_scan_prints_findings_without_a_summary(app, output_format):
    shown = run("scan", "--format", output_format, cwd=app)
    done = run("-q", "scan", "--format", output_format, cwd=app)
    findings, _, summary = shown.out.rstrip().rpartition("\n")
    assert "fixable" in summary
    assert (done.code, done.out.rstrip(), done.err) == (1, findings.rstrip(), "")


def test_quiet_scan_without_findings_prints_nothing(tmp_path):
    assert run("-q", "scan", cwd=tmp_path).text == ""
    assert run("-q", "scan", "-o", "out.txt", cwd=tmp_path).text == ""
    assert (tmp_path / "out.txt").read_text() == "no findings; there are no files to scan\n"


def test_options_of_subcommands_have_variables(tmp_path):
    done = run("patterns", "list", cwd=tmp_path, env={"SHIELD_PATTERNS_LIST_JSON": "1"})
    assert done.out.startswith("{")


def test_quiet_and_verbose_exclude_each_other(app):
    done = run("scan", "-q", "-v", cwd=app)
    assert (done.code, "-q can't be combined with -v" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("variable", "arguments", "is_verbose"),
    [
        ("", ["-q", "scan", "-v"], True),
        ("", ["-v", "scan", "-q"], False),
        ("SHIELD_QUIET", ["scan", "-v"], True),
        ("SHIELD_QUIET", ["-v", "scan"], True),
        ("SHIELD_VERBOSE", ["-q", "scan"], False),
        ("SHIELD_VERBOSE", ["scan", "-q"], False),
    ],
)
def test_later_options_override_others_and_variables(tmp_path, variable, arguments, is_verbose):
    done = run(*arguments, cwd=tmp_path, env={variable: "1"} if variable else {})
    assert (done.code, OUTPUT.verbose, OUTPUT.quiet) == (0, is_verbose, not is_verbose)


def test_verbose_prints_what_is_read_run_and_called(app, aws):
    subprocess.run(["git", "init", "-q", app], check=True)
    value = "k3y-th4t-must-not-be-printed"
    (app / ".env").write_text(f"SECRET_KEY={value}\n")
    done = run("scan", "-v", cwd=app)
    assert "read .env\n" in done.err
    assert "read shop/settings.py\n" in done.err
    assert "run git ls-files " in done.err
    assert run("scan", cwd=app).out == done.out

    done = run("apply", "--env-file", ".env", "--allow-missing", "--yes", "-v", cwd=app)
    assert done.code == 0, done.err
    assert "call sts:GetCallerIdentity\n" in done.err
    assert "call secretsmanager:CreateSecret django-secret-key\n" in done.err
    assert ": load the settings shop.settings\n" in done.err
    assert value not in done.text


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["apply", "--only", "code"], id="apply"),
        pytest.param(["plan", "--conflict", "ask"], id="conflict"),
    ],
)
def test_asks_nothing_that_nobody_can_see(app, arguments):
    """Standard input is a terminal, and standard error a pipe."""
    controller, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "shield_ai", *arguments],
            cwd=app,
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(terminal)
        os.close(controller)
    assert done.returncode == 2
    assert " a terminal" in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(tmp_path, shell):
    script = run("completion", shell, cwd=tmp_path).out
    assert f"_SHIELD_COMPLETE={shell}_complete" in script


def test_completion_lists_commands_and_options(tmp_path):
    def complete(*words):
        environment = {
            **os.environ,
            "_SHIELD_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("shield", *words)),
            "COMP_CWORD": str(len(words)),
        }
        done = subprocess.run(
            [sys.executable, "-m", "shield_ai"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return {line.partition(",")[2] for line in done.stdout.splitlines()}

    assert complete("ro") == {"rollback", "rotate"}
    assert "--color" in complete("--c")
    assert "critical" in complete("scan", "--fail-on", "")
