"""Find the symbolic links to folders outside an app: the scan does not follow them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.import_roots import folder_and_parents
from shield_ai.project.layout import SKIPPED_FOLDERS, is_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.skip import Skipped


def find_linked_folders(root: Path, paths: Iterable[str]) -> list[Skipped]:
    """Return an entry for each link to a folder that contains Python modules outside the app.

    Links that git ignores, and links out of the repository, are left out.

    Args:
        root: The app's folder.
        paths: The app's files. Only their folders are searched.
    """
    links = [link for folder in _folders_of(paths) for link in _links_in(root, folder)]
    if not links:
        return []
    from shield_ai.project import git

    depth = len(PurePosixPath(git.prefix_of(root)).parts)
    base = Path(os.path.realpath(root))
    repository = (base, *base.parents)[depth]
    inside = [link for link in links if _has_modules(root / link, repository)]
    ignored = git.ignored_files(root, inside) if inside else ()
    reason = SkipId.LINKED_FOLDER.reason()
    return [reason.entry(link) for link in inside if link not in ignored]


def _folders_of(paths: Iterable[str]) -> list[str]:
    """Return the folders above Python files, sorted; "" is the app's folder."""
    folders = {""}
    for path in paths:
        if path.endswith(".py"):
            folders.update(folder_and_parents(path.rpartition("/")[0]))
    return sorted(folders)


def _links_in(root: Path, folder: str) -> Iterator[str]:
    """Yield the links in a folder of the app that lead out of the app."""
    base = os.path.realpath(root)
    try:
        entries = sorted((root / folder).iterdir())
    except OSError:
        return
    for entry in entries:
        if not entry.is_symlink() or entry.name in SKIPPED_FOLDERS:
            continue
        path = f"{folder}/{entry.name}" if folder else entry.name
        is_outside = not Path(os.path.realpath(entry)).is_relative_to(base)
        if is_outside and entry.name.isidentifier() and not is_test(f"{path}/"):
            yield path


def _has_modules(link: Path, repository: Path) -> bool:
    """Return whether a link leads to a folder of the repository with Python files."""
    folder = Path(os.path.realpath(link))
    if not folder.is_relative_to(repository):
        return False
    try:
        return any(entry.suffix == ".py" for entry in folder.iterdir())
    except OSError:
        return False
