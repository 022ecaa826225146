"""Keep the copies that `shield apply` leaves beside rewritten files out of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project.text import NOTHING, Outcome, append

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read

PATH = ".gitignore"
LINE = "*.shield_ai_backup"


def fix(read: Read, manifest: Manifest) -> Outcome:  # noqa: ARG001  # each fixer is called alike
    """Add one line where the app has a .gitignore."""
    raw = read(PATH)
    if raw is None or LINE.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    return append(PATH, raw, f"{LINE}\n")
