"""Scan files or a folder of an app as a part of the app.

Whether a read is already moved to AWS can depend on other files, such as the map file.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.naming import MANIFEST
from shield_ai.scan.files.manifest_variables import manifest_variables
from shield_ai.scan.python.app_scan import scan_app
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from shield_ai.model.finding import Finding
    from shield_ai.scan.files.file_filter import Markers
    from shield_ai.scan.python.app.app_paths import AppPaths
    from shield_ai.scan.python.scan import Scan

MAX_DEPTH = 8  # of the scanned files below the app's folder
# A hostile repository can have apps within apps, and each scan would repeat those of the others.
MAX_APPS = 8


def scan_folder(
    folder: Path,
    paths: Collection[str],
    selected: AppPaths,
    markers: Mapping[str, Markers | None],
) -> Scan:
    """Scan the Python code of a folder, which can be an app or a part of one.

    Args:
        folder: The folder.
        paths: All files that were found in it.
        selected: Those that belong to an app.
        markers: The markers of the Python files that were already searched, by path.
    """
    variables, ignored = manifest_variables(reader(str(folder)))
    scan = scan_app(folder, selected.paths, variables, markers, ignored, selected.findings)
    app = None if MANIFEST in paths else _app_around(folder)
    return _replace_findings(scan, folder, {app: paths} if app else {})


def scan_in_app(part: Scan, folder: Path, paths: Collection[str]) -> Scan:
    """Replace the findings of named files by those of the scans of their apps.

    Findings stay as they are where no folder above has a shield.toml.

    Args:
        part: The result of the scan of the files alone.
        folder: The folder of the paths.
        paths: The files, relative to the folder.
    """
    folders = {path: (folder / path).parent for path in paths}
    apps = {parent: _app_around(parent) for parent in set(folders.values())}
    by_app: dict[Path, list[str]] = {}
    for path in sorted(paths):
        app = apps[folders[path]]
        if app and (app in by_app or len(by_app) < MAX_APPS):
            by_app.setdefault(app, []).append(path)
    return _replace_findings(part, folder, by_app)


def _app_around(folder: Path) -> Path | None:
    """Return the nearest folder with a shield.toml: this one, or one above in the repository.

    Without a repository, another user can write to a folder above, such as /tmp. Therefore, both
    must belong to the same user.
    """
    folder = folder.resolve()
    for parent in itertools.islice((folder, *folder.parents), MAX_DEPTH):
        with contextlib.suppress(OSError):
            if (parent / MANIFEST).stat().st_uid == folder.stat().st_uid:
                return parent
        if os.path.lexists(parent / ".git"):
            return None
    return None


def _replace_findings(part: Scan, folder: Path, by_app: Mapping[Path, Collection[str]]) -> Scan:
    """Replace the findings in the files of apps, if the scan of the part alone has any there."""
    places = {finding.path for finding in part.findings}
    apps = {app: paths for app, paths in by_app.items() if not places.isdisjoint(paths)}
    replaced = {path for paths in apps.values() for path in paths}
    findings = [finding for finding in part.findings if finding.path not in replaced]
    for app, paths in apps.items():
        findings += _findings_in(app, folder, paths)
    return msgspec.structs.replace(part, findings=tuple(findings)) if apps else part


def _findings_in(app: Path, folder: Path, paths: Iterable[str]) -> list[Finding]:
    """Scan an app, and return the findings in some of its files."""
    places = {os.path.realpath(folder / path): path for path in paths}
    variables, ignored = manifest_variables(reader(str(app)))
    scan = scan_app(app, manifest_variables=variables, ignored=ignored)
    found = []
    for finding in scan.findings:
        path = places.get(os.path.realpath(app / finding.path))
        if path is not None:
            found.append(msgspec.structs.replace(finding, path=path))
    return found
