"""Copy the runtime into the app as a folder, and keep an unmodified copy up to date.

The files of the folder `_shield_runtime/` are the same in every app that has them. The map file,
which the app imports, is beside it, at the path `runtime` in shield.toml.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.app_docs import page_path
from shield_ai.rewrite.project.copy_files import copied_files, find_conflict
from shield_ai.rewrite.project.copy_parts import ALL, CopyParts, find_parts
from shield_ai.rewrite.project.extra_install import extra_install_command
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    creation_change,
    replacement_change,
    skip_file,
)
from shield_ai.rewrite.project.import_names import (
    missing_packages,
    root_of,
    shadows_standard_library,
)
from shield_ai.rewrite.project.license_header import NO_HEADERS, LicenseHeaders, license_headers
from shield_ai.rewrite.project.map_style import (
    MapStyle,
    find_map_style,
    package_docstring,
    password_linters,
)
from shield_ai.rewrite.project.secret_map import (
    has_generated_code,
    is_map_file,
    map_matches_manifest,
    replace_by_map,
    write_map,
)
from shield_ai.rewrite.project.stamp import body_of, header_of

if TYPE_CHECKING:
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext


class MapNotes(NamedTuple):
    """References for the docstring of a map file, and the linters that need comments in it."""

    docs: str = ""  # path of the page on the app's secrets; "" without one
    stage: str = ""  # the variable with the stage of the process
    has_lambdas: bool = False  # the edited code passes lambdas to get_secret()
    install: str = ""  # the command that installs the app with boto3, if it is in an extra
    uses_bandit: bool = False
    uses_detect_secrets: bool = False


NO_NOTES = MapNotes()


def fix(context: FixContext) -> Outcome:
    """Write the copy of the runtime."""
    app = context.app
    linters = password_linters(context.read, app.workflows)
    install = extra_install_command(context)
    return write_copy(
        context.read,
        context.manifest,
        context.module,
        headers=license_headers(context),
        notes=MapNotes(page_path(context), app.stage, app.has_lambdas, install, **linters),
        parts=find_parts(context),
    )


def write_copy(
    read: FileReader,
    manifest: Manifest,
    module: str = "",
    *,
    headers: LicenseHeaders = NO_HEADERS,
    notes: MapNotes = NO_NOTES,
    parts: CopyParts = ALL,
) -> Outcome:
    """Write the copy, the map file beside it, and the packages that they need.

    If a file of the copy was edited or is newer, or another file has its path, the copy is not
    written: files of two versions do not work together. The map file is then updated only if all
    problems are edits, and the other files of the copy are current.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: Names the path of the map file.
        module: Dotted name of the map file; derived from the path if "".
        headers: The comments that the app's modules begin with.
        notes: What the map file refers to, and for which linters it has comments.
        parts: The optional parts of the runtime that the app can use.
    """
    path = manifest.app.runtime
    if path == "package":
        return NOTHING
    root = root_of(read, path, module)
    if shadows_standard_library(path, root):
        return skip_file(path, SkipId.RUNTIME_SHADOWS.reason())
    in_package = _is_in_package(path, root)
    raw = read(path)
    is_map = raw is not None and is_map_file(raw)
    changes: list[FileChange] = []
    conflict = None if is_map else find_conflict(raw)
    skipped = [conflict.entry(path)] if conflict else []
    for place, text in copied_files(read, path, parts, in_package=in_package):
        old = read(place)
        reason = find_conflict(old)
        if reason:
            skipped.append(reason.entry(place))
        elif old is None:
            changes.append(creation_change(place, text))
        elif body_of(old) != body_of(text.encode()):
            changes.append(replacement_change(place, old, header_of(old) + text))
    style = find_map_style(read, manifest, root, in_package=in_package)
    style = style._replace(license=headers.module, **notes._asdict())
    if skipped:
        if not is_map or map_matches_manifest(raw, manifest):
            return [], skipped
        if changes or any(item.id is not SkipId.RUNTIME_EDITED for item in skipped):
            reason = SkipId.MAP_BLOCKED.reason(path=skipped[0].path)
            return [], [*skipped, reason.entry(path)]
        map_changes, map_skipped = write_map(path, raw, manifest, style)
        return map_changes, [*skipped, *map_skipped]
    map_changes, skipped = _write_or_replace(path, raw, manifest, style, is_map=is_map)
    init = package_docstring(read, path)
    packages = [
        creation_change(place, headers.package + init)
        for place in missing_packages(read, path, root)
        if not _has_settings(place, manifest)
    ]
    return [*packages, *map_changes, *changes], skipped


def _has_settings(init: str, manifest: Manifest) -> bool:
    """Return whether the app imports settings from a folder without `__init__.py`."""
    folder = init.removesuffix("__init__.py")
    return any(path.startswith(folder) for path in manifest.app.settings)


def _is_in_package(path: str, root: str) -> bool:
    parent = str(PurePosixPath(path).parent)
    return ("" if parent == "." else parent) != root


def is_generated_map(read: FileReader, manifest: Manifest, module: str) -> bool:
    """Return whether the map file has the code that write_copy() writes, with any mapping.

    Args:
        read: Returns the bytes of a file of the app.
        manifest: Names the path of the map file.
        module: Dotted name of the map file; derived from the path if "".
    """
    path = manifest.app.runtime
    root = root_of(read, path, module)
    style = find_map_style(read, manifest, root, in_package=_is_in_package(path, root))
    return has_generated_code(read(path), style)


def _write_or_replace(
    path: str, raw: bytes | None, manifest: Manifest, style: MapStyle, *, is_map: bool
) -> Outcome:
    if is_map or raw is None:
        return write_map(path, raw, manifest, style)
    return replace_by_map(path, raw, manifest, style)


def provides_map(read: FileReader, manifest: Manifest, module: str = "") -> bool:
    """Return whether the app's map file has the secrets of shield.toml after write_copy()."""
    path = manifest.app.runtime
    if path == "package":
        return False
    changes, _ = write_copy(read, manifest, module)
    return any(change.path == path for change in changes) or map_matches_manifest(
        read(path), manifest
    )
