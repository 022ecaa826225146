"""Scan files or a folder of an app as a part of the app.

Whether a read is already moved to AWS can depend on other files, such as the map file.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.naming import MANIFEST
from shield_ai.scan.files.manifest_variables import manifest_variables
from shield_ai.scan.python.app_scan import scan_app
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from shield_ai.model.finding import Finding
    from shield_ai.scan.files.file_filter import Markers
    from shield_ai.scan.python.app.app_paths import AppPaths
    from shield_ai.scan.python.scan import Scan

MAX_DEPTH = 8  # of the scanned files below the app's folder


def scan_folder(
    folder: Path, paths: Collection[str], selected: AppPaths, markers: Mapping[str, Markers]
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
    return scan if MANIFEST in paths else scan_in_app(scan, folder, paths)


def scan_in_app(part: Scan, folder: Path, paths: Collection[str]) -> Scan:
    """Replace the findings of a part of an app by those of the scan of the whole app.

    Findings stay as they are where no folder above has a shield.toml.

    Args:
        part: The result of the scan of the part alone.
        folder: The folder of the part's paths.
        paths: The files of the part, relative to the folder.
    """
    apps = {finding.path: _app_above(folder / finding.path) for finding in part.findings}
    findings = [finding for finding in part.findings if apps[finding.path] is None]
    for app in {app for app in apps.values() if app}:
        findings += _findings_in(app, folder, paths)
    return msgspec.structs.replace(part, findings=tuple(findings))


def _app_above(path: Path) -> Path | None:
    """Return the nearest folder with a shield.toml above a file, in the same repository."""
    for folder in itertools.islice(path.absolute().parents, MAX_DEPTH):
        if (folder / MANIFEST).is_file():
            return folder
        if (folder / ".git").exists():
            return None
    return None


def _findings_in(app: Path, folder: Path, paths: Collection[str]) -> list[Finding]:
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
