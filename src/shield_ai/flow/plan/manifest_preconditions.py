"""Check that shield.toml fits the code, before a plan is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError, SourceError, UnsafePlanError
from shield_ai.model.manifest_parser import locate
from shield_ai.model.naming import MANIFEST
from shield_ai.model.suggestion import did_you_mean
from shield_ai.project.app_folder import require_own_repository
from shield_ai.project.secret_map import parse_map

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped
    from shield_ai.project.layout import AppFacts


def require_repository(app: AppContext) -> None:
    """Require that the code of an app is in the git repository of its folder, if any is in one.

    Raises:
        SourceError: The folder is in no repository, but the code below it is.
    """
    if app.only != "aws":
        settings = app.manifest.app
        require_own_repository(app.tree.root, [*settings.settings, settings.runtime])


def require_existing_settings(app: AppContext) -> None:
    """Require that every settings file in shield.toml exists, if the command reads the code.

    Raises:
        ManifestError: A file does not exist.
    """
    if app.only == "aws" or app.manifest_on_disk is None:
        return
    for path in app.manifest_on_disk.app.settings:
        if app.tree.read(path) is None:
            text = (app.tree.read(MANIFEST) or b"").decode("utf-8-sig")
            similar = did_you_mean(path, app.scan_result.files)
            raise ManifestError(
                f"{locate(text, 'settings', table='app')}: settings: {path} does not exist",
                similar or "settings lists the settings files of the app, relative to its folder",
            )


def require_parsed_settings(
    manifest: Manifest, facts: AppFacts, unreadable: Iterable[Skipped]
) -> None:
    """Require that every settings file was parsed.

    Args:
        manifest: shield.toml.
        facts: The facts of the scan.
        unreadable: The files that the scan could not read or parse.

    Raises:
        SourceError: A settings file was not parsed.
    """
    settings = {*manifest.app.settings, *(facts.django_settings or facts.settings)}
    for skip in unreadable:
        if skip.path in settings:
            raise SourceError(
                f"{skip.path}: {skip.reason}",
                "fix the file, or run shield with the Python version of the app; "
                "nothing was changed",
            )


def require_listed_secrets(manifest: Manifest, migrated: Collection[str], read: FileReader) -> None:
    """Require that shield.toml lists what the code reads by the names in the map file.

    Without its entry, `get_secret()` no longer reads the variable with AWS off.

    Args:
        manifest: shield.toml.
        migrated: The variables that the code reads with `get_secret()`.
        read: Returns the bytes of a file of the app.

    Raises:
        UnsafePlanError: An entry was removed from shield.toml that the code needs.
    """
    current = parse_map(read(manifest.app.runtime))
    known = current.variables() if current else []
    missing = [name for name in known if name in migrated and name not in manifest.variables()]
    if missing:
        names = ", ".join(missing)
        raise UnsafePlanError(
            f"the code reads {names} with get_secret(), but shield.toml no longer lists "
            f"{'it' if len(missing) == 1 else 'them'}",
            f"restore the entry in {MANIFEST}; to take a secret back out of AWS, first replace its "
            "get_secret() calls in the code by reads of the variable",
        )
