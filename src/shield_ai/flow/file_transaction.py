"""Write a set of files as one transaction: stage all of them, then commit all of them or none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.flow.journal import Record
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import apply_edits, digest
from shield_ai.project.tree import BACKUP, is_accessible_to_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.journal import Journal
    from shield_ai.model.edit import FileChange
    from shield_ai.project.tree import Tree


def stage(files: Sequence[FileChange], *, run: str, tree: Tree, journal: Journal) -> list[Record]:
    """Write the new bytes of every file to a temporary file, and back up the old ones.

    A full disk or a read-only folder fails here, before any file has changed.

    Args:
        files: The changes to make.
        run: The id of the run.
        tree: The app's folder.
        journal: Locked by the caller.

    Returns:
        The begin record of each step, for `commit`.

    Raises:
        SourceError: A file can't be written; the temporary files are removed.
    """
    begun: list[Record] = []
    try:
        for file in files:
            old = tree.read(file.path)
            new = apply_edits(old or b"", file.edits, file.encoding)
            journal.backups.store(new)
            if old is not None:
                journal.backups.store(old)
            begin = _write_begin(file, run, old, tree, journal)
            begun.append(begin)
            for folder in begin.folders:
                tree.make_folder(folder)
            tree.stage(file.path, new, private=file.private)
    except BaseException:
        undo_all(begun, tree=tree, journal=journal)
        raise
    return begun


def _write_begin(
    file: FileChange, run: str, old: bytes | None, tree: Tree, journal: Journal
) -> Record:
    mode = tree.mode(file.path)
    # Only rewritten code gets a backup beside it; .shield/backups has the old bytes of all files.
    is_rewritten_code = file.path.endswith(".py") and old is not None
    return journal.write(
        Record(
            seq=0,
            run=run,
            event="begin",
            kind="file",
            what=file.path,
            before=file.before,
            after=file.after,
            mode=mode,
            narrowed=file.private and is_accessible_to_others(mode),
            backup=is_rewritten_code and tree.read(file.path + BACKUP) is None,
            folders=tuple(tree.missing_folders(file.path)),
        )
    )


def commit(begun: Sequence[Record], *, tree: Tree, journal: Journal) -> None:
    """Move every staged file into place.

    Args:
        begun: The begin records from `stage`.
        tree: The app's folder.
        journal: Locked by the caller.

    Raises:
        SourceError: A file can't be written; all the others are restored.
    """
    try:
        for begin in begun:
            if begin.backup and begin.before:
                old = journal.backups.read(begin.before)
                # Private, because the old code may contain values that the edits remove.
                tree.write(begin.what + BACKUP, old, mode=0o600, like=begin.what)
            tree.commit(begin.what)
            journal.mark_done(begin)
    except BaseException:
        undo_all(begun, tree=tree, journal=journal)
        raise


def undo_all(begun: Sequence[Record], *, tree: Tree, journal: Journal) -> None:
    """Undo every step, last one first. A step that can't be undone stays open in the journal.

    Args:
        begun: The begin records from `stage`.
        tree: The app's folder.
        journal: Locked by the caller.
    """
    for begin in reversed(begun):
        with contextlib.suppress(SourceError):
            undo(begin, tree=tree, journal=journal)


def undo(begin: Record, *, tree: Tree, journal: Journal) -> str:
    """Restore one file, and remove the backup and the folders that the step created.

    A file that was edited since the step is not changed.

    Args:
        begin: The begin record of the step.
        tree: The app's folder.
        journal: Locked by the caller.

    Returns:
        "restored", "removed" or "unchanged".
    """
    now = tree.read(begin.what)
    outcome = "unchanged"
    if now is not None and digest(now) == begin.after:
        if begin.before is None:
            tree.remove(begin.what)
            outcome = "removed"
        else:
            mode = begin.mode if begin.narrowed else 0
            tree.write(begin.what, journal.backups.read(begin.before), mode=mode)
            outcome = "restored"
    tree.discard(begin.what)
    if begin.backup:
        _remove_backup(begin, tree)
    for folder in reversed(begin.folders):
        tree.remove_folder(folder)
    journal.mark_undone(begin)
    return outcome


def _remove_backup(begin: Record, tree: Tree) -> None:
    path = begin.what + BACKUP
    backup = tree.read(path)
    if backup is not None and digest(backup) == begin.before:
        tree.remove(path)
    tree.discard(path)
