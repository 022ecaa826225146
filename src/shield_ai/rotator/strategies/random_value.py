"""A random value with the length of the old one, but at least 32 characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..secret import LENGTH
from ..values import ValueStrategy

if TYPE_CHECKING:
    from ..interface import Rotation

MAX_LENGTH = 4096  # limit of GetRandomPassword


class RandomValue(ValueStrategy):
    """Replace the value with a random one."""

    def generate(self, rotation: Rotation, value: str) -> str:
        """Return a random value that AWS generates."""
        return rotation.store.random_password(min(max(LENGTH, len(value)), MAX_LENGTH))


STRATEGY = RandomValue
