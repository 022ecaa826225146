"""A JSON Schema of shield.toml, with which editors complete and check it.

In JSON Schema's draft 4, the newest that Taplo and the editors built on it know:
https://taplo.tamasfe.dev/configuration/using-schemas.html
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from shield_ai.model import manifest, naming
from shield_ai.rotator.document import MODES
from shield_ai.rotator.registry import STRATEGIES

DRAFT = "http://json-schema.org/draft-04/schema#"
# A field with the comment behind it, or on the line above it.
FIELD = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)
FIELD_BELOW = re.compile(r"^    # (.+)\n    (\w+): (?!.*  # )", re.MULTILINE)
# What parse() checks beyond the types.
MORE: dict[tuple[str, str], dict[str, Any]] = {
    ("Secret", "name"): {"pattern": f"^{manifest.NAME.pattern}$"},
    ("Secret", "env"): {"pattern": f"^{manifest.VARIABLE.pattern}$"},
    ("Rotation", "strategy"): {"enum": ["", *manifest.USERS, *STRATEGIES]},
    ("Rotation", "sslmode"): {"enum": ["", *MODES]},
}


def schema() -> dict[str, Any]:
    """Return the schema; what a key means is said by the comment behind it in manifest.py."""
    (_, parts) = msgspec.json.schema_components(
        [manifest.Manifest], ref_template="#/definitions/{name}"
    )
    for struct in structs():
        part = parts[struct.__name__]
        said = meanings(struct)
        for name, key in part["properties"].items():
            _without_null(key)
            if name in said:
                key["description"] = said[name]
            key.update(MORE.get((struct.__name__, name), {}))
        if not part["required"]:  # draft 4 wants one at least
            del part["required"]
    parts["Secret"]["oneOf"] = [{"required": ["env"]}, {"required": ["fields"]}]
    whole = parts.pop("Manifest")
    return {"$schema": DRAFT, **whole, "title": naming.MANIFEST, "definitions": parts}


def _without_null(key: dict[str, Any]) -> None:
    """Take out what TOML can't say."""
    kinds = [kind for kind in key.pop("anyOf", ()) if kind != {"type": "null"}]
    key.update({"anyOf": kinds} if kinds[1:] else kinds[0] if kinds else {})
    if key.get("default", ...) is None:
        del key["default"]


def structs() -> list[type[msgspec.Struct]]:
    """List the tables of shield.toml, the whole first."""
    (_, parts) = msgspec.json.schema_components([manifest.Manifest])
    found = [getattr(manifest, name) for name, part in parts.items() if "properties" in part]
    return sorted(found, key=lambda struct: struct is not manifest.Manifest)


def meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the comment of each key that has one; none where the source is not available."""
    try:
        source = inspect.getsource(struct)
    except OSError:
        return {}
    said = dict(FIELD.findall(source))
    said |= {key: text for text, key in FIELD_BELOW.findall(source)}
    if struct is manifest.Environment:  # its keys stand for those of [app]
        said = {
            key: text
            for key, text in meanings(manifest.App).items()
            if key in struct.__struct_fields__
        } | said
    return said
