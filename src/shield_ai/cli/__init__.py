"""The command-line interface.

Each command is a module of `shield_ai.cli.commands` and is imported when it is called, so that
`shield scan` does not load the dependencies of the other commands.
"""

from __future__ import annotations

import importlib
from typing import cast

import click

# In the order of --help.
COMMANDS = (
    "scan",
    "draft",
    "plan",
    "apply",
    "export",
    "cost",
    "verify",
    "rotate",
    "audit",
    "report",
    "pull",
    "run",
    "rollback",
    "explain",
    "patterns",
    "schema",
    "local",
    "demo",
)


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"shield_ai.cli.commands.{cmd_name}")
        command = cast("click.Command", getattr(module, cmd_name))
        for option in command.params:
            if isinstance(option, click.Option):
                option.envvar = _env_var(cmd_name, option)
        return command


def _env_var(command: str, option: click.Option) -> str:
    """Name an option's environment variable after its longest flag.

    click would name it after the function's parameter.
    """
    flag = max(option.opts, key=len).lstrip("-").replace("-", "_")
    return f"SHIELD_{command}_{flag}".upper()


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Get started: shield scan, then shield draft and shield plan."
    " None of them changes your code or AWS.",
)
@click.version_option(package_name="shield-ai", message="%(prog)s %(version)s")
def cli() -> None:
    """Move an app's secrets out of code and .env files into AWS Secrets Manager, and back."""
