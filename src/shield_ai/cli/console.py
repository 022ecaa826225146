"""What every command does with its result: files, colour, questions, steps."""

from __future__ import annotations

import functools
import os
import sys
from typing import TYPE_CHECKING, TextIO

import click

from shield_ai.model.errors import ShieldError
from shield_ai.model.hidden import Hidden
from shield_ai.reports.colour import wanted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shield_ai.flow.app_session import AppSession
    from shield_ai.model.plan import Receipt


def write(output: Path, text: str) -> None:
    """Write a result to the file that the user named."""
    from shield_ai.project.tree import put  # most scans write no file

    try:
        put(output, text.encode())
    except OSError as error:
        hint = "name a file in a folder that exists, and has room"
        raise ShieldError(f"{output} can't be written: {error.strerror}", hint) from None


def progress(done: int, total: int) -> None:
    """Show on a terminal how far a long job is, on a line that is gone when it is done."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        words = "" if done >= total else f"{done:,} of {total:,} files"
        sys.stderr.write(f"\r\033[K{words}")
        sys.stderr.flush()


def colour(stream: TextIO) -> bool:
    """Tell whether a stream should be coloured."""
    return wanted(os.environ, tty=stream.isatty())


def ask(question: str, *, yes: bool) -> None:
    """Ask on the terminal, unless the user said yes before; without a terminal, say so."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise ShieldError("this needs a yes, and there is no terminal to ask on", "add --yes")
    click.confirm(question, abort=True, err=True)


def replacer(conflict: str) -> Callable[[str, str], bool]:
    """Return what decides whether something in AWS may be overwritten."""
    if conflict != "ask":
        return lambda _kind, _name: conflict == "replace"
    if not sys.stdin.isatty():
        raise ShieldError(
            "--conflict ask needs a terminal", "use --conflict keep or --conflict replace"
        )

    @functools.cache
    def asked(kind: str, name: str) -> bool:
        return click.confirm(f"{kind} {name} is not as here: overwrite it?", err=True)

    return asked


def ask_in(session: AppSession, question: str, *, yes: bool) -> None:
    """Ask as `ask` does; in production, for the app's name."""
    # slow; `shield scan` asks nothing
    from shield_ai.model.environments import is_production

    name = session.manifest.app.name
    if yes or not is_production(session.manifest, session.environment):
        ask(question, yes=yes)
        return
    if not sys.stdin.isatty():
        raise ShieldError(
            f"{session.environment} needs the app's name typed, and there is no terminal",
            "add --yes",
        )
    if click.prompt(f"{session.environment}: {question} Type {name} to go on", err=True) != name:
        raise click.Abort


def ask_value(variable: str) -> Hidden:
    """Ask for a value, unseen; once for each variable."""
    if variable not in _ASKED:
        if not sys.stdin.isatty():
            raise ShieldError(f"--prompt needs a terminal to ask for {variable}", "use --env-file")
        _ASKED[variable] = Hidden(click.prompt(f"value of {variable}", hide_input=True, err=True))
    return _ASKED[variable]


_ASKED: dict[str, Hidden] = {}


def tell(receipt: Receipt) -> None:
    """Show one step as it is done."""
    click.echo(step(receipt), err=True)


def step(receipt: Receipt) -> str:
    """Write one step in a line."""
    mark = {"kept": "!", "unchanged": "="}.get(
        receipt.status, "-" if receipt.status == "undone" else "+"
    )
    from shield_ai.reports.plan import shortened  # a scan has no receipts

    return f"  {mark} {shortened(receipt.what)}  {receipt.detail}"
