"""Check the values of a manual rotation before they replace those that work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Kind
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rotator.errors import RotationError
from shield_ai.rotator.values import read_value
from shield_ai.scan.text.value_shapes import CHANGE_ME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Secret

_MIN_LENGTH = 8  # characters; a shorter answer was probably meant for another question
# Templates and masked values, but not words that may be part of a real value.
TEMPLATE = regex(r"<.{0,200}>|[xX]{3,}|\*{2,}|\.{3,}|\$\{.{0,200}\}")


def require_plausible(secret: Secret, values: Mapping[str, Hidden]) -> None:
    """Require that new values are not obviously wrong.

    Args:
        secret: The secret.
        values: The value of each field; the field is empty for a secret without fields.

    Raises:
        ShieldError: A value is empty, a placeholder or not a URL, or has white space around it. The
            message does not contain the value.
    """
    for field, hidden in values.items():
        problem = _problem(secret, hidden.reveal())
        if problem:
            raise ShieldError(
                f"the new {field or 'value'} {problem}; nothing was changed",
                f"run shield rotate {secret.name} again with the new value",
            )


def short_fields(values: Mapping[str, Hidden]) -> list[str]:
    """Return the fields with new values that are too short for keys and passwords.

    Args:
        values: The value of each field.
    """
    return [field for field, value in values.items() if len(value.reveal()) < _MIN_LENGTH]


def require_not_shorter(secret: Secret, fields: Sequence[str], stored: Hidden) -> None:
    """Require that the current values of some fields are as short as the new ones.

    Args:
        secret: The secret.
        fields: From `short_fields`.
        stored: The current value of the secret in AWS.

    Raises:
        ShieldError: A current value is longer.
    """
    for field in fields:
        try:
            current = read_value(stored.reveal(), field)
        except RotationError:
            continue  # storing the new values reports it
        if len(current) >= _MIN_LENGTH:
            raise ShieldError(
                f"the new {field or 'value'} has fewer than {_MIN_LENGTH} characters, unlike the"
                " current one; nothing was changed",
                f"run shield rotate {secret.name} again with the new value",
            )


def _problem(secret: Secret, value: str) -> str:
    if not value:
        return "is empty"
    if value != value.strip():
        return "starts or ends with white space"
    if TEMPLATE.fullmatch(value) or CHANGE_ME.fullmatch(value):
        return "is a placeholder"
    if secret.kind is Kind.URL and not secret.fields and "://" not in value:
        return "is not a URL"
    return ""
