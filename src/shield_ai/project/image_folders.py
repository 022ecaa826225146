"""Find the folders of an app that contain Dockerfiles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.layout import SKIPPED_FOLDERS
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.project.tree import Tree

FOLDER_NAMES = regex(r"docker.*|compose|deploy\w*|images?", re.IGNORECASE)
# Not Dockerfile.sample, which users copy and change.
DOCKERFILE = regex(
    r"(?!.*[._-](?:example|sample|template|dist|old|bak|py2)\b)"
    r"(?:[\w-]+\.)?(?:docker|container)file(?:[._-].*)?",
    re.IGNORECASE,
)
_MAX_DEPTH = 3  # of folders with Dockerfiles
_MAX_FOLDERS = 1000  # that are searched


def docker_folders(tree: Tree) -> Iterator[str]:
    """Yield folders that may have Dockerfiles by their names, and the folders in them."""
    level = [name for name in tree.folder_names("") if FOLDER_NAMES.fullmatch(name)]
    for _ in range(_MAX_DEPTH):
        yield from level
        level = [f"{folder}/{name}" for folder in level for name in tree.folder_names(folder)]


def find_nested_folders(tree: Tree) -> Iterator[str]:
    """Yield the folders with Dockerfiles that `docker_folders` does not name, such as web/deploy.

    Args:
        tree: The app's folder.
    """
    known = {"", *docker_folders(tree)}
    level = [""]
    searched = 0
    for _ in range(_MAX_DEPTH):
        level = [folder for parent in level for folder in _folders_in(tree, parent)]
        searched += len(level)
        if searched > _MAX_FOLDERS:
            return
        for folder in level:
            has_image = any(map(DOCKERFILE.fullmatch, tree.file_names(folder)))
            if has_image and folder not in known:
                yield folder


def names_own_folder(path: str, text: str) -> bool:
    """Return whether a nested Dockerfile copies its own top folder by its name.

    If it does not, its context may be another folder than the app's.

    Args:
        path: The Dockerfile.
        text: Its text.
    """
    top = re.escape(path.partition("/")[0])
    return re.search(rf"(?im)^[ \t]*(?:COPY|ADD)\b.*[\s\"'/]{top}/?[\s\"'/]", text) is not None


def _folders_in(tree: Tree, parent: str) -> Iterator[str]:
    for name in tree.folder_names(parent):
        if name not in SKIPPED_FOLDERS and not name.startswith("."):
            yield f"{parent}/{name}" if parent else name
