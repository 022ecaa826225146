"""Check that a folder's .git does not redirect git to another repository.

git never checks out a file or folder named .git, but an archive can contain one. It can redirect
git in three ways: a file .git with the line `gitdir: PATH`, a folder .git with a file commondir or
objects/info/alternates, or symbolic links in .git. The history of the other repository would be
reported as the app's.
https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterator

ALTERNATES = "objects/info/alternates"
MAX_SIZE = 1_000_000  # bytes of a file that names a folder


def is_in_repository(root: Path) -> bool:
    """Return whether a folder is in a repository, even one that git refuses to read.

    Git refuses to read, for example, a repository of another user or in an unknown format.
    """
    folder = root.resolve()
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def require_own_repository(root: Path) -> None:
    """Require that a folder's repository belongs to it, unless GIT_DIR is set.

    The git directory of a linked worktree or submodule is elsewhere, but points back to it.

    Raises:
        SourceError: The folder is not in a git repository, or its .git points elsewhere.
    """
    if "GIT_DIR" in os.environ:
        return
    options = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    output = git_process.read(root, "rev-parse", *options)
    lines = os.fsdecode(output or b"").splitlines()
    if len(lines) != len(options):
        raise SourceError(
            f"{root} is not in a git repository, or git can't read it", "run git status for details"
        )
    # a path can be relative to the folder
    worktree, git_dir, common_dir = (Path(root, line).resolve() for line in lines)
    redirection = ".git"
    is_own = _belongs_to(worktree, root, git_dir, common_dir)
    if is_own and root.resolve().is_relative_to(worktree):
        redirection = _find_redirection(common_dir)
    if not redirection:
        return
    raise SourceError(
        f"{worktree}/{redirection} points to another git repository",
        "if you trust that repository, set GIT_DIR=$(git rev-parse --absolute-git-dir)",
    )


def _belongs_to(worktree: Path, root: Path, git_dir: Path, common_dir: Path) -> bool:
    """Return whether a git directory is inside its worktree, or points back to it."""
    dot_git = worktree / ".git"
    if git_dir != common_dir:  # a linked worktree
        if git_dir.parent != common_dir / "worktrees":
            return False
        pointer = git_dir / _first_line(git_dir / "gitdir")
        return os.path.realpath(pointer) == str(dot_git)
    if git_dir == dot_git:
        return True
    named = os.fsdecode(git_process.read(root, "config", "--get", "core.worktree") or b"")
    return bool(named) and os.path.realpath(git_dir / named.removesuffix("\n")) == str(worktree)


def _first_line(path: Path) -> str:
    try:
        return os.fsdecode(read_regular_file(path, MAX_SIZE)).partition("\n")[0]
    except OSError:
        return ""


def _find_redirection(git_dir: Path) -> str:
    """Return a path in a git directory that refers to another repository, or an empty string."""
    if _names_alternates(git_dir):
        return f".git/{ALTERNATES}"
    for link in _links(git_dir):
        # Linked folders are all rejected, because their content is not checked.
        if link.is_dir() or not Path(os.path.realpath(link)).is_relative_to(git_dir):
            return f".git/{link.relative_to(git_dir).as_posix()}"
    return ""


def _names_alternates(git_dir: Path) -> bool:
    """Return whether a repository borrows objects, as after `git clone --shared`."""
    try:
        raw = read_regular_file(git_dir / ALTERNATES, MAX_SIZE)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return any(line and not line.startswith(b"#") for line in raw.splitlines())


def _links(git_dir: Path) -> Iterator[Path]:
    """Yield the symbolic links among the files and folders from which git reads content."""
    names = ("HEAD", "index", "packed-refs", "objects", "refs", "reftable", "worktrees")
    pending = [git_dir / name for name in names]
    pending += git_dir.glob("sharedindex.*")  # of a split index
    yield from (path for path in pending if path.is_symlink())
    folders = [os.fspath(path) for path in pending if path.is_dir()]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_symlink():
                    yield Path(entry)
                elif entry.is_dir():
                    folders.append(entry.path)
