"""Read files in the folders above an app, up to the root of its repository."""

from __future__ import annotations

import contextlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project import git
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class FilesAbove(NamedTuple):
    """The files above an app; empty if it is at the root of its repository or not in one."""

    prefix: str = ""  # the path of the app in its repository
    files: Mapping[str, bytes] = {}  # path in the repository -> content


def read_files_above(root: Path, names: Iterable[str]) -> FilesAbove:
    """Read the files with the given names in each folder above an app.

    Args:
        root: The app's folder.
        names: The names of the files; those that can't be read are left out.
    """
    prefix = git.prefix_of(root)
    names = list(names)
    files = {}
    folder = root.resolve()
    for parent in PurePosixPath(prefix).parents:
        folder = folder.parent
        for name in names:
            with contextlib.suppress(OSError):
                files[str(parent / name)] = read_regular_file(folder / name, follow_links=False)
    return FilesAbove(prefix, files)
