"""Print the edits since apply that a rollback meets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import echo
from shield_ai.flow.rollback.edited_files import find_edited_files
from shield_ai.model.printable import printable
from shield_ai.reports.manual_changes import edited_text
from shield_ai.reports.terminal.plurals import count

if TYPE_CHECKING:
    from shield_ai.flow.rollback.undo import Undo


def print_edits(undo: Undo, *, force: bool) -> None:
    """Print the edits since apply, and how to save values that the rollback deletes."""
    for file in find_edited_files(undo.steps, undo.app.tree, undo.journal.backups):
        echo(edited_text(file.path, file.applied, file.now or b""), err=True)
        if file.merged is not None and not force:
            echo(f"these edits of {printable(file.path)} stay", err=True)
    advice = undo.unsaved.advice()
    if advice.number:
        copies = f"it copies the current values of {count(advice.number, 'secret')}"
        need = "which the app needs with AWS off"
        echo(f"before you undo them, run {advice.command}: {copies}, {need}", err=True)
    if advice.literals:
        places = ", ".join(dict.fromkeys(advice.literals))
        line = f"the undo restores {places}: not the current value, so change it there afterwards"
        echo(printable(line), err=True)
    if advice.unlisted:
        names = ", ".join(advice.unlisted)
        it = "it" if len(advice.unlisted) == 1 else "them"
        line = f"{names}: not in shield.toml, so shield pull can't copy {it}; if the app needs {it}"
        echo(printable(f"{line} with AWS off, save the current value before you undo"), err=True)
