"""Django's SECRET_KEY. The old key stays readable as AWSPREVIOUS: as SECRET_KEY_FALLBACKS it keeps sessions valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .values import ValueStrategy

if TYPE_CHECKING:
    from .interface import Rotation

LENGTH = 64


class DjangoSecretKey(ValueStrategy):
    """See the module."""

    # nothing of the old key goes into the new
    def make(self, rotation: Rotation, value: str) -> str:  # noqa: ARG002
        """Let AWS make it."""
        return rotation.store.random_password(LENGTH)
