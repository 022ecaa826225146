"""Find the values that the files of an app have again after a rollback."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.hidden import Hidden
from shield_ai.project.env_file import is_env_file, read_assignments
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.flow.journal.backups import Backups
    from shield_ai.flow.journal.journal_record import FileStep


def restored_values(steps: Iterable[FileStep], backups: Backups) -> Iterator[Hidden]:
    """Yield the literals in the code, and the variables in the env files, that steps replaced.

    Args:
        steps: The steps to undo.
        backups: The old bytes of the files.
    """
    for step in steps:
        try:
            yield from values_in_file(step.what, backups.read(step.before or ""))
        except (SourceError, RecursionError):
            continue  # the rollback reports the file


def values_in_file(path: str, raw: bytes) -> Iterator[Hidden]:
    """Yield the literals in a module, or the variables in an env file.

    Raises:
        SourceError: The file can't be parsed.
        RecursionError: The module is nested too deeply.
    """
    if path.endswith(".py"):
        for node in ast.walk(Source.from_bytes(path, raw).tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield Hidden(node.value)
    elif is_env_file(path):
        for values in read_assignments(raw).values():
            yield from map(Hidden, values)
