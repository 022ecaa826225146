"""Read the index of a git repository: the files that it tracks, and those that are staged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process
from shield_ai.project.own_repository import is_in_repository, require_own_repository

if TYPE_CHECKING:
    from pathlib import Path

SUBMODULE = "160000"
RENAME_LIMIT = "-l1000"  # files: git compares each added file with each removed one


def tracked_files(root: Path, paths: list[str]) -> set[str] | None:
    """Return which of the given files git tracks.

    Args:
        root: A folder, inside or outside a repository.
        paths: The files to look up, relative to the folder.

    Returns:
        None if git can't read the repository.
    """
    if not paths:
        return set()
    pathspecs = map(git_process.literal_pathspec, paths)
    output = git_process.read(root, "ls-files", "-z", "--", *pathspecs)
    if output is None:
        return None if is_in_repository(root) else set()
    return {name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name}


def tracked_files_in_gitignore(root: Path) -> list[str] | None:
    """Return the files below a folder that git tracks although a .gitignore names them.

    Args:
        root: A folder, inside or outside a repository.

    Returns:
        Paths relative to the folder; None if git can't read the repository.
    """
    options = ("-z", "--cached", "--ignored", "--exclude-standard")
    output = git_process.read(root, "ls-files", *options, "--", ".")
    if output is None:
        return None if is_in_repository(root) else []
    return [name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name]


class StagedFile(NamedTuple):
    """A file that is added, changed or renamed in the index."""

    name: str  # the object ID
    old_name: str  # the object ID in HEAD, also before a rename; zeros for a new file


def staged_files(root: Path) -> dict[str, StagedFile]:
    """Return the files that are added, changed or renamed in the index, by path.

    Submodules are excluded. The paths are relative to the folder.

    Raises:
        SourceError: The folder is not in a repository, or its .git points elsewhere.
    """
    require_own_repository(root)
    options = (
        "--raw",
        "--no-abbrev",
        "--find-renames",
        RENAME_LIMIT,
        "--no-ext-diff",
        "--relative",
        "-z",
        "--diff-filter=AMRT",
    )
    output = git_process.read(root, "diff", "--cached", *options, "--", ".")
    if output is None:
        raise SourceError(
            f"{root} is not in a git repository, or git can't read it", "run git status for details"
        )
    # ":old-mode new-mode old-object new-object status", then the path: for a rename, both paths
    parts = iter(output.decode("utf-8", "surrogateescape").split("\0"))
    files = {}
    for head in parts:
        if not head:
            break
        _, mode, old_name, name, status = head.split()
        path = next(parts)
        if status.startswith("R"):
            path = next(parts)
        if mode != SUBMODULE:
            files[path] = StagedFile(name, old_name)
    return files
