"""Read the objects of a git repository with git commands."""

from __future__ import annotations

import contextlib
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from shield_ai.project import git_process

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

CHUNK = 1 << 20  # bytes
BATCH = 64  # objects; twice as many IDs fit into the buffer of a pipe


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
