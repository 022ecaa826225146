"""Add the backups that `shield apply` creates to .gitignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project.text import NOTHING, Outcome, append

if TYPE_CHECKING:
    from shield_ai.rewrite import Read

PATH = ".gitignore"
LINE = "*.shield_ai_backup"


def ignore_backups(read: Read) -> Outcome:
    """Add the pattern of the backups, unless .gitignore has it or does not exist."""
    raw = read(PATH)
    if raw is None or LINE.encode() in [line.strip() for line in raw.splitlines()]:
        return NOTHING
    return append(PATH, raw, f"{LINE}\n")
