"""Secrets that are a value and nothing else: plain text, or one field of a JSON object."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .interface import Rotation

FIELDS = ("value", "password", "secret", "key")  # the runtime's own order


def split(text: str, field: str = "") -> tuple[dict[str, Any] | None, str]:
    """Return the document and the name of its field; None for plain text.

    Args:
        text: The secret.
        field: The field's name, where it is none of the usual ones.
    """
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return None, ""
    for name in [field] if field else FIELDS:
        if isinstance(document.get(name), str):
            return document, name
    raise SetupError(
        "the secret's JSON has none of the usual fields: set ROTATION_FIELD to the one that rotates"
    )


def read(text: str, field: str = "") -> str:
    """Return the value itself."""
    document, name = split(text, field)
    return text if document is None else str(document[name])


def write(text: str, value: str, field: str = "") -> str:
    """Return the same secret with another value."""
    document, name = split(text, field)
    return value if document is None else json.dumps({**document, name: value})


class ValueStrategy:
    """A value that is in force as soon as it is current."""

    def make(self, rotation: Rotation, value: str) -> str:
        """Make the value that comes after another."""
        raise NotImplementedError

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Put a new value where the old one stood."""
        field = rotation.environ.get("ROTATION_FIELD", "")
        return write(current, self.make(rotation, read(current, field)), field)

    def set(self, rotation: Rotation) -> None:
        """Nothing has to know it."""

    def test(self, rotation: Rotation) -> None:
        """Look whether there is a value; AWS tries a new configuration with a copy of the current one."""
        if not read(rotation.pending(), rotation.environ.get("ROTATION_FIELD", "")):
            raise SetupError("the pending version is empty")

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Look at it once more; AWS itself lets only one rotation take the place of a current version."""
        self.test(rotation)
        field = rotation.environ.get("ROTATION_FIELD", "")
        if read(rotation.pending(), field) == read(rotation.current(), field):
            raise SetupError("the pending version is equal to the current one")
        yield
