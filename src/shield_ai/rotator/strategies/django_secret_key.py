"""Django's SECRET_KEY.

The old key remains available as AWSPREVIOUS: in SECRET_KEY_FALLBACKS, it keeps sessions valid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..values import ValueStrategy

if TYPE_CHECKING:
    from ..interface import Rotation

LENGTH = 64


class DjangoSecretKey(ValueStrategy):
    """Replace the key with a random one."""

    def generate(self, rotation: Rotation, value: str) -> str:  # noqa: ARG002
        """Return a random key that AWS generates."""
        return rotation.store.random_password(LENGTH)


STRATEGY = DjangoSecretKey
