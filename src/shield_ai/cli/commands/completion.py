"""`shield completion`: print the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from shield_ai.cli.console import echo
from shield_ai.model.errors import DONE


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    Add the example to ~/.bashrc or, with zsh instead of bash, to ~/.zshrc. For fish:

    shield completion fish > ~/.config/fish/completions/shield.fish
    """
    from shield_ai.cli import cli

    script = get_completion_class(shell)
    assert script  # noqa: S101  # click.Choice has only shells that click supports
    # The method of the base class does not start bash to ask for its version.
    text = ShellComplete.source(script(cli, {}, "shield", "_SHIELD_COMPLETE"))
    echo(text, nl=False)
    return DONE
