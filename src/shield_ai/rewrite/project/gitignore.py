"""Add the backups of `shield apply`, and a .env file that git would commit, to .gitignore."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".gitignore"
BACKUPS = ("# Backups of `shield apply`", "*.shield_ai_backup")
DOTENV = ("# The values of secrets for development", ".env")


def fix(context: FixContext) -> Outcome:
    """Ignore the backups of the edited files, and .env if git neither ignores nor tracks it."""
    app = context.app
    if app.dotenv_files.is_exposed:
        patterns = [DOTENV] if app.ignores_backups else [DOTENV, BACKUPS]
        return add_patterns(PATH, context.read(PATH), patterns)
    if app.ignores_backups or app.shares_ignore_file:
        return NOTHING  # the patterns in .dockerignore apply to git, too
    changes, skipped = [], []
    for path in ignore_files(context.read, app.edited, in_git=app.in_git):
        new_changes, newly_skipped = add_patterns(path, context.read(path), [BACKUPS])
        changes += new_changes
        skipped += newly_skipped
    return changes, skipped


def ignore_files(
    read: FileReader, edited: Collection[str] = (), *, in_git: bool = False
) -> list[str]:
    """Return the paths of the .gitignore files for the backups of the edited files.

    Args:
        read: Returns the bytes of a file of the app.
        edited: The edited Python files, which get a backup.
        in_git: Whether the app is in a Git repository. If not, no .gitignore is created.
    """
    if read(PATH) is not None:
        return [PATH]
    nearest = {_nearest_ignore_file(read, path) for path in edited}
    if "" in nearest:
        return [PATH] if in_git else []
    return sorted(nearest)


def add_patterns(path: str, raw: bytes | None, patterns: Collection[tuple[str, str]]) -> Outcome:
    """Add patterns to a .gitignore, each below its comment, unless the file has them.

    Args:
        path: The path of the .gitignore.
        raw: Its bytes; None if it does not exist.
        patterns: Comments and patterns.
    """
    lines = [line.strip() for line in (raw or b"").splitlines()]
    texts = [
        f"{comment}\n{pattern}\n" for comment, pattern in patterns if pattern.encode() not in lines
    ]
    return append_lines(path, raw, "\n".join(texts), gap=True) if texts else NOTHING


def _nearest_ignore_file(read: FileReader, path: str) -> str:
    folders = list(PurePosixPath(path).parents)[:-1]
    files = [f"{folder}/{PATH}" for folder in folders]
    return next((file for file in files if read(file) is not None), "")
