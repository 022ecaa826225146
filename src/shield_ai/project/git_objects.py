"""Read a git repository's index and objects with git commands."""

from __future__ import annotations

import contextlib
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.project import git_process
from shield_ai.project.own_repository import require_own_repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SUBMODULE = "160000"
CHUNK = 1 << 20  # bytes
BATCH = 64  # objects; twice as many IDs fit into the buffer of a pipe
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
        return None if git_process.is_in_repository(root) else set()
    return {name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name}


def ignored_tracked_files(root: Path) -> list[str] | None:
    """Return the files below a folder that git tracks although a .gitignore names them.

    Args:
        root: A folder, inside or outside a repository.

    Returns:
        Paths relative to the folder; None if git can't read the repository.
    """
    options = ("-z", "--cached", "--ignored", "--exclude-standard")
    output = git_process.read(root, "ls-files", *options, "--", ".")
    if output is None:
        return None if git_process.is_in_repository(root) else []
    return [name.decode("utf-8", "surrogateescape") for name in output.split(b"\0") if name]


class StagedFile(NamedTuple):
    """A file that is added or changed in the index."""

    name: str  # the object ID
    old_name: str  # the object ID in HEAD, also before a rename; zeros for a new file


def staged_files(root: Path) -> dict[str, StagedFile]:
    """Return the files that are added or changed in the index, by path.

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


def is_shallow(root: Path) -> bool:
    """Return True if the repository is a shallow clone, without the older commits."""
    output = git_process.read(root, "rev-parse", "--is-shallow-repository")
    return (output or b"").strip() == b"true"


class BlobReader:
    """Reads objects with a single `git cat-file --batch` process.

    Args:
        root: A folder in the repository.

    Raises:
        FileNotFoundError: git is not installed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._requested: deque[str] = deque()
        self._start()

    def _start(self) -> None:
        self._process = git_process.start(self._root, "cat-file", "--batch", pipe_stdin=True)
        self._output = git_process.Stream(self._process, "cat-file", git_process.TIMEOUT)

    def read(self, name: str, max_size: int) -> bytes | None:
        """Return the content of an object; None if it is missing, corrupt or too large.

        Args:
            name: The ID of the object.
            max_size: Bytes; larger objects are skipped.

        Raises:
            SourceError: git was stopped because it did not answer.
        """
        (content,) = self.read_all([name], max_size)
        return content

    def read_all(self, names: Iterable[str], max_size: int) -> Iterator[bytes | None]:
        """Yield the content of each object, as `read` returns it.

        Objects are requested ahead, so that git reads them while the caller works. The iterator
        can't be used after another read.

        Args:
            names: The IDs of the objects.
            max_size: Bytes; larger objects are skipped.

        Raises:
            SourceError: git was stopped because it did not answer.
        """
        if self._requested:  # by an iterator that was not exhausted
            self._restart()
        remaining = iter(names)
        self._requested = requested = deque[str]()
        while batch := list(islice(remaining, BATCH)):
            self._request(batch)
            requested.extend(batch)
            while len(requested) > BATCH:
                yield self._receive(requested, max_size)
        while requested:
            yield self._receive(requested, max_size)

    def _request(self, names: Iterable[str]) -> None:
        stdin = self._process.stdin
        lines = [name.replace("\n", " ") + "\n" for name in names]
        with contextlib.suppress(OSError):  # git exited: the next answer is empty
            if stdin:
                stdin.write("".join(lines).encode())
                stdin.flush()

    def _receive(self, requested: deque[str], max_size: int) -> bytes | None:
        """Return the content of the first of the requested objects, and remove it from them."""
        requested.popleft()
        head = self._output.readline().split()
        if not head:  # git exits at a corrupt object; other objects can still be read
            self._restart()
            self._request(requested)
        if len(head) != 3 or not head[2].isdigit():  # "id kind size", or "name missing"
            return None
        size = int(head[2])
        if size > max_size:
            self._skip(size + 1)
            return None
        return self._output.read(size + 1)[:size]

    def _skip(self, size: int) -> None:
        remaining = size
        while remaining > 0:
            chunk = self._output.read(min(remaining, CHUNK))
            if not chunk:
                break
            remaining -= len(chunk)

    def _restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        """Stop the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process.wait()
