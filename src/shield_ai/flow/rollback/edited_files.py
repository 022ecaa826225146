"""Find the files that were edited since apply, and their content without apply's edits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.flow.rollback.absent_code import BRANCH_HINT
from shield_ai.flow.rollback.generated_files import is_generated
from shield_ai.model.errors import UnsafePlanError
from shield_ai.project.env_file import is_env_file
from shield_ai.project.python_source import digest
from shield_ai.rewrite.project.secret_map import is_map_file
from shield_ai.rewrite.reverse_edits import reverse_edits
from shield_ai.rewrite.reverse_variables import reverse_variables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.journal.backups import Backups
    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.project.tree import Tree


class EditedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that differs from its content before apply and after it."""

    path: str
    applied: bytes  # the content that apply wrote
    now: bytes | None  # None: the file was removed
    mode: int  # before apply; 0: the file did not exist
    merged: bytes | None  # the content before apply with the edits since; None: not possible
    keeps_values: bool = False  # `merged` has values of an env file that were changed since
    is_generated: bool = False  # another apply generated the current content

    def is_merged(self, *, force: bool) -> bool:
        """Return whether the rollback keeps the edits.

        Args:
            force: Whether to restore the exact old content. The changed values of an env file are
                kept nevertheless: the old ones may no longer work.
        """
        return self.merged is not None and (self.keeps_values or not force)


def find_edited_files(steps: Sequence[Step], tree: Tree, journal: Journal) -> list[EditedFile]:
    """Return the files that were edited since apply.

    A file that is as before the first apply is not among them: nothing is left to undo, for example
    on a branch without the changes.

    Args:
        steps: The steps of a run, newest first.
        tree: The app's folder.
        journal: Has the contents before and after apply.

    Raises:
        SourceError: A file or a backup can't be read.
    """
    file_steps = [step for step in steps if isinstance(step, FileStep)]
    original = journal.original_files()
    number_of_steps = Counter(step.what for step in file_steps)
    found: dict[str, EditedFile] = {}
    # A run that was continued may have several steps for one file: follow them back in time.
    expected: dict[str, str | None] = {}
    for step in file_steps:
        now = tree.read(step.what)
        current = None if now is None else digest(now)
        if step.what in original and current == original[step.what]:
            continue
        current = expected.get(step.what, current)
        if current == step.after:
            expected[step.what] = step.before
        elif current != step.before and step.what not in found:
            is_only_step = number_of_steps[step.what] == 1
            found[step.what] = _edited_file(step, now, journal.backups, can_merge=is_only_step)
    return list(found.values())


def _edited_file(
    step: FileStep, now: bytes | None, backups: Backups, *, can_merge: bool
) -> EditedFile:
    applied = backups.read(step.after)
    edited = EditedFile(path=step.what, applied=applied, now=now, mode=step.mode, merged=None)
    if not can_merge or now is None:
        return edited
    before = backups.read(step.before) if step.before else b""
    if is_env_file(step.what):
        merged = reverse_variables(step.what, before, applied, now)
        if merged is not None:
            return msgspec.structs.replace(edited, merged=merged, keeps_values=True)
    merged = reverse_edits(step.what, before, applied, now) if step.before else None
    # Without the merge, an older map file would lack the secrets that another apply added.
    may_replace = merged is None and not (step.before and is_map_file(now))
    return msgspec.structs.replace(
        edited,
        merged=merged,
        is_generated=may_replace and is_generated(step.what, applied, now),
    )


def edited_error(
    edited: Sequence[EditedFile], kept: str, *, is_other_branch: bool
) -> UnsafePlanError:
    """Return the error for edits that can't be separated from those of apply.

    Args:
        edited: The files.
        kept: What --force keeps, to append to the hint; may be empty.
        is_other_branch: Whether the other files are as before apply.
    """
    names = ", ".join(file.path for file in edited)
    if is_other_branch:
        return UnsafePlanError(
            f"edited since apply: {names}; the other files are as before apply", BRANCH_HINT
        )
    return UnsafePlanError(
        f"edited since apply: {names}",
        "these edits can't be separated from those of apply: undo them first, or use --force, "
        f"which restores the old files and saves your versions in .shield/edited{kept}",
    )
