"""The command-line interface.

Each command is a module of `shield_ai.cli.commands` and is imported when it is called, so that
`shield scan` does not load the dependencies of the other commands. `shield --help` imports none of
them: the summaries are in SECTIONS, and a test compares them with the commands.
"""

from __future__ import annotations

import importlib
from typing import cast

import click
from click.shell_completion import CompletionItem

from shield_ai.cli.global_options import GLOBAL_OPTIONS, add_global_options, version_option
from shield_ai.model.errors import AwsCredentialsError, DeclinedError, ShieldError
from shield_ai.model.suggestion import did_you_mean

# In the order of --help.
SECTIONS = {
    "Find secrets": {
        "scan": "Find an app's secrets.",
        "explain": "Explain what a rule finds and how to fix its findings.",
        "patterns": "List or test the detection rules.",
    },
    "Move secrets to AWS": {
        "draft": "Create or update shield.toml.",
        "plan": "Show the planned code edits and AWS changes without making them.",
        "apply": "Create the secrets in AWS and rewrite the code to read them.",
        "verify": "Check the app and its secrets in AWS.",
        "rollback": "Undo the last apply.",
    },
    "Operate": {
        "rotate": "Rotate secrets now.",
        "audit": "Show who accessed which secret, from CloudTrail.",
        "report": "Write a report on the state of the app's secrets.",
        "cost": "Estimate the monthly cost of the app's secrets.",
        "run": "Run a command with the secrets as environment variables.",
        "pull": "Write the current values from AWS into an env file.",
    },
    "More": {
        "export": "Export the AWS resources for other tools.",
        "local": "Run an AWS emulator for local development.",
        "demo": "Run the whole workflow on a sample app.",
        "schema": "Print a JSON Schema, by default that of shield.toml.",
        "completion": "Print the completion script of a shell.",
    },
}
COMMANDS = tuple(name for section in SECTIONS.values() for name in section)


def _accepts_only_code(command: click.Command) -> bool:
    """Return whether a command has the option --only code."""
    for param in command.params:
        if "--only" in param.opts and isinstance(param.type, click.Choice):
            return "code" in param.type.choices
    return False


class _LazyGroup(click.Group):
    """A group that imports a command's module when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"shield_ai.cli.commands.{cmd_name}")
        command = cast("click.Command", getattr(module, cmd_name))
        _set_env_vars(cmd_name, command)
        add_global_options(command, cmd_name)
        return command

    def _called_command(self, ctx: click.Context) -> tuple[str, click.Command | None]:
        """Return the name of the called command, and the command; None if it does not exist."""
        name = ctx.invoked_subcommand or ""
        return name, self.get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] == "help":
            args = _help_arguments(ctx, args[1:])
        name = args[0]
        command = self.get_command(ctx, name)
        if ctx.resilient_parsing:  # completion
            return super().resolve_command(ctx, args)
        if command is None:
            known = {"version": "use shield --version", "shield": "leave out the second shield"}
            suggestion = known.get(name) or did_you_mean(name, COMMANDS)
            raise ShieldError(f"no such command {name!r}", suggestion or "see shield --help")
        if not {"-h", "--help"}.intersection(args):
            from shield_ai.cli.project_settings import use_settings

            use_settings(ctx, name, command)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except AwsCredentialsError as error:
            name, command = self._called_command(ctx)
            if command and _accepts_only_code(command):
                hint = f"{error.hint}; shield {name} also works with --only code"
                raise AwsCredentialsError(error.message, hint) from None
            raise
        except click.UsageError as error:
            name, command = self._called_command(ctx)
            if command and error.ctx is None:  # raised by click's parser
                error.ctx = click.Context(command, parent=ctx, info_name=name)
            raise
        except DeclinedError as answer:
            from shield_ai.cli.console import echo

            echo(answer.message, err=True)
            return answer.exit_code
        except (KeyboardInterrupt, click.Abort) as error:
            from shield_ai.cli.interruptions import end_prompt, interrupted

            end_prompt(error)
            raise interrupted(ctx.invoked_subcommand) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands from SECTIONS, because importing all of them takes a second."""
        found = [
            CompletionItem(name, help=text)
            for summaries in SECTIONS.values()
            for name, text in summaries.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in sections. cloup can do this, but only by importing all commands."""
        for title, summaries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(10), text) for name, text in summaries.items()])


def _help_arguments(ctx: click.Context, topic: list[str]) -> list[str]:
    """Convert the arguments of `shield help COMMAND` to `COMMAND --help`.

    Without a command, print the help and exit.
    """
    names = [argument for argument in topic if argument not in {"help", "-h", "--help"}]
    if not names:
        from shield_ai.cli.console import echo

        echo(ctx.get_help())
        ctx.exit()
    return [*names, "--help"]


def _set_env_vars(name: str, command: click.Command) -> None:
    for option in command.params:
        if isinstance(option, click.Option) and option not in GLOBAL_OPTIONS:
            option.envvar = _env_var(name, option)
    if isinstance(command, click.Group):
        for subcommand in command.commands.values():
            _set_env_vars(f"{name}_{subcommand.name}", subcommand)


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
@version_option()
def cli() -> None:
    """Move an app's secrets out of code and .env files into AWS Secrets Manager, and back."""


cli.params[:0] = GLOBAL_OPTIONS
