"""Validate the JSON of a command with its schema."""

from __future__ import annotations

import functools
import json
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from shield_ai.reports.schemas import json_schema


@functools.cache
def validator(name: str) -> Draft202012Validator:
    """Return a validator that also rejects keys that the schema does not describe."""
    return Draft202012Validator(_closed(json_schema(name)), format_checker=FormatChecker())


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        found["additionalProperties"] = False
    return found


def document(name: str, text: str) -> dict[str, Any]:
    """Parse the JSON of a command, and require that its schema describes all of it."""
    parsed: dict[str, Any] = json.loads(text)
    validator(name).validate(parsed)
    return parsed
