"""Add the backups that `shield apply` creates to .gitignore."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".gitignore"
LINE = "*.shield_ai_backup"
COMMENT = "# Backups of `shield apply`"


def fix(context: FixContext) -> Outcome:
    """Ignore the backups of the edited files."""
    app = context.app
    return ignore_backups(
        context.read, app.edited, in_git=app.in_git, are_ignored=app.ignores_backups
    )


def ignore_backups(
    read: FileReader,
    edited: Collection[str] = (),
    *,
    in_git: bool = False,
    are_ignored: bool = False,
) -> Outcome:
    """Add the pattern of the backups to the .gitignore files that apply to the edited files.

    Args:
        read: Returns the bytes of a file of the app.
        edited: The edited Python files, which get a backup.
        in_git: Whether the app is in a Git repository. If not, no .gitignore is created.
        are_ignored: Whether git ignores the backups already, for example because of a file above
            the app.
    """
    if are_ignored:
        return NOTHING
    if read(PATH) is not None:
        return _ignore_in(read, PATH)
    nearest = {_nearest_ignore_file(read, path) for path in edited}
    if "" in nearest:
        return _ignore_in(read, PATH) if in_git else NOTHING
    changes, skipped = [], []
    for path in sorted(nearest):
        new_changes, newly_skipped = _ignore_in(read, path)
        changes += new_changes
        skipped += newly_skipped
    return changes, skipped


def _nearest_ignore_file(read: FileReader, path: str) -> str:
    folders = list(PurePosixPath(path).parents)[:-1]
    files = [f"{folder}/{PATH}" for folder in folders]
    return next((file for file in files if read(file) is not None), "")


def _ignore_in(read: FileReader, path: str) -> Outcome:
    raw = read(path)
    if raw is not None and LINE.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    return append_lines(path, raw, f"{COMMENT}\n{LINE}\n", gap=True)
