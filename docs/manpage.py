"""The man page shield.1, from click's own help."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import words

if TYPE_CHECKING:
    from collections.abc import Iterator

DESCRIPTION = (
    "moves a Python app's secrets out of code, .env files and environment reads into AWS Secrets Manager: "
    "it finds them, rewrites the settings, creates the secrets, checks that the app runs on them, "
    "and can undo all of it."
)
EXAMPLES = [
    ("shield scan", "What is secret, and where."),
    (
        "shield plan --env-file .env",
        "Every edit as a diff, every change in AWS; nothing is changed.",
    ),
    ("shield apply --env-file .env", "Do it."),
    ("shield rollback", "Take it all back."),
    ("shield local bash", "A shell with an AWS of its own, to try it all in."),
]


def page(cli: click.Group) -> str:
    """The page in roff's man macros, without a date: the same code gives the same bytes."""
    return "\n".join(_lines(cli)) + "\n"


def _lines(cli: click.Group) -> Iterator[str]:
    context = click.Context(cli, info_name="shield")
    yield '.TH SHIELD 1 "" "Shield AI" "User Commands"'
    yield from (
        ".SH NAME",
        "shield \\- move an app\\(aqs secrets into AWS Secrets Manager, and back",
    )
    yield from (
        ".SH SYNOPSIS",
        ".B shield",
        ".I COMMAND",
        "[\\fIOPTION\\fR]... [\\fIARGUMENT\\fR]...",
    )
    yield from (".SH DESCRIPTION", ".B shield", _text(DESCRIPTION), ".PP", _text(cli.epilog or ""))
    yield ".SH COMMANDS"
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        inner = click.Context(command, parent=context, info_name=name)
        yield f".SS shield {name} {_text(' '.join(command.collect_usage_pieces(inner)))}"
        yield from _paragraphs(command.help or "")
        for option in command.get_params(inner):
            if isinstance(option, click.Option) and "--help" not in option.opts:
                metavar = "" if option.is_flag else f" \\fI{_text(option.make_metavar(inner))}\\fR"
                names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.opts)
                yield from (".TP", names + metavar, _text(option.help or ""))
    yield ".SH EXIT STATUS"
    for code, says in words.CODES.items():
        yield from (".TP", f".B {code}", _text(says))
    yield ".SH ENVIRONMENT"
    for name, says in words.OF_THE_COMMAND.items():
        yield from (".TP", f".B {name}", _text(says.replace("`", "")))
    yield from (
        ".TP",
        ".B SHIELD_\\fICOMMAND\\fB_\\fIOPTION\\fR",
        "Stands for an option: SHIELD_SCAN_FORMAT=json.",
    )
    yield ".SH FILES"
    yield from (".TP", ".I shield.toml", "What is moved, under which name. It never holds a value.")
    yield from (
        ".TP",
        ".I .shield/",
        "The journal and the old files; \\fBshield rollback\\fR needs them.",
    )
    yield ".SH EXAMPLES"
    for example, says in EXAMPLES:
        yield from (".TP", f".B {_text(example)}", _text(says))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield from (_text(" ".join(paragraph.split())), ".PP")


def _text(text: str) -> str:
    """Escape what roff would take for its own."""
    safe = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return re.sub(r"^\.", "\\\\&.", safe)
