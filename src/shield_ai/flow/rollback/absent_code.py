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
    from collections.abc import Sequence

    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.project.tree import Tree


def require_code(steps: Sequence[Step], tree: Tree, journal: Journal) -> None:
    """Require that the code of a run is in the folder if an env file would be restored.

    Args:
        steps: The steps of the run.
        tree: The app's folder.
        journal: Has the contents before and after apply.

    Raises:
        UnsafePlanError: The folder has the edited env file, and none of the other edits.
    """
    file_steps = [step for step in steps if isinstance(step, FileStep)]
    original = journal.original_files()
    code_paths = {step.what for step in file_steps if not is_env_file(step.what)}
    has_code = any(_digest(path, tree) != original.get(path) for path in code_paths)
    edited = [
        step.what
        for step in file_steps
        if is_env_file(step.what) and _digest(step.what, tree) != original.get(step.what)
    ]
    if code_paths and edited and not has_code:
        raise UnsafePlanError(
            f"{edited[0]} would be restored, but the code that apply edited is not in this folder",
            "check out the branch with the edits of apply; if you have discarded them, use --force",
        )


def _digest(path: str, tree: Tree) -> str | None:
    raw = tree.read(path)
    return None if raw is None else digest(raw)
