"""Check that shield.toml fits the code, before a plan is made."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError, SourceError, UnsafePlanError
from shield_ai.model.manifest_parser import locate
from shield_ai.model.naming import MANIFEST
from shield_ai.model.suggestion import did_you_mean
from shield_ai.project.app_folder import require_no_nested_repository
from shield_ai.project.secret_map import SecretMap, parse_map, read_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped
    from shield_ai.project.layout import AppFacts
    from shield_ai.scan.python.scan import Scan
    from shield_ai.scan.python.visit.secret_call import SecretCall

UNLISTED_HINT = (
    f"restore the entry in {MANIFEST}; to take a secret back out of AWS, first replace its"
    " get_secret() calls in the code by reads of the variable"
)
_FIELD_HINT = (
    f"restore the entry in {MANIFEST}, with this name in env or fields; to read the environment "
    "variable instead of AWS, add it to ignore"
)


def require_repository(app: AppContext) -> None:
    """Require that the code of an app is in no git repository below its folder.

    Raises:
        SourceError: The folder is in no repository, but code below it is.
    """
    if app.only != "aws":
        settings = app.manifest.app
        require_no_nested_repository(app.tree.root, [*settings.settings, settings.runtime])


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


def require_same_map_file(app: AppContext) -> None:
    """Require that the code does not import another map file than the one in shield.toml.

    Apply would create a second map file, which no code imports.

    Raises:
        UnsafePlanError: `runtime` was changed after an apply.
    """
    runtime = app.manifest.app.runtime
    if app.only == "aws" or (runtime != "package" and app.tree.read(runtime) is not None):
        return
    scan = app.scan_result
    folders = {str(PurePosixPath(copy).parent) for copy in scan.copies}
    for path in scan.python_files:
        is_beside_copy = str(PurePosixPath(path).parent) in folders
        if is_beside_copy and parse_map(app.tree.read(path)) and importer_of(path, app):
            raise UnsafePlanError(
                f"{MANIFEST} sets runtime to {runtime}, but the code imports {path}",
                f'set runtime = "{path}"; to move the file, then run shield rollback --only code,'
                " change runtime, and apply again",
            )


def importer_of(map_file: str, app: AppContext) -> str:
    """Return the first file that calls get_secret(), and imports it from a map file; else "".

    Args:
        map_file: The path, which need not exist.
        app: The app.
    """
    module = re.escape(PurePosixPath(map_file).stem).encode()
    imports = re.compile(rb"^[ \t]*from[ \t]+(?:[\w.]*\.)?%b[ \t]+import\b" % module, re.MULTILINE)
    callers = sorted({caller for caller, _, _ in app.scan_result.call_sites})
    return next((path for path in callers if imports.search(app.tree.read(path) or b"")), "")


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


def require_listed_secrets(manifest: Manifest, scan: Scan, read: FileReader) -> None:
    """Require that shield.toml lists each variable that a get_secret call or settings source reads.

    Without its entry, `get_secret()` no longer reads the variable with AWS off, and a settings
    source no longer reads the secret with AWS on. A variable that was renamed in shield.toml must
    have the new name in the code, too.

    Args:
        manifest: shield.toml.
        scan: The scan of the app.
        read: Returns the bytes of a file of the app.

    Raises:
        UnsafePlanError: shield.toml lacks an entry that the code needs, or an entry names another
            variable than the code.
    """
    if read_map(read, manifest.app.runtime) is None:
        return
    _require_same_variables(manifest, scan.secret_calls)
    for problem, hint in _unlisted(manifest, scan, read):
        raise UnsafePlanError(problem, hint)


def _unlisted(manifest: Manifest, scan: Scan, read: FileReader) -> Iterator[tuple[str, str]]:
    """Yield which variables in the code shield.toml lacks, and what to do.

    Args:
        manifest: shield.toml.
        scan: The scan of the app.
        read: Returns the bytes of a file of the app.
    """
    current = read_map(read, manifest.app.runtime) or SecretMap()
    called = [
        name for name in current.unlisted_variables(manifest) if name in scan.called_variables
    ]
    if called:
        yield f"the code reads {_no_longer_listed(called, 'get_secret()')}", UNLISTED_HINT
    listed = {*manifest.variables(), *manifest.app.ignore, *called}
    unlisted = set(current.variables()) - listed
    fields = [(path, name) for path, name in scan.served if name in unlisted]
    if fields:
        names = [name for _, name in fields]
        yield f"{fields[0][0]} reads {_no_longer_listed(names, 'its AWS source')}", _FIELD_HINT


def _no_longer_listed(names: Iterable[str], source: str) -> str:
    names = dict.fromkeys(names)
    them = "it" if len(names) == 1 else "them"
    return f"{', '.join(names)} with {source}, but {MANIFEST} no longer lists {them}"


def unlisted_lines(app: AppContext, drafted: Manifest) -> list[str]:
    """Return the lines about variables in the code without an entry in shield.toml.

    Args:
        app: The app.
        drafted: From `draft_manifest`.
    """
    found = _unlisted(drafted, app.scan_result, app.tree.read)
    return [f"{problem}: {hint}" for problem, hint in found]


def _require_same_variables(manifest: Manifest, calls: Iterable[SecretCall]) -> None:
    """Require that the expressions in get_secret() calls read the variables in shield.toml.

    Raises:
        UnsafePlanError: An expression reads only other variables: with AWS on, it would fail.
    """
    variables = {secret.name: secret.variables() for secret in manifest.secret}
    hint = f"write the same variable in both; shield apply then updates {manifest.app.runtime}"
    for call in calls:
        expected = variables.get(call.names[0], {}) if len(call.names) == 1 else {}
        if call.variables and expected and expected.keys().isdisjoint(call.variables):
            names = " and ".join(expected)
            raise UnsafePlanError(
                f"{call.place} reads {call.variables[0]} for {call.names[0]}, "
                f"but {MANIFEST} names {names}",
                hint,
            )
