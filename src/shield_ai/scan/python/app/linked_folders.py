"""Find the symbolic links to folders outside an app: the scan does not follow them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project import git
from shield_ai.project.import_roots import folder_and_parents
from shield_ai.project.layout import SKIPPED_FOLDERS, is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.skip import Skipped


def find_linked_folders(root: Path, paths: Iterable[str]) -> list[Skipped]:
    """Return an entry for each link to a folder outside the app that contains Python modules.

    Links that git ignores are left out.

    Args:
        root: The app's folder.
        paths: The app's files. Only their folders are searched.
    """
    folders = {""}
    for path in paths:
        if path.endswith(".py"):
            folders.update(folder_and_parents(path.rpartition("/")[0]))
    links = [link for folder in sorted(folders) for link in _links_in(root, folder)]
    ignored = git.ignored_files(root, links) if links else ()
    reason = SkipId.LINKED_FOLDER.reason()
    return [reason.entry(link) for link in links if link not in ignored]


def _links_in(root: Path, folder: str) -> Iterator[str]:
    """Yield the links in a folder of the app."""
    base = os.path.realpath(root)
    try:
        entries = sorted((root / folder).iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.is_symlink() or entry.name in SKIPPED_FOLDERS:
            continue
        target = Path(os.path.realpath(entry))
        path = f"{folder}/{entry.name}" if folder else entry.name
        if not target.is_relative_to(base) and not is_test(f"{path}/"):
            if entry.name.isidentifier() and _has_modules(target):
                yield path


def _has_modules(folder: Path) -> bool:
    try:
        return any(entry.suffix == ".py" for entry in folder.iterdir())
    except OSError:
        return False
