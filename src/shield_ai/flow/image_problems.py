"""Find images of the app that lack the vendored runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.docker_copies import find_missing_copies
from shield_ai.rewrite.project.images import sample_files, skip_reason

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.skip import Skipped
    from shield_ai.project.tree import Tree


def find_image_problems(tree: Tree, importers: Collection[str], runtime: str) -> list[Skipped]:
    """Report the Dockerfiles that copy code without the runtime that it imports.

    Args:
        tree: The app's folder.
        importers: The files that import the runtime.
        runtime: The path of the map file, or "package".
    """
    if runtime == "package" or not importers:
        return []
    copies = find_missing_copies(tree, importers, sample_files(runtime))
    return [skip_reason(copy).entry(copy.path, copy.line) for copy in copies]
