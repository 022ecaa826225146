"""Find images of the app that lack the vendored runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.docker_copies import find_missing_copies
from shield_ai.rewrite.project.copy_files import copy_folder

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.skip import Skipped
    from shield_ai.project.tree import Tree

_INIT = "/__init__.py"


def find_image_problems(tree: Tree, importers: Collection[str], runtime: str) -> list[Skipped]:
    """Report the Dockerfiles that copy code without the runtime that it imports.

    Args:
        tree: The app's folder.
        importers: The files that import the runtime.
        runtime: The path of the map file, or "package".
    """
    if runtime == "package" or not importers:
        return []
    needed = [runtime, f"{copy_folder(runtime)}{_INIT}"]
    problems = []
    for copy in find_missing_copies(tree, importers, needed):
        paths = [path.removesuffix(_INIT) for path in copy.missing]
        names = " and ".join(paths)
        if copy.is_ignored:
            exceptions = " and ".join(f"!{path}" for path in paths)
            reason = SkipId.IMAGE_IGNORES.reason(names=names, exceptions=exceptions)
        else:
            reason = SkipId.NOT_COPIED.reason(names=names)
        problems.append(reason.entry(copy.path, copy.line))
    return problems
