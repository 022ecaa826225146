"""What takes long to make and is the same each time: kept in the user's cache folder, never needed, never a secret."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.digest import hexdigest

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = 8  # of each name; older ones belong to versions that are gone


def kept(name: str, key: bytes, make: Callable[[], bytes]) -> bytes:
    """Return what was kept under a key, or make it and keep it.

    Args:
        name: Says what it is, for whoever looks into the folder.
        key: All that it depends on; Python's version is added.
        make: Makes it.
    """
    found = known(name, key)
    if found is not None:
        return found
    made = make()
    import tempfile  # noqa: PLC0415  # slow, and only the first run writes

    place = _place(name, key)
    folder = place.parent
    with contextlib.suppress(OSError):  # a cache that can't be written costs time and nothing else
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        Path(temporary).replace(place)
        for old in sorted(folder.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    return made


def known(name: str, key: bytes) -> bytes | None:
    """Return what was kept under a key; None where nothing was, or what somebody else put there."""
    place = _place(name, key)
    try:
        return place.read_bytes() if place.stat().st_uid == os.geteuid() else None
    except OSError:
        return None


def _place(name: str, key: bytes) -> Path:
    digest = hexdigest(sys.version.encode() + b"\0" + key)[:24]
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shield-ai"
    return folder / f"{name}-{digest}"
