"""Find the variables that configuration files of a repository mention."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.naming import MANIFEST
from shield_ai.project.git import files_around
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import file_format
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.files.file_class import (
    DOCUMENTS,
    allows_unquoted,
    is_scannable,
    is_third_party,
    is_translation,
)
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import is_binary, reader

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PYTHON = regex(r"\.pyi?([._-]\w+)*$")  # also settings.py.example


def find_mentioned(root: Path, variables: Collection[str]) -> set[str]:
    """Return the variables that a configuration file, script or env file may set.

    In the app's folder, the name is enough, because it can be set in many forms. Outside of it,
    only the files that git tracks in the same repository are searched.

    Args:
        root: The app's folder.
        variables: The variables.

    Raises:
        SourceError: The folder can't be listed.
    """
    if not variables:
        return set()
    read = reader(str(root))
    pattern = re.compile(rb"\b(?:%s)\b" % "|".join(map(re.escape, variables)).encode())
    mentioned: set[str] = set()
    for entry in walk_all(root):
        if may_set_variables(entry.path):
            raw = read(entry.path) or b""
            if len(raw) <= MAX_SIZE and not is_binary(entry.path, raw):
                mentioned.update(match.decode() for match in pattern.findall(raw))
    return mentioned | _mentioned_around(root, set(variables) - mentioned)


def _mentioned_around(root: Path, variables: set[str]) -> set[str]:
    """Return the variables that files of the repository outside the app mention."""
    if not any(map(may_set_variables, files_around(root, variables) or ())):
        return set()
    mentioned = set()
    for variable in variables:
        if any(map(may_set_variables, files_around(root, [variable]) or ())):
            mentioned.add(variable)
    return mentioned


def may_set_variables(path: str) -> bool:
    """Return whether a file may set variables of the environment, by its name."""
    if path == MANIFEST or PYTHON.search(path) or not is_scannable(path):
        return False
    if DOCUMENTS.search(path) or is_translation(path) or is_third_party(path):
        return False
    return allows_unquoted(path) or bool(file_format(path))
