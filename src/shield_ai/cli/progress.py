"""Show progress on standard error, if it is a terminal: a bar, or a line with counts."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Self

import click

from shield_ai.cli.console import note, replace_line
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_BAR = f"{__name__}.bar"  # a key in the context of a command
MIN_INTERVAL = 0.1  # seconds between two changes of a line
MIN_ELAPSED = 2.0  # seconds; earlier estimates are unreliable
MIN_ITEMS = 20  # with fewer items, the bar would disappear before anyone can read it


def can_show_progress() -> bool:
    """Return whether standard error can show a progress line."""
    if OUTPUT.quiet or OUTPUT.verbose:
        return False
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class ProgressBar:
    """Shows one task at a time and disappears when the task is done."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._description = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def update(self, description: str, done: int, total: int) -> None:
        """Show how many items of a task are done.

        Args:
            description: The label of the bar, for example "secrets checked".
            done: Items done.
            total: All items.
        """
        if total < MIN_ITEMS or not can_show_progress():
            return
        if self._progress is None or description != self._description:
            self.stop()
            self._start(description, total)
        if self._progress and self._task is not None:
            self._progress.update(self._task, completed=done)
        if done >= total:
            self.stop()

    def print(self, line: str) -> None:
        """Print a line on standard error, above the bar."""
        if self._progress:
            safe_line = printable(line)
            self._progress.console.print(safe_line, markup=False, highlight=False, soft_wrap=True)
        else:
            note(line)

    def stop(self) -> None:
        """Remove the bar."""
        if self._progress:
            self._progress.stop()
        self._progress = None
        self._description = ""

    def _start(self, description: str, total: int) -> None:
        from rich.console import Console
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
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._description = description
        self._task = self._progress.add_task(printable(description), total=total)
        self._progress.start()


class CountLine:
    """A line such as "1,200 of 5,000 files, 12 s left": without rich, which loads slowly.

    Args:
        noun: What is counted, in the plural.
    """

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._start = time.monotonic()
        self._last_update = 0.0  # monotonic time
        self._is_shown = False

    def __call__(self, done: int, total: int) -> None:
        """Show how many items are done; clear the line when all are."""
        now = time.monotonic()
        if not can_show_progress() or (done < total and now - self._last_update < MIN_INTERVAL):
            return
        self._last_update = now
        self._is_shown = done < total
        text = ""
        if done < total:
            text = f"{done:,} of {total:,} {self._noun}{self._estimate(done, total, now)}"
        replace_line(text)

    def clear(self) -> None:
        """Clear the line, if it is shown."""
        if self._is_shown:
            self(0, 0)

    def _estimate(self, done: int, total: int, now: float) -> str:
        elapsed = now - self._start
        if not done or elapsed < MIN_ELAPSED:
            return ""
        seconds = round(elapsed / done * (total - done))
        if seconds < 60:
            return f", {seconds} s left"
        return f", {seconds // 60} min {seconds % 60} s left"


def count_line(noun: str) -> CountLine:
    """Return a line that is cleared when the current command ends, also after Ctrl-C."""
    line = CountLine(noun)
    click.get_current_context().call_on_close(line.clear)
    return line


def progress_bar() -> ProgressBar:
    """Return the bar of the current command, which is removed when the command ends."""
    context = click.get_current_context()
    if _BAR not in context.meta:
        context.meta[_BAR] = context.with_resource(ProgressBar())
    bar: ProgressBar = context.meta[_BAR]
    return bar
