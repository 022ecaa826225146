"""A bar on the terminal while many things are looked at or done; nothing where standard error is no terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

FEW = 20  # are done before anybody could read a bar


class Bar:
    """Shows one job at a time, and is gone when the job is done."""

    def __init__(self) -> None:
        self._shown: Progress | None = None
        self._task: TaskID | None = None
        self._what = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def tick(self, what: str, done: int, total: int) -> None:
        """Say how far a job is.

        Args:
            what: For example "secrets looked at".
            done: How many.
            total: Of how many.
        """
        if total < FEW or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
            return
        if self._shown is None or what != self._what:
            self.stop()
            self._start(what, total)
        if self._shown and self._task is not None:
            self._shown.update(self._task, completed=done)
        if done >= total:
            self.stop()

    def say(self, line: str) -> None:
        """Print a line on standard error, above the bar where there is one."""
        if self._shown:
            self._shown.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            click.echo(line, err=True)

    def stop(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._shown.stop()
        self._shown, self._what = None, ""

    def _start(self, what: str, total: int) -> None:
        from rich.console import Console  # not needed where nothing is shown

        # as above
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
        self._what, self._task = what, self._shown.add_task(what, total=total)
        self._shown.start()


def bar() -> Bar:
    """Return a bar that is gone, at the latest, when the command ends."""
    return click.get_current_context().with_resource(Bar())
