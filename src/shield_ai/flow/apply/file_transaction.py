"""Write a set of files as one transaction: stage all of them, then commit all of them or none."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import apply_edits, digest
from shield_ai.project.tree import is_accessible_to_others

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.edit import FileChange
    from shield_ai.project.tree import Tree

COPY_SUFFIX = ".shield_ai_backup"


def stage_files(
    files: Sequence[FileChange], *, run: str, tree: Tree, journal: Journal
) -> list[FileStep]:
    """Write the new bytes of every file to a temporary file, and back up the old ones.

    A full disk or a read-only folder fails here, before any file has changed.

    Args:
        files: The changes to make.
        run: The id of the run.
        tree: The app's folder.
        journal: Locked by the caller.

    Returns:
        The steps, for `commit_files`.

    Raises:
        SourceError: A file can't be written; the temporary files are removed.
    """
    steps: list[FileStep] = []
    try:
        for file in _new_files_first(files):
            old = tree.read(file.path)
            new = apply_edits(old or b"", file.edits, file.encoding)
            journal.backups.store(new)
            if old is not None:
                journal.backups.store(old)
            step = _write_step(file, run, tree, journal)
            steps.append(step)
            for folder in step.folders:
                tree.make_folder(folder)
            tree.stage(file.path, new, private=file.private)
    except BaseException:
        undo_all(steps, tree=tree, journal=journal)
        raise
    return steps


def _new_files_first(files: Sequence[FileChange]) -> list[FileChange]:
    """Put new files first: edited code imports them, and must be importable at any moment."""
    return sorted(files, key=lambda file: file.before is not None)


def _write_step(file: FileChange, run: str, tree: Tree, journal: Journal) -> FileStep:
    mode = tree.mode(file.path)
    return journal.write(
        FileStep(
            run=run,
            what=file.path,
            before=file.before,
            after=file.after,
            mode=mode,
            narrowed=file.private and is_accessible_to_others(mode),
            folders=tuple(tree.missing_folders(file.path)),
        )
    )


def commit_files(
    steps: Sequence[FileStep],
    *,
    tree: Tree,
    journal: Journal,
    on_edit: Callable[[], None] = lambda: None,
) -> None:
    """Move every staged file into place.

    Args:
        steps: The steps from `stage_files`.
        tree: The app's folder.
        journal: Locked by the caller.
        on_edit: Called after each file.

    Raises:
        SourceError: A file can't be written; all the others are restored.
    """
    try:
        for step in steps:
            tree.commit(step.what)
            journal.mark_done(step)
            on_edit()
    except BaseException:
        undo_all(steps, tree=tree, journal=journal)
        raise


def undo_all(steps: Sequence[FileStep], *, tree: Tree, journal: Journal) -> None:
    """Undo every step, last one first. A step that can't be undone stays open in the journal.

    Args:
        steps: The steps from `stage_files`.
        tree: The app's folder.
        journal: Locked by the caller.
    """
    for step in reversed(steps):
        with contextlib.suppress(SourceError):
            undo(step, tree=tree, journal=journal)


def undo(step: FileStep, *, tree: Tree, journal: Journal) -> str:
    """Restore one file, and remove the folders that the step created.

    A file that was edited since the step is not changed.

    Args:
        step: The step.
        tree: The app's folder.
        journal: Locked by the caller.

    Returns:
        "restored", "removed" or "unchanged".

    Raises:
        SourceError: The file can't be written, or its backup can't be read.
    """
    now = tree.read(step.what)
    outcome = "unchanged"
    if now is not None and digest(now) == step.after:
        if step.before is None:
            tree.remove(step.what)
            outcome = "removed"
        else:
            mode = step.mode if step.narrowed else 0
            tree.write(step.what, journal.backups.read(step.before), mode=mode)
            outcome = "restored"
    tree.discard(step.what)
    if step.backup:
        _remove_copy(step, tree)
    for folder in reversed(step.folders):
        tree.remove_folder(folder)
    journal.mark_undone(step)
    return outcome


def _remove_copy(step: FileStep, tree: Tree) -> None:
    """Remove the copy of the old file that earlier versions saved beside it."""
    path = step.what + COPY_SUFFIX
    copy = tree.read(path)
    if copy is not None and digest(copy) == step.before:
        tree.remove(path)
    tree.discard(path)
