"""Generate the man page shield.1 from the help of the commands."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import words

if TYPE_CHECKING:
    from collections.abc import Iterator

SUMMARY = "migrate a Python application's secrets to AWS Secrets Manager"
DESCRIPTION = (
    "moves a Python application's secrets out of source code, .env files and environment variables "
    "into AWS Secrets Manager. It finds the secrets, rewrites the settings, creates the secrets in "
    "AWS, checks that the application still works, and can roll all of it back."
)
FILES = {
    "shield.toml": "The secrets of the application and their names in AWS. Contains no values.",
    ".shield/": "The journal and the original files, which shield rollback needs.",
    "~/.local/state/shield-ai/": "The keys that authenticate the journals.  Set SHIELD_STATE_DIR "
    "to use another folder.",
}
EXAMPLES = {
    "shield scan": "Find secrets.",
    "shield plan --env-file .env": "Show all code edits and AWS changes without making them.",
    "shield apply --env-file .env": "Make the changes.",
    "shield pull --env-file .env": "Write the current values from AWS into an env file.",
    "shield run -- ./backup.sh": "Run a command with the secrets as environment variables.",
    "shield rollback": "Undo the last apply.",
    "shield local bash": "Open a shell with an AWS emulator for testing.",
}
OPTION_VARIABLE = (
    ".B SHIELD_\\fICOMMAND\\fB_\\fIOPTION\\fR",
    "Sets the option of a command: SHIELD_SCAN_FORMAT=json.",
)


def man_page(cli: click.Group) -> str:
    """Return the page as roff without a date, so that the output is reproducible."""
    return "\n".join(_lines(cli)) + "\n"


def _lines(cli: click.Group) -> Iterator[str]:
    yield '.TH SHIELD 1 "" "Shield AI" "User Commands"'
    yield from (".SH NAME", f"shield \\- {_escape(SUMMARY)}")
    yield from (
        ".SH SYNOPSIS",
        ".B shield",
        ".I COMMAND",
        "[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...",
    )
    yield from (".SH DESCRIPTION", ".B shield", _escape(DESCRIPTION))
    yield from (".PP", _escape(cli.epilog or ""))
    yield ".SH OPTIONS"
    yield _escape("Every command accepts -v, -q, --color and -V, before or after its name.")
    context = click.Context(cli, info_name="shield")
    yield from _options(cli, context)
    yield ".SH COMMANDS"
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        yield from _command(name, command, context)
        if isinstance(command, click.Group):
            for subname, subcommand in sorted(command.commands.items()):
                yield from _command(f"{name} {subname}", subcommand, context)
    yield ".SH EXIT STATUS"
    for code, meaning in words.EXIT_CODES.items():
        yield from (".TP", f".B {code}", _escape(meaning))
    yield ".SH ENVIRONMENT"
    for name, description in words.COMMAND_VARIABLES.items():
        yield from (".TP", f".B {name}", _escape(description.replace("`", "")))
    yield from (".TP", *OPTION_VARIABLE)
    yield ".SH FILES"
    for path, description in FILES.items():
        yield from (".TP", f".I {path}", _escape(description))
    yield ".SH EXAMPLES"
    for example, description in EXAMPLES.items():
        yield from (".TP", f".B {_escape(example)}", _escape(description))


def _command(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, parent=parent, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f".SS shield {name} {_escape(usage)}"
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield from (_escape(" ".join(paragraph.split())), ".PP")
    yield from _options(command, context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for option in command.get_params(context):
        if not isinstance(option, click.Option) or option.hidden:
            continue
        if "--help" not in option.opts:
            names = ", ".join(f"\\fB{_escape(name)}\\fR" for name in option.opts)
            if not option.is_flag:
                names += f" \\fI{_escape(option.make_metavar(context))}\\fR"
            yield from (".TP", names, _escape(option.help or ""))


def _escape(text: str) -> str:
    """Escape characters that roff interprets."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", "\\\\&.", escaped)
