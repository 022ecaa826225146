"""Ask the user: confirmations, conflicts and values."""

from __future__ import annotations

import functools
import sys
import termios
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import UNCHANGED, can_ask, echo, no_terminal_text
from shield_ai.model.errors import DeclinedError, ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.plan import Plan


def print_before_question(text: str, *, yes: bool, nl: bool = True) -> None:
    """Print the context of a question on standard error, unless both -q and --yes are given."""
    if not (OUTPUT.quiet and yes):
        echo(text, err=True, nl=nl, wraps=True)


def confirm(question: str, *, yes: bool, declined: str = UNCHANGED) -> None:
    """Ask for confirmation on the terminal, unless --yes was given.

    Args:
        question: What to confirm.
        yes: Whether --yes was given.
        declined: What to print if the answer is no.

    Raises:
        ShieldError: Standard input or standard error is not a terminal.
        DeclinedError: The answer is no.
    """
    if yes:
        return
    if not can_ask():
        raise ShieldError(
            f"confirmation required, but {no_terminal_text()}",
            "use --yes to skip the confirmation",
        )
    if not ask(question):
        raise DeclinedError(declined)


def confirm_changes(
    app: AppContext, question: str, *, yes: bool, declined: str = UNCHANGED
) -> None:
    """Ask for confirmation of changes; in production, require the app's name.

    Args:
        app: The app and its environment.
        question: What to confirm.
        yes: Whether --yes was given.
        declined: What to print if the answer is no.

    Raises:
        ShieldError: Standard input or standard error is not a terminal.
        DeclinedError: The answer is no, or is not the app's name.
    """
    from shield_ai.model.environments import is_production

    if yes or not is_production(app.manifest, app.environment):
        confirm(question, yes=yes, declined=declined)
        return
    environment = app.environment
    if not can_ask():
        raise ShieldError(
            f"changes to {environment} require confirmation, but {no_terminal_text()}",
            "use --yes to skip the confirmation",
        )
    name = app.manifest.app.name
    text = f"{question} This changes {environment}. Enter the app's name ({name}) to confirm"
    if click.prompt(printable(text), err=True) != name:
        raise DeclinedError(f"{declined}: the answer is not {name}")


def conflict_resolver(conflict: str) -> Callable[[str, str], bool]:
    """Return a function that decides whether a resource in AWS may be overwritten.

    Args:
        conflict: The value of --conflict: keep, replace or ask.

    Returns:
        A function of the resource's kind and name.

    Raises:
        ShieldError: `conflict` is `ask`, but standard input or standard error is not a terminal.
    """
    if conflict != "ask":
        return lambda _kind, _name: conflict == "replace"
    if not can_ask():
        raise ShieldError(
            "--conflict ask requires a terminal", "use --conflict keep or --conflict replace"
        )

    @functools.cache
    def confirm_overwrite(kind: str, name: str) -> bool:
        return ask(f"{kind} {name} differs in AWS. Overwrite it?")

    return confirm_overwrite


def ask(question: str) -> bool:
    """Ask a question on standard error; the default answer is no."""
    return click.confirm(printable(question), default=False, err=True)


def prompt_hidden(text: str) -> Hidden:
    """Prompt on standard error with hidden input; the answer may be empty.

    Raises:
        ShieldError: The answer is only the first line of a key.
    """
    answer = click.prompt(
        printable(text), hide_input=True, default="", show_default=False, err=True
    )
    return _require_whole_value(answer)


@functools.cache
def prompt_for_value(variable: str) -> Hidden:
    """Prompt for the value of a variable with hidden input, once per variable.

    The answer may be empty.

    Raises:
        ShieldError: Standard input or standard error is not a terminal, or the answer is only the
            first line of a key.
    """
    if not can_ask():
        raise ShieldError(f"--prompt requires a terminal to ask for {variable}", "use --env-file")
    return prompt_hidden(f"Value of {variable} (Enter to skip)")


def prompt_for_values(plan: Plan, optional: Collection[str]) -> Plan:
    """Prompt for all values that a plan needs, and return it without those that were skipped.

    Args:
        plan: The plan.
        optional: The full names of the optional secrets.

    Raises:
        ShieldError: Standard input or standard error is not a terminal, or an answer is only the
            first line of a key.
    """
    from shield_ai.flow.plan.prompted_values import prompted_variables, without_values

    skipped = [name for name in prompted_variables(plan) if not prompt_for_value(name)]
    return without_values(plan, skipped, optional)


def _require_whole_value(answer: str) -> Hidden:
    """Reject the first line of a pasted key, and discard its other lines."""
    if answer.startswith("-----BEGIN ") and "-----END " not in answer:
        # The terminal has buffered the other lines: the shell would run them as commands.
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
        raise ShieldError(
            "only the first line of the key was read; nothing was changed",
            "pipe the key to shield rotate NAME --yes, or give it to shield apply in an env file",
        )
    return Hidden(answer)
