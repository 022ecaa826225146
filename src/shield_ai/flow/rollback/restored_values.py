"""Find the values that the files of an app have again after a rollback."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.hidden import Hidden
from shield_ai.project.env_file import is_env_file, read_assignments
from shield_ai.project.python_source import Source, string_constant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

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


def restored_literals(
    steps: Iterable[FileStep], backups: Backups, variables: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the variables to which the restored code assigns a text, each with its file.

    Args:
        steps: The steps to undo.
        backups: The old bytes of the files.
        variables: The variables of the secrets.
    """
    for step in steps:
        if not step.before or not step.what.endswith(".py"):
            continue
        try:
            tree = Source.from_bytes(step.what, backups.read(step.before)).tree
            names = {name for node in ast.walk(tree) for name in _assigned_texts(node)}
        except (SourceError, RecursionError):
            continue  # the rollback reports the file
        for variable in sorted(names.intersection(variables)):
            yield variable, step.what


def _assigned_texts(node: ast.AST) -> list[str]:
    """Return the names to which a statement assigns a text."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return []
    if string_constant(node.value) is None:
        return []
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def values_in_file(path: str, raw: bytes) -> Iterator[Hidden]:
    """Yield the literals in a module, or the variables in an env file.

    Raises:
        SourceError: The file can't be parsed.
        RecursionError: The module is nested too deeply.
    """
    if path.endswith(".py"):
        for node in ast.walk(Source.from_bytes(path, raw).tree):
            text = string_constant(node)
            if text is not None:
                yield Hidden(text)
    elif is_env_file(path):
        for values in read_assignments(raw).values():
            yield from map(Hidden, values)
