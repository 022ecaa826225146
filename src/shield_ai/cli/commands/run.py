"""`shield run`: run a command with the secrets as environment variables."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
from shield_ai.cli.options import APP_OPTION, ENVIRONMENT
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.current_values import read_current_values
from shield_ai.flow.rotate.secret_selection import select_secrets
from shield_ai.flow.run_command import command_environ, find_program, replace_process

if TYPE_CHECKING:
    from pathlib import Path

_SEPARATOR = "--"


class _CommandAfterDashes(click.Command):
    """A command that takes everything after `--` as another program's command line."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND [ARG]..."]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        options = [*args]  # the parser removes elements
        command: list[str] = []
        if _SEPARATOR in args:
            at = args.index(_SEPARATOR)
            options = args[:at]
            command = args[at + 1 :]
        try:
            rest = super().parse_args(ctx, options)
        except click.UsageError as error:
            if _SEPARATOR in args or not _may_be_command(error, args):
                raise
            rest = []
        if _SEPARATOR not in args:
            raise click.UsageError("-- is missing before the command", ctx)
        if not command:
            raise click.UsageError("the command after -- is missing", ctx)
        ctx.params["command"] = command
        return rest


def _may_be_command(error: click.UsageError, args: list[str]) -> bool:
    """Return whether extra arguments, or an unknown option after a word, are from a command."""
    if isinstance(error, click.NoSuchOption):
        return not args[0].startswith("-")
    return type(error) is click.UsageError


@click.command(cls=_CommandAfterDashes)
@click.option("--only", multiple=True, metavar="NAME", help="Limit to this secret. Repeatable.")
@APP_OPTION
@ENVIRONMENT
def run(only: tuple[str, ...], app: Path, environment: str, command: list[str]) -> int:
    """Run a command with the secrets as environment variables.

    The command replaces shield, so that signals and the exit code are its own. It is not started
    if a secret can't be read; optional secrets that are not in AWS are skipped. The values replace
    inherited variables. They are visible in /proc/PID/environ of the command and of the processes
    that it starts.

    Example: shield run --only database-credentials -- ./backup.sh
    """
    program = find_program(command[0], os.environ)
    context = AppContext(app, AppOptions(environment=environment))
    manifest = context.require_manifest()
    secrets = select_secrets(manifest, only)
    current = read_current_values(manifest, secrets, context.require_aws())
    if current.skipped:
        echo(f"optional, not in AWS: {', '.join(current.skipped)}", err=True)
    replace_process(program, command, command_environ(os.environ, current))
