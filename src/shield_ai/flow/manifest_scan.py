"""Scan an app for the secrets that its shield.toml names, besides those that the rules find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.literal_variables import choose_literal_variables
from shield_ai.model.finding import Severity
from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import Shape
from shield_ai.scan.python.app_scan import scan_app

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.scan.python.scan import Scan


def scan_with_manifest(root: Path, manifest: Manifest | None) -> Scan:
    """Scan an app, and scan it again if it reads secrets from variables with unusual names.

    The first scan finds such a variable only where a setting with a secret's name reads it. The
    second scan also finds its other reads.

    Args:
        root: The app's folder.
        manifest: shield.toml; None if it does not exist.
    """
    named = set(manifest.variables()) if manifest else set()
    ignored = manifest.app.ignore if manifest else ()
    found = _scan_twice(root, named, ignored)
    return choose_literal_variables(found, root, manifest)


def _scan_twice(root: Path, named: set[str], ignored: Collection[str]) -> Scan:
    first = scan_app(root, manifest_variables=named, ignored=ignored)
    unnamed = _movable_reads(first.sites) - named
    unusual = {variable for variable in unnamed if not is_secret(variable)}
    if not unusual:
        return first
    return scan_app(root, manifest_variables=named | unusual, ignored=ignored)


def _movable_reads(sites: Sequence[FoundSite]) -> set[str]:
    """Return the variables that the code reads where a secret is expected."""
    variables: set[str] = set()
    for finding, site in sites:
        if site.reason or finding.severity is Severity.LOW:
            continue
        if site.shape is Shape.READ:
            variables.update(site.variables)
    return variables
