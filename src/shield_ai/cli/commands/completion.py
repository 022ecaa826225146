"""`shield completion`: print the completion script of a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

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
    echo(script(cli, {}, "shield", "_SHIELD_COMPLETE").source(), nl=False)
    return DONE
