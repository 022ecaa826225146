"""Refuse to roll back edits that are not in this folder.

On a branch without the changes of apply, all of its code looks as if it were undone. A rollback
would only use up the journal, delete the secrets that the other branch reads, and take values out
of an env file that git ignores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.model.errors import UnsafePlanError
from shield_ai.project.env_file import is_env_file
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.project.tree import Tree

BRANCH_HINT = "check out the branch with the edits of apply"


def absent_error() -> UnsafePlanError:
    """Return the error for a folder without the edits of apply."""
    return UnsafePlanError(
        "the code that apply edited is not in this folder: nothing was undone",
        f"{BRANCH_HINT}; if you have reverted or discarded them, use --force",
    )


def is_code_absent(
    steps: Sequence[Step], tree: Tree, journal: Journal, changed: Collection[str]
) -> bool:
    """Return whether all code that a run edited is as before, although no rollback restored it.

    Args:
        steps: The steps of the run, newest first.
        tree: The app's folder.
        journal: Has the contents before and after apply.
        changed: The files without edits to undo that are not as before either, to ignore.
    """
    before: dict[str, str | None] = {}
    for step in steps:
        if isinstance(step, FileStep) and journal.is_done(step) and not is_env_file(step.what):
            before[step.what] = step.before
    paths = before.keys() - set(changed)
    if not paths or any(journal.has_restored_files(step.run) for step in steps):
        return False
    original = journal.original_files()
    return all(_digest(path, tree) in {before[path], original.get(path)} for path in paths)


def _digest(path: str, tree: Tree) -> str | None:
    raw = tree.read(path)
    return None if raw is None else digest(raw)
