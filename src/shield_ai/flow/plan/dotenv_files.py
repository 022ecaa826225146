"""Find the .env files of an app, and how it reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.naming import DOTENV
from shield_ai.project import git
from shield_ai.rewrite.project.env_example import PATH as ENV_EXAMPLE
from shield_ai.rewrite.project.fixer import DotenvFiles

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext


def find_dotenv_files(app: AppContext) -> DotenvFiles:
    """Return the .env files of an app, and how it reads them."""
    facts = app.scan_result.facts
    root = app.tree.root
    state = git.git_state(root, DOTENV)
    return DotenvFiles(
        examples=facts.env_examples,
        loads=facts.loads_dotenv,
        reads=facts.reads_dotenv,
        is_tracked=state is git.GitState.TRACKED,
        is_exposed=state is git.GitState.NOT_IGNORED and app.tree.read(DOTENV) is not None,
        hides_example=bool(git.ignored_files(root, [ENV_EXAMPLE])),
    )
