"""The commands: parse, call one function after the other, show the result. One module a group of commands.

A module is loaded when its command is called, so that `shield scan` starts without what the others need.
"""

from __future__ import annotations

import importlib
from typing import cast

import click

# In the order of the journey, as --help shows them: command -> module of this package.
COMMANDS = {
    "scan": "scan",
    "draft": "draft",
    "plan": "change",
    "apply": "change",
    "export": "export",
    "cost": "cost",
    "verify": "verify",
    "rotate": "rotate",
    "audit": "watch",
    "report": "watch",
    "rollback": "change",
    "explain": "scan",
    "patterns": "patterns",
    "schema": "schema",
    "local": "local",
    "demo": "local",
}


class _Commands(click.Group):
    """A group that loads a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"shield_ai.cli.commands.{COMMANDS[cmd_name]}")
        command = cast("click.Command", getattr(module, cmd_name))
        for option in command.params:
            # click would name the variable after the function's argument
            if isinstance(option, click.Option):
                flag = max(option.opts, key=len).lstrip("-").replace("-", "_")
                option.envvar = f"SHIELD_{cmd_name}_{flag}".upper()
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: shield scan; then shield plan. Nothing is changed before shield apply.",
)
@click.version_option(package_name="shield-ai", message="%(prog)s %(version)s")
def cli() -> None:
    """Move an app's secrets out of code and .env files into AWS Secrets Manager, and back."""
