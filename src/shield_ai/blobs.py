"""What lies in a git repository's index and among its objects, read by git's own commands."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from shield_ai.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def tracked(root: Path, paths: list[str]) -> set[str]:
    """Return which of some files git has, of those below a folder."""
    listed = _ask(root, "ls-files", "-z", "--", *paths) if paths else None
    return set(_names(listed)) if listed else set()


def staged(root: Path) -> list[str]:
    """List what the next commit adds or changes, relative to a folder.

    Raises:
        SourceError: There is no repository.
    """
    listed = _ask(root, "diff", "--cached", "--name-only", "--relative", "-z", "--diff-filter=ACMRT", "--", ".")
    if listed is None:
        raise SourceError(f"{root} is in no git repository, or git can't read it", "git status says more")
    return _names(listed)


def _names(listed: bytes) -> list[str]:
    return [name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]


def _ask(root: Path, *arguments: str) -> bytes | None:
    try:
        answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout


class Blobs:
    """The contents of objects, by one `git cat-file --batch` for all of them.

    Args:
        root: A folder in the repository.
    """

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            ["git", "-C", str(root), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def read(self, name: str, largest: int) -> bytes | None:
        """Return an object's bytes; None where there is none, or where it is larger than that.

        Args:
            name: Of the object: an id, or `:./path` for what is staged.
            largest: In bytes; what is larger is read past.
        """
        write, out = self._process.stdin, self._process.stdout
        if write is None or out is None or "\n" in name:
            return None
        try:
            write.write(name.encode("utf-8", "surrogateescape") + b"\n")
            write.flush()
        except OSError:
            return None
        head = out.readline().split()
        if len(head) != 3 or not head[2].isdigit():  # noqa: PLR2004  # id, kind, size; or "missing"
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
                stream.close()
        self._process.wait()
