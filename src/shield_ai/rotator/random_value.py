"""A random value, as long as the old one and never shorter than 32 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .secret import LENGTH
from .values import ValueStrategy

if TYPE_CHECKING:
    from .interface import Rotation

LONGEST = 4096  # AWS's limit


class RandomValue(ValueStrategy):
    """See the module."""

    def make(self, rotation: Rotation, value: str) -> str:
        """Let AWS make it."""
        return rotation.store.random_password(min(max(LENGTH, len(value)), LONGEST))
