"""Choose a path for the map file that git does not ignore: some projects ignore `*secret*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project import git
from shield_ai.project.runtime_names import COPY
from shield_ai.project.runtime_path import DEFAULT_RUNTIME, HELPERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.project.tree import Tree

OTHER_NAME = "aws_config.py"


def visible_runtime(tree: Tree, runtime: str) -> str:
    """Return the path of the map file, or a similar one if git ignores it or its folder.

    Args:
        tree: The app's folder.
        runtime: The path.
    """
    for path in (runtime, *_other_paths(runtime)):
        folder = path[: path.rfind("/") + 1]
        new = [path, f"{folder}{COPY}/__init__.py"]
        is_free = path == runtime or not (tree.root / path).exists()
        if is_free and not git.ignored_files(tree.root, new):
            return path
    return runtime


def _other_paths(runtime: str) -> Iterator[str]:
    """Yield another name in the same folder, then names in the package around `utils`."""
    folder, slash, _ = runtime.rpartition("/")
    yield f"{folder}{slash}{OTHER_NAME}"
    package, _, name = folder.rpartition("/")
    if package and name in HELPERS:
        yield f"{package}/{DEFAULT_RUNTIME}"
        yield f"{package}/{OTHER_NAME}"
