"""Report the state after Ctrl-C, and how to continue."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
from shield_ai.model.errors import CommandInterruptedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The state after an interrupt, by command, unless the command itself describes it. apply and
# rollback do so for their steps, and rotate for its rotation.
_HINTS = {
    "apply": "nothing was changed; run shield apply again",
    "demo": "run shield demo again; it starts with a new sample app",
    "draft": "shield.toml is unchanged or complete; run shield draft again",
    "export": "the files of --rotation-code can be incomplete; run the same command again",
    "pull": "the env file is unchanged or complete; run shield pull again",
    "rollback": "nothing was undone; run shield rollback again",
    "run": "the command was not started",
}
_READ_ONLY = "nothing was changed; run the same command again"


def interrupted(command: str | None) -> CommandInterruptedError:
    """Return the error for an interrupt that the command does not describe."""
    return CommandInterruptedError("interrupted", _HINTS.get(command or "", _READ_ONLY))


def end_prompt(error: BaseException) -> None:
    """End the line of a prompt that was interrupted with Ctrl-C or Ctrl-D."""
    if isinstance(error.__context__, KeyboardInterrupt | EOFError) and sys.stderr.isatty():
        echo(err=True)


@contextlib.contextmanager
def interruption(describe: Callable[[], tuple[str, str]]) -> Iterator[None]:
    """Describe the state after an interrupt.

    Args:
        describe: Returns the message and the hint; called after the interrupt.
    """
    try:
        yield
    except (KeyboardInterrupt, click.Abort) as error:
        end_prompt(error)
        raise CommandInterruptedError(*describe()) from None
