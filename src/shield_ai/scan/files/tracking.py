"""Find out which files git tracks or ignores. Without files, git is not started."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def find_tracked(root: Path, paths: list[str]) -> set[str] | None:
    """Return the given files that git tracks; None if git fails."""
    if not paths:
        return set()
    from shield_ai.project.git_index import tracked_files

    return tracked_files(root, paths)


def find_ignored(root: Path, paths: set[str]) -> set[str]:
    """Return the given untracked files that git ignores."""
    if not paths:
        return set()
    from shield_ai.project.git import ignored_files

    return set(ignored_files(root, sorted(paths)))
