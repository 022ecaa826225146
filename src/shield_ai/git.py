"""Facts from git, by its own command; a tree without git has none."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def changed(root: Path) -> list[str]:
    """List tracked files below a folder that differ from the last commit, relative to it.

    Args:
        root: The app's folder; need not be the top of the repository.
    """
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "diff", "--name-only", "--relative", "-z", "HEAD", "--", "."],
            capture_output=True,
            check=True,
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return []  # no git here, or no commit yet
    return [name for name in answer.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
