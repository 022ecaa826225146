"""Run all rewrites of files other than the Python files with findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project import runtime_copy
from shield_ai.rewrite.project.app_docs import PAGE, add_entry, has_place_for_page, write_docs
from shield_ai.rewrite.project.app_tests import write_tests
from shield_ai.rewrite.project.coverage import omit_copy
from shield_ai.rewrite.project.env_example import DotenvFiles, extend_env_example
from shield_ai.rewrite.project.gitattributes import mark_generated
from shield_ai.rewrite.project.gitignore import ignore_backups
from shield_ai.rewrite.project.license_header import license_header
from shield_ai.rewrite.project.requirements import add_requirements

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import HasFolder, Read


class AppFiles(NamedTuple):
    """Properties of the app that the generated files depend on."""

    has_folder: HasFolder = lambda _: False  # returns whether the app has a folder
    paths: Collection[str] = ()  # all Python files of the app
    dotenv_files: DotenvFiles = DotenvFiles()
    edited: Collection[str] = ()  # the Python files that the plan edits
    django: bool = True  # the app uses Django
    in_git: bool = False  # the app is in a Git repository
    ignores_backups: bool = False  # git ignores the backups of edited files
    test_module: str = ""  # dotted name of the map file in the tests, if it differs


def rewrite_project(
    read: Read,
    manifest: Manifest,
    app: AppFiles | None = None,
    *,
    module: str = "",
    engines: Collection[str] = (),
) -> tuple[list[FileChange], list[Skipped]]:
    """Return the changes of all files except the Python files with findings.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets to move.
        app: Properties of the app; without them, no tests and no documentation are written.
        module: Dotted name by which the settings import the runtime; derived from the path if "".
        engines: The Django database backends of shield that the settings use.
    """
    app = app or AppFiles()
    header = license_header(read, manifest.app.runtime, module, app.paths)
    generate = manifest.app.generate
    has_docs = "docs" in generate and app.has_folder(PAGE.partition("/")[0])
    docs = PAGE if has_docs and has_place_for_page(read) else ""
    outcomes = [
        runtime_copy.fix(read, manifest, module, license_header=header, docs=docs),
        add_requirements(read, manifest, module),
        extend_env_example(read, manifest, app.dotenv_files, django=app.django),
        ignore_backups(read, app.edited, in_git=app.in_git, are_ignored=app.ignores_backups),
        mark_generated(read, manifest),
        omit_copy(read, manifest),
        add_entry(read, manifest, django=app.django),
    ]
    if "tests" in generate:
        tests_module = app.test_module or module
        outcomes.append(write_tests(read, manifest, app.paths, tests_module, header))
    if has_docs:
        outcomes.append(write_docs(read, manifest, engines, django=app.django))
    changes: dict[str, FileChange] = {}
    skipped: list[Skipped] = []
    for new_changes, newly_skipped in outcomes:
        for change in new_changes:
            first = changes.get(change.path)
            edits = (*first.edits, *change.edits) if first else ()
            merged = file_change(change.path, read(change.path), edits) if first else change
            changes[change.path] = merged
        skipped += newly_skipped
    return [*changes.values()], skipped
