"""What lies in a git repository's index and among its objects, read by git's own commands."""

from __future__ import annotations

import contextlib
import subprocess
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


# Of a repository's settings, this one alone would run a program: https://git-scm.com/docs/git-config#Documentation/git-config.txt-corefsmonitor
GIT = ("git", "-c", "core.fsmonitor=false")
SUBMODULE = "160000"


def tracked(root: Path, paths: list[str]) -> set[str] | None:
    """Return which of some files git has, of those below a folder; None where it can't read its repository."""
    if not paths:
        return set()
    listed = _ask(root, "ls-files", "-z", "--", *paths)
    if listed is None:
        top = root.resolve()
        return None if any((folder / ".git").exists() for folder in (top, *top.parents)) else set()
    return {name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name}


def staged(root: Path) -> dict[str, str]:
    """Map the files that the next commit adds or changes, relative to a folder, to their objects; no submodules.

    Raises:
        SourceError: There is no repository.
    """
    form = ("--raw", "--no-abbrev", "--no-renames", "--relative", "-z", "--diff-filter=AMT")
    listed = _ask(root, "diff", "--cached", *form, "--", ".")
    if listed is None:
        raise SourceError(
            f"{root} is in no git repository, or git can't read it", "git status says more"
        )
    parts = listed.decode("utf-8", "surrogateescape").split("\0")
    # :old mode, new mode, old object, new object, what; path
    changes = zip(parts[::2], parts[1::2], strict=False)
    return {path: head.split()[3] for head, path in changes if head.split()[1] != SUBMODULE}


def is_shallow(root: Path) -> bool:
    """Whether the repository lacks its older commits."""
    return (_ask(root, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true"


def _ask(root: Path, *arguments: str) -> bytes | None:
    try:
        answer = subprocess.run(
            [*GIT, "-C", str(root), *arguments], capture_output=True, check=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout


class Blobs:
    """The contents of objects, by one `git cat-file --batch` for all of them.

    Args:
        root: A folder in the repository.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*GIT, "-C", str(self._root), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, name: str, largest: int) -> bytes | None:
        """Return an object's bytes; None where there is none, where it is broken, or where it is larger than that.

        Args:
            name: Of the object.
            largest: In bytes; what is larger is read past.
        """
        write, out = self._process.stdin, self._process.stdout
        if write is None or out is None or "\n" in name:
            return None
        try:
            write.write(name.encode() + b"\n")
            write.flush()
        except OSError:
            return None
        head = out.readline().split()
        if not head:  # git ends at a broken object; the others may be whole
            self.close()
            self._process = self._started()
        if len(head) != 3 or not head[2].isdigit():  # id, kind, size; or "missing"
            return None
        size = int(head[2])
        if size > largest:
            left = size + 1
            while left > 0 and (part := out.read(min(left, 1 << 20))):
                left -= len(part)
            return None
        return out.read(size + 1)[:size]

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()
