"""Secrets that are a single value: plain text, or one field of a JSON document."""

from __future__ import annotations

import abc
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .errors import SetupError
from .registry import VALUE_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .interface import Rotation


def read_value(text: str, field: str = "") -> str:
    """Return the value of a secret.

    Args:
        text: The secret.
        field: The field of the JSON document; by default, the first one of VALUE_FIELDS.

    Raises:
        SetupError: The JSON document does not have the field.
    """
    document, name = _split(text, field)
    return text if document is None else str(document[name])


def replace_value(text: str, value: str, field: str = "") -> str:
    """Return the secret with another value. The arguments and errors are those of `read_value`."""
    document, name = _split(text, field)
    return value if document is None else json.dumps({**document, name: value})


def _split(text: str, field: str) -> tuple[dict[str, Any] | None, str]:
    """Return the JSON document and the name of the field; None and "" for plain text."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return None, ""
    for name in [field] if field else VALUE_FIELDS:
        if isinstance(document.get(name), str):
            return document, name
    if field:
        raise SetupError(f"the secret's JSON has no text in the field {field} of ROTATION_FIELD")
    raise SetupError(
        f"the secret's JSON has none of the fields {', '.join(VALUE_FIELDS)}: "
        "set ROTATION_FIELD to the field that rotates"
    )


def rotation_field(environ: Mapping[str, str]) -> str:
    """Return the configured field of the JSON document, or an empty string."""
    return environ.get("ROTATION_FIELD", "")


class ValueStrategy(abc.ABC):
    """Rotate a value that no other system stores: it is valid once it is AWSCURRENT."""

    @abc.abstractmethod
    def generate(self, rotation: Rotation, value: str) -> str:
        """Return a new value that replaces `value`."""

    def new_value(self, rotation: Rotation, current: str) -> str:
        """Return the secret with a new value."""
        field = rotation_field(rotation.environ)
        value = self.generate(rotation, read_value(current, field))
        return replace_value(current, value, field)

    def set(self, rotation: Rotation) -> None:  # noqa: B027 - nothing to do by default
        """Do nothing: no other system stores the value."""

    def test(self, rotation: Rotation) -> None:
        """Check that the value is not empty.

        AWS tests a new rotation configuration with a copy of the current value, so equal values
        are allowed here.
        """
        if not read_value(rotation.pending_value(), rotation_field(rotation.environ)):
            raise SetupError("the pending version is empty")

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Test the value again. AWS itself lets only one rotation replace the current version."""
        self.test(rotation)
        field = rotation_field(rotation.environ)
        pending = read_value(rotation.pending_value(), field)
        if pending == read_value(rotation.current_value(), field):
            raise SetupError("the pending version is equal to the current one")
        yield
