"""Which files of a folder are the app's own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pathspec

from shield_ai.layout import SKIPPED_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOTENV = re.compile(r"^\.env(\.[\w.-]+)?$|^[\w.-]+\.env$")
EXAMPLE = re.compile(r"example|sample|template|dist|default", re.IGNORECASE)
TEMPLATE_FOLDER = re.compile(r"\{\{|\{%")


class Ignored:
    """What the .gitignore files of a folder and of those above it leave out."""

    def __init__(self) -> None:
        self._specs: list[tuple[str, pathspec.GitIgnoreSpec]] = []

    def enter(self, folder: str, text: str) -> None:
        """Take in the .gitignore of a folder."""
        self._specs.append((folder, pathspec.GitIgnoreSpec.from_lines(text.splitlines())))

    def __contains__(self, path: str) -> bool:
        for folder, spec in reversed(self._specs):
            if not folder or path.startswith(folder + "/"):
                verdict = spec.check_file(path[len(folder) + 1 if folder else 0 :]).include
                if verdict is not None:
                    return verdict
        return False


def walk(root: Path) -> Iterator[str]:
    """Yield the relative paths of the files of an app, those ignored by git only where they are .env files."""
    ignored = Ignored()
    for place, folders, files in os.walk(root):
        folder = os.path.relpath(place, root).replace(os.sep, "/")
        folder = "" if folder == "." else folder
        if ".gitignore" in files:
            try:
                with open(os.path.join(place, ".gitignore"), encoding="utf-8", errors="replace") as file:  # noqa: PTH118, PTH123  # pathlib costs a third of the walk
                    ignored.enter(folder, file.read())
            except OSError:
                pass
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_FOLDERS
            and not name.startswith(".")
            and not TEMPLATE_FOLDER.search(name)
            and f"{folder}/{name}/".lstrip("/") not in ignored
        )
        for name in sorted(files):
            path = f"{folder}/{name}" if folder else name
            if (DOTENV.match(name) and not EXAMPLE.search(name)) or path not in ignored:
                yield path
