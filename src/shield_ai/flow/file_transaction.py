"""The file half of apply and rollback: stage every file, put all of them in place or none, give each back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.flow.journal import Record
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import apply_edits, digest
from shield_ai.project.tree import BACKUP, open_to_others

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.journal import Journal
    from shield_ai.model.edit import FileChange
    from shield_ai.project.tree import Tree


def stage(files: Sequence[FileChange], *, run: str, tree: Tree, journal: Journal) -> list[Record]:
    """Write the new bytes of every file under a temporary name, and keep the old ones.

    A full disk or a read-only folder shows here, before anything has changed.

    Args:
        files: What becomes of each.
        run: The id of the run.
        tree: The app's folder.
        journal: Locked by the caller.

    Returns:
        The begun steps, for `commit`.

    Raises:
        SourceError: A file can't be written; nothing is left behind.
    """
    begun: list[Record] = []
    try:
        for file in files:
            old = tree.read(file.path)
            new = apply_edits(old or b"", file.edits, file.encoding)
            journal.keep(new)
            if old is not None:
                journal.keep(old)
            begun.append(_begin(file, run, old, tree, journal))
            for folder in begun[-1].folders:
                tree.make_folder(folder)
            tree.stage(file.path, new, private=file.private)
    except BaseException:
        take_back(begun, tree=tree, journal=journal)
        raise
    return begun


def _begin(file: FileChange, run: str, old: bytes | None, tree: Tree, journal: Journal) -> Record:
    # Only rewritten code gets a visible backup, as the plan names it; every old byte is in .shield/backups too.
    mode = tree.mode(file.path)
    backup = file.path.endswith(".py") and old is not None and tree.read(file.path + BACKUP) is None
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
            narrowed=file.private and open_to_others(mode),
            backup=backup,
            folders=tuple(tree.missing_folders(file.path)),
        )
    )


def commit(begun: Sequence[Record], *, tree: Tree, journal: Journal) -> None:
    """Put every staged file in its place.

    Raises:
        SourceError: One could not be; all the others are taken back.
    """
    try:
        for begin in begun:
            if begin.backup and begin.before:
                tree.write(begin.what + BACKUP, journal.kept(begin.before), like=begin.what)
            tree.commit(begin.what)
            journal.write(Record(seq=0, run=begin.run, event="done", of=begin.seq))
    except BaseException:
        take_back(begun, tree=tree, journal=journal)
        raise


def take_back(begun: Sequence[Record], *, tree: Tree, journal: Journal) -> None:
    """Undo every begun step, last one first; one that can't be undone stays in the journal, and stops no other."""
    for begin in reversed(begun):
        with contextlib.suppress(SourceError):
            undo(begin, tree=tree, journal=journal)


def undo(begin: Record, *, tree: Tree, journal: Journal) -> str:
    """Give back one file as it was, and remove what we made beside it.

    A file that holds other bytes than ours is left alone: the caller has asked before.

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
            tree.write(
                begin.what, journal.kept(begin.before), mode=begin.mode if begin.narrowed else 0
            )
            outcome = "restored"
    tree.discard(begin.what)
    if begin.backup:
        _remove_backup(begin, tree)
    for folder in reversed(begin.folders):
        tree.remove_folder(folder)
    journal.write(Record(seq=0, run=begin.run, event="undone", of=begin.seq))
    return outcome


def _remove_backup(begin: Record, tree: Tree) -> None:
    backup = tree.read(begin.what + BACKUP)
    if backup is not None and digest(backup) == begin.before:
        tree.remove(begin.what + BACKUP)
    tree.discard(begin.what + BACKUP)
