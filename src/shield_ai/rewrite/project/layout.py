"""Where an app's packages begin: what a path is called when it is imported."""

from __future__ import annotations

import sys
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.rewrite import Read


def root_of(read: Read, path: str, module: str = "") -> str:
    """Return the folder on `sys.path` below which a module lies, "" for the app itself.

    What its dotted name says, where that is known; else the deepest folder above it that has a manage.py; else the one
    above the topmost package; else `src` or the app.
    """
    stem, tail = path.removesuffix(".py"), module.replace(".", "/")
    if module and f"/{stem}".endswith(f"/{tail}"):
        return stem.removesuffix(tail).rstrip("/")
    # innermost first, without "."
    folders = [str(parent) for parent in PurePosixPath(path).parents][:-1]
    for folder in folders:
        if read(f"{folder}/manage.py") is not None:
            return folder
    if packages := [folder for folder in folders if read(f"{folder}/__init__.py") is not None]:
        parent = str(PurePosixPath(packages[-1]).parent)
        return "" if parent == "." else parent
    return "src" if folders and folders[-1] == "src" and len(folders) > 1 else ""


def module_of(root: str, path: str) -> str:
    """Return the dotted name of a module below a root."""
    return ".".join(PurePosixPath(path).relative_to(root or ".").with_suffix("").parts)


def missing_packages(read: Read, path: str, root: str) -> list[str]:
    """Name the `__init__.py` files that a module's folders lack, outermost first.

    A folder above the topmost package stays as it is: it may be on `sys.path`, and no package.
    """
    folders = [str(parent) for parent in PurePosixPath(path).relative_to(root or ".").parents][:-1]
    places = [
        f"{root}/{folder}/__init__.py" if root else f"{folder}/__init__.py" for folder in folders
    ]
    have = [i for i, place in enumerate(places) if read(place) is not None]
    wanted = places[: max(have)] if have else places[:1]
    return [place for place in reversed(wanted) if read(place) is None]


def shadows(path: str, root: str) -> bool:
    """Tell whether a module would hide one of the standard library's: it lies in a folder that is on `sys.path`."""
    parent = str(PurePosixPath(path).parent)
    top = "" if parent == "." else parent
    return top == root and PurePosixPath(path).stem in sys.stdlib_module_names
