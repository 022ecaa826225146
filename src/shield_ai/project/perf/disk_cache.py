"""What takes long to make and is the same each time: kept in the user's cache folder, never needed, never a secret."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.digest import hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 8  # of each name; older ones belong to versions that are gone


def get_or_create(
    name: str, key: bytes, make: Callable[[], bytes], is_valid: Callable[[bytes], bool] = bool
) -> bytes:
    """Return what was kept under a key, or make it and keep it.

    Args:
        name: Says what it is, for whoever looks into the folder.
        key: All that it depends on; Python's version is added.
        make: Makes it.
        is_valid: Tells what was made from what a full disk or somebody else left in its place; is asked of either.
    """
    found = load(name, key, is_valid)
    if found is not None:
        return found
    made = make()
    is_valid(made)
    place = _place(name, key)
    if place is not None:
        # a cache that can't be written costs time and nothing else
        with contextlib.suppress(OSError):
            _keep(place, made)
            for old in sorted(
                place.parent.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime
            )[:-KEPT]:
                old.unlink(missing_ok=True)
    return made


def load(name: str, key: bytes, is_valid: Callable[[bytes], bool] = bool) -> bytes | None:
    """Return what was kept under a key; None where nothing was, where somebody else put it, or it is not sound."""
    place = _place(name, key)
    try:
        found = place.read_bytes() if place and place.stat().st_uid == os.geteuid() else None
    except OSError:
        return None
    return found if found is not None and is_valid(found) else None


def _place(name: str, key: bytes) -> Path | None:
    """Return the file of a key; None where there is no folder for it, as for a user that no list of the system has."""
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    # https://specifications.freedesktop.org/basedir-spec/latest/: a relative path is to be ignored
    digest = hexdigest(sys.version.encode() + b"\0" + key)[:24]
    return base / "shield-ai" / f"{name}-{digest}" if base.is_absolute() else None


def _keep(place: Path, made: bytes) -> None:
    import tempfile  # slow, and only the first run writes

    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        Path(temporary).replace(place)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
