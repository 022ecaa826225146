"""The JSON Schema of shield.toml, so that an editor completes and checks it. What a key means is its comment's text."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from shield_ai.manifest import App, Manifest, Monitoring, Rotation, Secret

DIALECT = "https://json-schema.org/draft/2020-12/schema"
STRUCTS = (App, Secret, Rotation, Monitoring)
_FIELD = re.compile(r"^    (\w+): [^#\n]+?  # (.+)$", re.MULTILINE)


def schema() -> dict[str, Any]:
    """Return the schema."""
    (made, *_), parts = msgspec.json.schema_components([Manifest], ref_template="#/$defs/{name}")
    for struct in STRUCTS:
        for name, note in notes(struct).items():
            parts[struct.__name__]["properties"][name]["description"] = note
    return {"$schema": DIALECT, "title": "shield.toml", **made, "$defs": parts}


def notes(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return what the comments beside a struct's fields say."""
    return dict(_FIELD.findall(inspect.getsource(struct)))
