"""Read the fields of a secret that is a JSON document."""

from __future__ import annotations

import json

from shield_ai.model.hidden import Hidden


def json_field(value: Hidden, field: str) -> Hidden | None:
    """Return the text of a field of a JSON document; without a field name, the entire value.

    Like the runtime, it returns the JSON of a field that is not a string, and rejects NaN.
    """
    if not field:
        return value
    try:
        content = json.loads(value.reveal()).get(field)
        json.dumps(content, allow_nan=False)
    except (ValueError, AttributeError, RecursionError):
        return None
    return None if content is None else Hidden(field_text(content))


def field_text(field: object) -> str:
    """Return a field of a JSON document as get_secret() returns it."""
    return field if isinstance(field, str) else json.dumps(field)
