"""Find the folder of an app from a folder inside it."""

from __future__ import annotations

import contextlib
import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.naming import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MANAGE = "manage.py"
# A folder with one of these files is the folder of an app or of a library.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile")


def app_folder_above(folder: Path) -> tuple[Path, str] | None:
    """Return the folder of an app around a folder, and the file by which it is recognized.

    Modules are imported from the app's folder: code that is generated in a package below it, as if
    the package were an app, could not be imported.

    Args:
        folder: The folder that was named as the app's.

    Returns:
        The folder and the file; None if the named folder itself can be that of an app.
    """
    folder = folder.resolve()
    if _first(folder, (".git", MANIFEST, MANAGE, *PROJECT_FILES)):
        return None
    is_package = bool(_first(folder, ("__init__.py",)))
    in_repository = any(_first(parent, (".git",)) for parent in folder.parents)
    files: tuple[str, ...] = (MANIFEST, MANAGE)
    if is_package:
        files += PROJECT_FILES
    for parent in folder.parents:
        found = _first(parent, files)
        if found:
            return parent, found
        if _first(parent, (".git",)):
            break
        if not _first(parent, ("__init__.py",)):
            if not in_repository:
                break
            if not is_package:  # a package may be in src, below the files of its project
                files = (MANIFEST,)
    return None


def require_app_folder(folder: Path) -> None:
    """Require that a folder is not inside another app.

    Raises:
        SourceError: It is inside another app.
    """
    found = app_folder_above(folder)
    if found is None:
        return
    above, file = found
    raise SourceError(
        f"{folder} is inside another app: {above} has a {file}",
        f"run shield in {os.path.relpath(above)}; "
        f"if {folder} is a separate app, add a requirements.txt there",
    )


def require_not_parent_of_apps(folder: Path, paths: Iterable[str]) -> None:
    """Require that a folder is not just the parent of other apps with a shield.toml.

    Args:
        folder: The folder that was named as the app's; it has no shield.toml.
        paths: The files to edit and those that read secrets, relative to the folder.

    Raises:
        SourceError: All files are in folders of other apps.
    """
    apps = [_app_below(folder, path) for path in paths]
    if not apps or not all(apps):
        return
    names = [os.path.relpath(folder / app) for app in dict.fromkeys(apps)]
    is_single = len(names) == 1
    found = "the app below it does" if is_single else f"{len(names)} apps below it have one"
    target = "the app" if is_single else "one app"
    raise SourceError(
        f"{folder} has no {MANIFEST}, but {found}",
        f"run shield in the folder of {target}: {' or '.join(names)}; nothing was changed",
    )


def _app_below(folder: Path, path: str) -> str:
    """Return the folder, below the named one, of the app that has a file; empty without one."""
    for parent in PurePosixPath(path).parents[:-1]:
        if _first(folder / parent, (MANIFEST,)):
            return str(parent)
    return ""


def require_no_nested_repository(
    folder: Path, paths: Iterable[str], others: Iterable[str] = ()
) -> None:
    """Require that no file to edit is in a git repository below an app that is not in a repository.

    git would not show the edits in the app's folder, and uncommitted changes in the repository
    would not be noticed.

    Args:
        folder: The app's folder.
        paths: The files to edit, relative to the folder.
        others: Other files of the app; the hint names their repositories, too.

    Raises:
        SourceError: A file is in a repository below the folder.
    """
    folder = folder.resolve()
    if any(map(_is_repository_root, (folder, *folder.parents))):
        return
    inside = _repository_roots(folder, paths)
    if not inside:
        return
    found = sorted(os.path.relpath(root) for root in inside | _repository_roots(folder, others))
    names = f"{', '.join(found[:-1])} or {found[-1]}" if len(found) > 1 else found[0]
    raise SourceError(
        f"{folder} is not in a git repository, but contains a repository with its code",
        f"run shield in the repository of the app: {names}; nothing was changed",
    )


def _repository_roots(folder: Path, paths: Iterable[str]) -> set[Path]:
    """Return the roots of the git repositories below a folder that contain some files."""
    parents = {parent for path in paths for parent in PurePosixPath(path).parents}
    return {folder / parent for parent in parents if _is_repository_root(folder / parent)}


def _is_repository_root(folder: Path) -> bool:
    return bool(_first(folder, (".git",)))


def may_be_app_folder(folder: Path) -> bool:
    """Return whether a folder has a project's files, or Python code in it or one level below."""
    if _first(folder, (".git", MANIFEST, MANAGE, *PROJECT_FILES)):
        return True
    with contextlib.suppress(OSError):
        for pattern in ("*.py", "*/*.py"):
            if any(folder.glob(pattern)):
                return True
    return False


def _first(folder: Path, names: tuple[str, ...]) -> str:
    """Return the first of some names that exists in a folder; empty if none is found."""
    try:
        return next((name for name in names if (folder / name).exists()), "")
    except OSError:  # for example, no permission to search the folder
        return ""
