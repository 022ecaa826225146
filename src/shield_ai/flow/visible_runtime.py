"""Choose a name for the map file that git does not ignore: some projects ignore `*secret*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project import git

if TYPE_CHECKING:
    from shield_ai.project.tree import Tree

OTHER_NAME = "aws_config.py"


def visible_runtime(tree: Tree, runtime: str) -> str:
    """Return the path of the map file, or one in the same folder if git ignores it.

    Args:
        tree: The app's folder.
        runtime: The path.
    """
    if not git.ignored_files(tree.root, [runtime]):
        return runtime
    folder, slash, _ = runtime.rpartition("/")
    other = f"{folder}{slash}{OTHER_NAME}"
    if (tree.root / other).exists() or git.ignored_files(tree.root, [other]):
        return runtime
    return other
