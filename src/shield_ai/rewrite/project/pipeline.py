"""Run all fixers of files other than the Python files with findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project.fixer import FixContext, find_project_fixers

if TYPE_CHECKING:
    from shield_ai.model.edit import FileChange
    from shield_ai.model.skip import Skipped


def rewrite_project(context: FixContext) -> tuple[list[FileChange], list[Skipped]]:
    """Return the changes of all files except the Python files with findings."""
    changes: dict[str, FileChange] = {}
    skipped: list[Skipped] = []
    for fix in find_project_fixers():
        new_changes, newly_skipped = fix(context)
        for change in new_changes:
            first = changes.get(change.path)
            if first is None:
                changes[change.path] = change
            else:
                raw = context.read(change.path)
                edits = (*first.edits, *change.edits)
                changes[change.path] = file_change(change.path, raw, edits)
        skipped += newly_skipped
    return [*changes.values()], skipped
