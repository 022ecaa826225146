"""The result of edits of deployment files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shield_ai.model.edit import FileChange
    from shield_ai.model.skip import Skipped

NOT_EXACT = "the edits would change other parts of the file"


class EditOutcome(NamedTuple):
    """The edits of deployment files."""

    changes: list[FileChange]
    skipped: list[Skipped]
    next_steps: list[str]  # what the user must do before the files are used
