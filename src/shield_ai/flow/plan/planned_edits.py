"""Plan the edits of an app's code for reports, which are made even if planning fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.plan.planning_session import PlanningSession
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.model.edit import FileChange


def planned_edits(app: AppContext) -> Sequence[FileChange]:
    """Return the file edits of a plan for code only; empty if planning fails.

    Args:
        app: The app.
    """
    try:
        options = AppOptions(only="code")
        return PlanningSession(app.tree.root, options, scan=app.scan_result).plan().files
    except ShieldError:
        return ()


def edits_of_folder(folder: Path) -> Sequence[FileChange]:
    """Return the file edits of a plan for the code of a folder; empty if planning fails.

    Args:
        folder: The app's folder.

    Raises:
        SourceError: The folder does not exist.
    """
    return planned_edits(AppContext(folder))
