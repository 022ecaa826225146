"""Read the env files that deployment files name."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.env_file import read_assignments

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader


class NamedEnvFiles:
    """The variables of secrets in env files, each of which is read once.

    Args:
        names: The variables of the secrets.
        read: Returns the bytes of a file; None if it can't be read.
    """

    def __init__(self, names: Collection[str], read: FileReader) -> None:
        self._names = names
        self._read = read
        self._variables: dict[str, list[str]] = {}  # by the path of the env file

    def variables(self, path: str, env_file: str) -> list[str]:
        """Return the variables of secrets that an env file sets; `[""]` if it can't be read.

        Args:
            path: The deployment file that names the env file.
            env_file: The env file, as the deployment file names it.
        """
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), env_file))
        if target.startswith(("/", "..")) or "$" in target:
            return [""]
        if target not in self._variables:
            self._variables[target] = self._assigned(target)
        return self._variables[target]

    def _assigned(self, path: str) -> list[str]:
        raw = self._read(path)
        if raw is None:
            return [""]
        try:
            values = read_assignments(raw)
        except SourceError:
            return [""]
        return [name for name in values if name in self._names and any(values[name])]
