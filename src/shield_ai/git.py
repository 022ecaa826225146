"""Facts from git, by its own command; a tree without git has none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from shield_ai.errors import SourceError

PATIENCE = 300  # seconds for what goes over the network


def changed(root: Path) -> list[str]:
    """List tracked files below a folder that differ from the last commit, relative to it.

    Args:
        root: The app's folder; need not be the top of the repository.
    """
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "diff", "--name-only", "--relative", "-z", "HEAD", "--", "."],
            capture_output=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return []  # no git here, or no commit yet
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name]


def holds(root: Path, path: str) -> str:
    """Say why git has a file, or would take it with the next `git add`; empty where it leaves it alone.

    Args:
        root: The app's folder.
        path: Relative to it.
    """

    def asked(*arguments: str) -> int | None:
        try:
            return subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False).returncode
        except OSError:
            return None

    if asked("rev-parse", "--git-dir") != 0:
        return ""
    if asked("ls-files", "--error-unmatch", "--", path) == 0:
        return "is tracked by git"
    return "is not ignored by git" if asked("check-ignore", "-q", "--", path) == 1 else ""


def head(repository: str, *, remote: bool) -> str:
    """Return the newest commit; nothing for a folder with uncommitted changes or without git.

    Args:
        repository: A folder; a URL or a bare copy where `remote`.
        remote: Whether git must be asked for it as for another machine's.

    Raises:
        SourceError: A remote one can't be reached.
    """
    if remote:
        return _git("ls-remote", "--", repository, "HEAD").split("\t", maxsplit=1)[0]
    try:
        dirty = _git("-C", repository, "status", "--porcelain")
        return "" if dirty else _git("-C", repository, "rev-parse", "--verify", "HEAD").strip()
    except SourceError:
        return ""


def clone(repository: str, folder: Path) -> None:
    """Bring the newest commit of a repository into a folder, without its history.

    Raises:
        SourceError: It can't be had.
    """
    source = repository if ":" in repository else Path(repository).absolute().as_uri()
    _git("clone", "--quiet", "--depth=1", "--single-branch", "--no-tags", "--", source, str(folder))


def _git(*arguments: str) -> str:
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_SSH_COMMAND": "ssh -oBatchMode=yes"}
    try:
        done = subprocess.run(
            ["git", *arguments], capture_output=True, check=True, timeout=PATIENCE, env={**os.environ, **quiet}
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git {arguments[0]} was not done within {PATIENCE} s") from None
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise SourceError(f"git {arguments[0]}: {(words or ['failed'])[-1][:200]}") from None
    return done.stdout.decode("utf-8", "replace")
