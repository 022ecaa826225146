"""The pages on the command and what it and the app read from the environment."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click
import words
from tables import table

from shield_ai import runtime
from shield_ai.cli import cli
from shield_ai.model import errors

if TYPE_CHECKING:
    from collections.abc import Iterator


def commands() -> str:
    """Each command as --help has it, in a form to link to."""
    parts = [
        "# Commands\n",
        "`shield`, or `python -m shield_ai`. `APP` is the app's folder, the one you are in by default.",
        "Data goes to stdout, words go to stderr. Each option can be given as a variable, too.",
        "[Exit codes](exit-codes.md) · [shell completion and the man page](../guides/shell.md)\n",
    ]
    context = click.Context(cli, info_name="shield")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        inner = click.Context(command, parent=context, info_name=name)
        usage = " ".join(command.collect_usage_pieces(inner))
        parts += [
            f"## shield {name}\n",
            f"`shield {name} {usage}`\n",
            paragraphs(command.help or ""),
        ]
        options = [
            p
            for p in command.get_params(inner)
            if isinstance(p, click.Option) and "--help" not in p.opts
        ]
        if options:
            rows = [(_option(o), o.help or _choices(o), f"`{o.envvar}`") for o in options]
            parts.append(table("option | does | variable", rows))
    return "\n".join(parts)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    taken = "" if option.is_flag else f" `{option.make_metavar(click.Context(cli))}`"
    return names + taken


def _choices(option: click.Option) -> str:
    kind = option.type
    return (
        " or ".join(str(choice) for choice in kind.choices)
        if isinstance(kind, click.Choice)
        else ""
    )


def paragraphs(text: str) -> str:
    """A docstring as Markdown."""
    return inspect.cleandoc(text).replace("\b\n", "") + "\n"


def environment() -> str:
    """What an app's process is told by its environment."""
    asked = set(
        re.findall(
            r'"((?:AWS_SECRETS|USE_AWS|DJANGO|PARAMETERS_SECRETS)_\w+|AWS_REGION)"',
            inspect.getsource(runtime),
        )
    )
    assert asked == set(words.VARIABLES), asked ^ set(words.VARIABLES)
    rows = [(f"`{name}`", default, says) for name, (default, says) in words.VARIABLES.items()]
    return "\n".join(
        [
            "# Environment variables\n",
            "## Of the app\n",
            "What `get_secret()` reads: when it is first needed, and again after `clear_secret_cache()`.\n",
            table("variable | default | says", rows),
            "Credentials, endpoint and proxy are the SDK's own: `AWS_PROFILE`, `AWS_ROLE_ARN`, `AWS_ENDPOINT_URL`, …\n",
            "## Of the command\n",
            "Each option of `shield` is a variable, too: `SHIELD_SCAN_FORMAT=json` is `shield scan --format json`;",
            "[commands](commands.md) lists them. No option and no variable takes a secret's value.\n",
            table(
                "variable | says",
                [(f"`{name}`", says) for name, says in words.OF_THE_COMMAND.items()],
            ),
        ]
    )


def exit_codes() -> str:
    """With what a command ends."""
    codes = {
        value: name
        for name, value in vars(errors).items()
        if isinstance(value, int) and re.fullmatch(r"[A-Z]+", name)
    }
    assert set(codes) == set(words.CODES), set(codes) ^ set(words.CODES)
    raised: dict[int, list[str]] = {}
    for error in _tree(errors.ShieldError):
        raised.setdefault(error.exit_code, []).append(
            f"`{error.__name__}`: {(error.__doc__ or '').splitlines()[0]}"
        )
    rows = [
        (str(code), words.CODES[code], "<br>".join(raised.get(code, ()))) for code in sorted(codes)
    ]
    return "# Exit codes\n\n" + table("code | means | of the kinds", rows)


def _tree(error: type[errors.ShieldError]) -> Iterator[type[errors.ShieldError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _tree(kind)
