"""Recognize a process for which `shield local` emulates AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EMULATED = "SHIELD_LOCAL"  # "true" in the environment of the commands of `shield local`


def is_emulated(environ: Mapping[str, str]) -> bool:
    """Return whether `shield local` emulates AWS for a process, and discards its data."""
    return environ.get(EMULATED) == "true"
