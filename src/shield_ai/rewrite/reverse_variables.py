"""Undo the edits of an env file, and keep the values that were changed afterwards.

`shield pull` replaces values in the lines that apply wrote, or next to them.
"""

from __future__ import annotations

from shield_ai.model.errors import SourceError
from shield_ai.project.env_file import read_assignments, set_variables
from shield_ai.rewrite.reverse_edits import reverse_edits


def reverse_variables(path: str, before: bytes, applied: bytes, current: bytes) -> bytes | None:
    """Return the current content of an env file without the edits from `before` to `applied`.

    A variable that was added after the edits, or whose value was changed after them, keeps its
    current value.

    Args:
        path: The path of the file.
        before: The content before the edits.
        applied: The content after them.
        current: `applied`, with later changes.

    Returns:
        None if no value was changed, or if the place of an edit is no longer certain.
    """
    try:
        values = _changed_values(applied, current)
        if not values:
            return None
        before, applied = set_variables(before, values), set_variables(applied, values)
    except (SourceError, ValueError):  # not UTF-8, or a value that readers interpret differently
        return None
    if applied == current:
        return before
    return reverse_edits(path, before, applied, current)


def _changed_values(applied: bytes, current: bytes) -> dict[str, str]:
    """Return the variables that were added, or that have another value; not ambiguous ones."""
    old, new = read_assignments(applied), read_assignments(current)
    return {
        name: values[0]
        for name, values in new.items()
        if old.get(name) != values and len({*values}) == 1
    }
