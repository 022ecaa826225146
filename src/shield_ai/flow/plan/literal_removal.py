"""Prepare to move the literals of an app's code to .env."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.preconditions import require_untracked_dotenv
from shield_ai.model.naming import DOTENV
from shield_ai.project.env_file import read_env_file
from shield_ai.rewrite.python.fixers.move_literals import LiteralRemoval

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.hidden import Hidden
    from shield_ai.project.values import Values


def open_literal_removal(app: AppContext, values: Values) -> LiteralRemoval:
    """Prepare to move the literals of an app's code to .env.

    Args:
        app: The app.
        values: Resolves the locators of the literals.

    Raises:
        UnsafePlanError: git tracks .env, or does not ignore it.
        SourceError: .env can't be read.
    """
    require_untracked_dotenv(app.tree.root)
    existing: dict[str, Hidden] = {}
    if app.tree.read(DOTENV) is not None:
        existing = read_env_file(app.tree.path(DOTENV))
    return LiteralRemoval(
        [*app.sites, *app.scan_result.constants],
        values,
        existing,
        loads_dotenv=app.scan_result.facts.loads_dotenv,
    )
