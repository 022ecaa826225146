"""Add the values of removed literals to .env."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.naming import DOTENV
from shield_ai.project.env_file import read_assignments
from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project.file_edits import newline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Origin
    from shield_ai.project.values import Values


def dotenv_change(origins: Iterable[Origin], values: Values, read: FileReader) -> FileChange | None:
    """Return the change that adds values to .env, or None if it has all of them.

    The edit contains secret values: create it only when it is applied, never for a plan.

    Args:
        origins: The values to add; the field is the variable.
        values: Resolves the locators.
        read: Returns the bytes of a file of the app.

    Raises:
        SourceError: .env is not UTF-8.
    """
    raw = read(DOTENV)
    raw_text = raw or b""
    existing = read_assignments(raw_text)
    lines = []
    for origin in origins:
        if origin.field not in existing:
            lines.append(f"{origin.field}='{values.resolve(origin.source).reveal()}'\n")
    if not lines:
        return None
    lead = "\n" if raw_text and not raw_text.endswith(b"\n") else ""
    text = (lead + "".join(lines)).replace("\n", newline(raw_text))
    at = len(raw_text)
    edit = Edit(path=DOTENV, start=at, end=at, replacement=text)
    return file_change(DOTENV, raw, [edit], private=True)
