"""Print the edits made since apply in the files that a rollback restores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import echo
from shield_ai.flow.rollback.edited_files import find_edited_files
from shield_ai.model.errors import ManifestError
from shield_ai.model.printable import printable
from shield_ai.reports.manual_changes import edited_text
from shield_ai.reports.terminal.plurals import count

if TYPE_CHECKING:
    from shield_ai.flow.rollback.undo import Undo


def print_edits(undo: Undo, *, force: bool) -> None:
    """Print the edits since apply, and how to save values that the rollback deletes."""
    names = _known_names(undo)
    for file in find_edited_files(undo.steps, undo.app.tree, undo.journal):
        echo(edited_text(file.path, file.applied, file.now or b"", names), err=True)
        if file.is_merged(force=force):
            echo(f"these edits of {printable(file.path)} are kept", err=True)
    advice = undo.unsaved.advice()
    if advice.number:
        values = f"the current values of {count(advice.number, 'secret')}"
        echo(
            f"before the rollback, run {advice.command}: it copies {values}, which the app needs"
            " with AWS off",
            err=True,
        )
    if advice.literals:
        places = ", ".join(dict.fromkeys(advice.literals))
        line = f"the rollback restores old values: {places}; replace them with the current ones"
        echo(printable(line), err=True)
    if advice.unlisted:
        unlisted = ", ".join(advice.unlisted)
        pronoun = "it" if len(advice.unlisted) == 1 else "them"
        line = (
            f"{unlisted}: not in shield.toml, so shield pull can't copy {pronoun}; if the app needs"
            f" {pronoun} with AWS off, save the current value before the rollback"
        )
        echo(printable(line), err=True)


def _known_names(undo: Undo) -> set[str]:
    try:
        manifest = undo.app.manifest_on_disk
    except ManifestError:
        return set()
    return manifest.names() if manifest else set()
