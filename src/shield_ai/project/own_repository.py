"""Check that the git repository of a folder is its own, and not another one of the user.

git never checks out a file or folder named .git, but an archive can contain one. It can name
another repository: as a file with the line `gitdir: PATH`, or a folder with a file named commondir
or symbolic links. The history of that repository would be reported as the app's.
https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process

if TYPE_CHECKING:
    from collections.abc import Iterator


def require_own_repository(root: Path) -> None:
    """Require that a folder's repository belongs to it, unless the user named it with GIT_DIR.

    A linked worktree or a submodule has its repository elsewhere, but that names the worktree.

    Raises:
        SourceError: The folder has no repository, or another folder's.
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
    is_linked = _is_linked(root, worktree, git_dir, common_dir)
    if is_linked and root.resolve().is_relative_to(worktree) and not _leads_out(common_dir):
        return
    raise SourceError(
        f"the repository of {worktree} is not its own: .git leads elsewhere",
        "if this is right, name the repository: GIT_DIR=$(git rev-parse --absolute-git-dir)",
    )


def _is_linked(root: Path, worktree: Path, git_dir: Path, common_dir: Path) -> bool:
    """Return whether a repository is in its worktree, or names it."""
    dot_git = worktree / ".git"
    if git_dir != common_dir:  # a linked worktree
        if git_dir.parent != common_dir / "worktrees":
            return False
        return (git_dir / _first_line(git_dir / "gitdir")).resolve() == dot_git
    if git_dir == dot_git:
        return True
    named = os.fsdecode(git_process.read(root, "config", "--get", "core.worktree") or b"")
    return bool(named) and (git_dir / named.removesuffix("\n")).resolve() == worktree


def _first_line(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes()).partition("\n")[0]
    except OSError:
        return ""


def _leads_out(git_dir: Path) -> bool:
    """Return whether a link in a repository leads to the references of another one."""
    for path in _references(git_dir):
        if path.is_symlink() and not path.resolve().is_relative_to(git_dir):
            return True
    return False


def _references(git_dir: Path) -> Iterator[Path]:
    """Yield the files and folders from which git reads references and objects."""
    yield from (git_dir / name for name in ("HEAD", "objects", "packed-refs", "reftable"))
    for name in ("refs", "worktrees"):
        yield git_dir / name
        yield from (git_dir / name).rglob("*")
