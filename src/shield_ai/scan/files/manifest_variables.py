"""Read shield.toml, and the variables that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError
from shield_ai.model.naming import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest


def manifest_variables(read: FileReader) -> tuple[Sequence[str], Sequence[str]]:
    """Return the variables of the secrets in shield.toml, and the variables that it ignores.

    Both are empty if shield.toml is missing or invalid: other commands report the error.

    Args:
        read: Returns the bytes of a file of the app.
    """
    manifest = valid_manifest(read)
    return (manifest.variables(), manifest.app.ignore) if manifest else ((), ())


def valid_manifest(read: FileReader) -> Manifest | None:
    """Return shield.toml; None if it is missing or invalid.

    Args:
        read: Returns the bytes of a file of the app.
    """
    raw = read(MANIFEST)
    if raw is None:
        return None
    from shield_ai.model.manifest_parser import parse_manifest

    try:
        return parse_manifest(raw.decode("utf-8-sig"))
    except (ManifestError, UnicodeDecodeError):
        return None
