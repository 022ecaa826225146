"""Add a .env file that git would commit to .gitignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project.dockerignore import PATH as DOCKERIGNORE
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines

if TYPE_CHECKING:
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".gitignore"
COMMENT = "# The values of secrets for development"
DOTENV = ".env"


def fix(context: FixContext) -> Outcome:
    """Ignore .env if git neither ignores nor tracks it."""
    app = context.app
    if not app.dotenv_files.is_exposed:
        return NOTHING
    # Edits of a file and of a link to it would conflict.
    path = DOCKERIGNORE if app.shares_ignore_file else PATH
    raw = context.read(path)
    lines = [line.strip() for line in (raw or b"").splitlines()]
    if DOTENV.encode() in lines:
        return NOTHING
    return append_lines(path, raw, f"{COMMENT}\n{DOTENV}\n", gap=True)
