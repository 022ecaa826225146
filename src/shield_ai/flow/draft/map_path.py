"""Choose a path for the map file that git does not ignore and that images contain.

Some projects ignore `*secret*`, and some Dockerfiles copy single folders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.image_problems import find_image_problems
from shield_ai.project import git
from shield_ai.project.runtime_names import COPY
from shield_ai.project.runtime_path import DEFAULT_RUNTIME, HELPERS, nonempty_init

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.project.tree import Tree

OTHER_NAME = "aws_config.py"


def choose_map_path(tree: Tree, runtime: str, importers: Collection[str] = ()) -> str:
    """Return the path of the map file, or another path if git ignores it or an image lacks it.

    Args:
        tree: The app's folder.
        runtime: The preferred path.
        importers: The files that are going to import the map file.
    """
    visible = []
    for path in (runtime, *_other_paths(runtime), *_paths_in_packages(tree, runtime, importers)):
        folder = path[: path.rfind("/") + 1]
        new_files = [path, f"{folder}{COPY}/__init__.py"]
        is_free = path == runtime or not (tree.root / path).exists()
        if is_free and not git.ignored_files(tree.root, new_files):
            if not find_image_problems(tree, importers, path):
                return path
            visible.append(path)
    return visible[0] if visible else runtime


def _paths_in_packages(tree: Tree, runtime: str, importers: Collection[str]) -> Iterator[str]:
    """Yield paths in the top-level packages, for a map file that is outside packages.

    Packages with code in `__init__.py` are skipped: importing it could import the app's modules.
    """
    if "/" in runtime:
        return
    for package in sorted({path.partition("/")[0] for path in importers if "/" in path}):
        init = f"{package}/__init__.py"
        path = f"{package}/{DEFAULT_RUNTIME}"
        if tree.read(init) is not None and not nonempty_init(path, "", tree.read):
            yield path


def _other_paths(runtime: str) -> Iterator[str]:
    """Yield another path in the same folder, then paths in the package around `utils`."""
    folder, slash, _ = runtime.rpartition("/")
    yield f"{folder}{slash}{OTHER_NAME}"
    package, _, name = folder.rpartition("/")
    if package and name in HELPERS:
        yield f"{package}/{DEFAULT_RUNTIME}"
        yield f"{package}/{OTHER_NAME}"
