"""Refuse to take values out of an env file if the code that needs them is not in this folder.

On a branch without the changes of apply, all of its code looks as if it were undone, while the env
file, which git ignores, still has the values for the other branch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.model.errors import UnsafePlanError
from shield_ai.project.env_file import is_env_file
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.project.tree import Tree

BRANCH_HINT = "check out the branch with the edits of apply"


def require_code(steps: Sequence[Step], tree: Tree, journal: Journal) -> None:
    """Require that the code of a run is in the folder if an env file would be restored.

    Args:
        steps: The steps of the run.
        tree: The app's folder.
        journal: Has the contents before and after apply.

    Raises:
        UnsafePlanError: The folder has the edited env file, and none of the other edits.
    """
    original = journal.original_files()
    edited = [
        step.what
        for step in steps
        if isinstance(step, FileStep)
        and is_env_file(step.what)
        and _digest(step.what, tree) != original.get(step.what)
    ]
    if edited and is_code_absent(steps, tree, journal):
        raise UnsafePlanError(
            f"{edited[0]} would be restored, but the code that apply edited is not in this folder",
            f"{BRANCH_HINT}; if you have discarded them, use --force",
        )


def is_code_absent(
    steps: Sequence[Step], tree: Tree, journal: Journal, changed: Collection[str] = ()
) -> bool:
    """Return whether all code that a run edited is as before.

    Args:
        steps: The steps of the run.
        tree: The app's folder.
        journal: Has the contents before and after apply.
        changed: The files that are neither as before nor as apply wrote them, to ignore.
    """
    original = journal.original_files()
    paths = {step.what for step in steps if isinstance(step, FileStep)}
    code_paths = {path for path in paths.difference(changed) if not is_env_file(path)}
    return bool(code_paths) and all(
        _digest(path, tree) == original.get(path) for path in code_paths
    )


def _digest(path: str, tree: Tree) -> str | None:
    raw = tree.read(path)
    return None if raw is None else digest(raw)
