"""What applying a plan would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.naming import DOTENV
from shield_ai.model.plan import Action
from shield_ai.project.runtime_names import COPY, is_copied_file

if TYPE_CHECKING:
    from shield_ai.model.plan import Plan


def changes_nothing(plan: Plan) -> bool:
    """Return whether a plan neither edits files nor changes anything in AWS.

    Args:
        plan: The plan.
    """
    unchanged = {Action.KEEP, Action.DRIFT}
    return not plan.files and all(change.action in unchanged for change in plan.changes)


def rewrites_code(plan: Plan) -> bool:
    """Return whether a plan edits a Python file that already exists.

    Args:
        plan: The plan.
    """
    return any(file.before and file.path.endswith(".py") for file in plan.files)


def edited_paths(plan: Plan) -> set[str]:
    """Return the files that applying a plan may write, including .env.

    Args:
        plan: The plan.
    """
    return {DOTENV, *(file.path for file in plan.files)}


def adds_runtime(plan: Plan) -> bool:
    """Return whether a plan copies the runtime into the app, which has no copy yet.

    Args:
        plan: The plan.
    """
    new = {file.path for file in plan.files if file.before is None}
    return any(is_copied_file(path) and path.endswith(f"{COPY}/__init__.py") for path in new)
