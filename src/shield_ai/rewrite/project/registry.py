"""Run all rewrites of the files around the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project import runtime_copy
from shield_ai.rewrite.project.app_docs import write_docs
from shield_ai.rewrite.project.app_tests import write_tests
from shield_ai.rewrite.project.env_example import extend_env_example
from shield_ai.rewrite.project.gitattributes import mark_generated
from shield_ai.rewrite.project.gitignore import ignore_backups
from shield_ai.rewrite.project.requirements import add_requirements

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import HasFolder, Read


def rewrite_project(
    read: Read,
    manifest: Manifest,
    *,
    has_folder: HasFolder | None = None,
    module: str = "",
    engines: Collection[str] = (),
) -> tuple[list[FileChange], list[Skipped]]:
    """Return the changes of all files except the Python files with findings.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets to move.
        has_folder: Tells whether the app has a folder. Without it, the generated tests go beside
            the runtime, where they cannot change how the app's tests are collected.
        module: Dotted name by which the settings import the runtime; derived from the path if "".
        engines: The Django database backends of shield that the settings use.
    """
    outcomes = [
        runtime_copy.fix(read, manifest, module),
        add_requirements(read, manifest, module),
        extend_env_example(read, manifest),
        ignore_backups(read),
        mark_generated(read, manifest),
        write_tests(read, manifest, has_folder, module),
        write_docs(read, manifest, engines),
    ]
    changes: list[FileChange] = []
    skipped: list[Skipped] = []
    for new_changes, newly_skipped in outcomes:
        changes += new_changes
        skipped += newly_skipped
    return changes, skipped
