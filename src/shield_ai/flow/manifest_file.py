"""Read and write shield.toml."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit, FileChange
from shield_ai.model.errors import ManifestError, ShieldError, SourceError
from shield_ai.model.manifest_parser import locate, parse_manifest
from shield_ai.model.manifest_writer import render_manifest
from shield_ai.model.naming import MANIFEST
from shield_ai.model.plurals import count
from shield_ai.project.app_folder import require_app_folder
from shield_ai.project.python_source import file_change
from shield_ai.scan.text.randomness import is_random
from shield_ai.scan.text.secret_names import find_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.tree import Tree


def missing_manifest_error(folder: Path) -> ShieldError:
    """Return the error for a folder without shield.toml, or inside the folder of another app.

    Args:
        folder: The folder that was named as the app's.
    """
    try:
        require_app_folder(folder)
    except SourceError as error:
        return error
    return ShieldError(
        f"no {MANIFEST} in {folder}", "run shield draft to create it, or name the app's folder"
    )


def read_manifest(tree: Tree) -> Manifest | None:
    """Read shield.toml; return None if it does not exist.

    Args:
        tree: The app's folder.

    Raises:
        SourceError: The file can't be read.
        ManifestError: The file is invalid, or a variable looks like a value.
    """
    raw = tree.read(MANIFEST)
    if raw is None:
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{MANIFEST} is not UTF-8 text", "save the file as UTF-8") from None
    manifest = parse_manifest(text)
    _require_names(manifest, text)
    return manifest


def _require_names(manifest: Manifest, text: str) -> None:
    """Require that no variable looks like a value: commands print variables.

    Raises:
        ManifestError: A variable looks like a value. The message does not show it.
    """
    tokens = find_tokens(manifest.variables())
    for index, secret in enumerate(manifest.secret):
        for variable in secret.variables():
            if variable in tokens or ("_" not in variable and is_random(variable)):
                key = "fields" if secret.fields else "env"
                raise ManifestError(
                    f"{locate(text, key, secret=index)}: {key} has a value instead of a variable",
                    f"write the variable's name, as in SECRET_KEY; if {MANIFEST} was committed,"
                    " also replace the value: git keeps it",
                )


def add_secrets(manifest: Manifest, secrets: Iterable[Secret]) -> Manifest:
    """Add the secrets that share no name and no variable with an existing or ignored one.

    Args:
        manifest: The manifest.
        secrets: The secrets to add.
    """
    taken = {*manifest.app.ignore}
    for secret in manifest.secret:
        taken |= {secret.name, *secret.variables()}
    added = [secret for secret in secrets if taken.isdisjoint([secret.name, *secret.variables()])]
    return msgspec.structs.replace(manifest, secret=(*manifest.secret, *added))


def write_manifest(tree: Tree, manifest: Manifest, known: int) -> str:
    """Write shield.toml, keeping its comments, and return a message for the user.

    Args:
        tree: The app's folder.
        manifest: What to write.
        known: The number of secrets in the file before.
    """
    old = tree.read(MANIFEST)
    bom, old_text = _decode(old or b"")
    new = bom + render_manifest(manifest, old_text).encode()
    total = len(manifest.secret)
    if old is None and not total:
        return f"no secrets found that can be moved; {MANIFEST} was not written"
    if new != old:
        tree.write(MANIFEST, new)
    if old and total == known:
        return f"{MANIFEST}: no new secrets, {total} already listed"
    secrets = count(total - known, "secret")
    done = "added" if old else "written"
    return f"{MANIFEST}: {secrets} {done}; review it, then run shield plan"


def manifest_edit(manifest: Manifest, read: FileReader) -> list[FileChange]:
    """Return the edit that writes shield.toml, or appends the new secrets to it.

    Args:
        manifest: shield.toml with all secrets.
        read: Returns the bytes of a file of the app.
    """
    old = read(MANIFEST)
    bom, old_text = _decode(old or b"")
    text = render_manifest(manifest, old_text)
    if bom + text.encode() == old:
        return []
    end = len(old or b"")
    edit = Edit(path=MANIFEST, start=end, end=end, replacement=text[len(old_text) :])
    return [file_change(MANIFEST, old, [edit])]


def _decode(raw: bytes) -> tuple[bytes, str]:
    """Return the byte order mark of a file, if it has one, and its text."""
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    return bom, raw.removeprefix(bom).decode()
