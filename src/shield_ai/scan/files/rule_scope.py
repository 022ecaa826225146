"""Choose the files that the custom rules of an app search.

The rules are part of the scanned repository, and a hostile author could write rules that reveal a
value, letter by letter, by the ids of their findings. So, in a git repository, the rules search
only tracked files, which the author can read anyway.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shield_ai.project.git_index import tracked_files
from shield_ai.project.inside import parent_check
from shield_ai.project.own_repository import is_in_repository
from shield_ai.scan.files.walk import is_dotenv

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def custom_rule_paths(root: Path, paths: Iterable[str]) -> set[str] | None:
    """Return the files that custom rules search; None if git can't list the tracked files.

    In a repository, these are the tracked files, otherwise all files. .env files are left out, and
    symbolic links, which can point to any file.

    Args:
        root: The folder with the rules.
        paths: The scanned files, absolute or relative to the folder.
    """
    tracked = tracked_files(root, ["."])
    if tracked is None:
        return None
    in_repository = bool(tracked) or is_in_repository(root)
    has_real_parent = parent_check(str(root))
    found = set()
    for path in paths:
        full_path = root / path
        if is_dotenv(full_path.name) or full_path.is_symlink():
            continue
        relative = os.path.relpath(full_path, root)
        if not in_repository or (relative in tracked and has_real_parent(relative)):
            found.add(path)
    return found
