"""A disk that has no space left for one file."""

from __future__ import annotations

import errno

from shield_ai.project import safe_write


def fill_disk(monkeypatch, name: str) -> None:
    """Let the writing of a file's temporary file fail half-way.

    Args:
        monkeypatch: pytest's fixture.
        name: Name of the file, without its folder.
    """
    create = safe_write.create_file

    def create_or_fail(folder, temporary, content, *args):
        if temporary.startswith(f".{name}."):
            create(folder, temporary, content[: len(content) // 2], *args)
            safe_write.os.unlink(temporary, dir_fd=folder)
            raise OSError(errno.ENOSPC, "No space left on device")
        create(folder, temporary, content, *args)

    monkeypatch.setattr("shield_ai.project.tree.create_file", create_or_fail)


def fail_to_sync(monkeypatch) -> None:
    """Let every fsync fail."""

    def fail(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(safe_write.os, "fsync", fail)
