"""Generate a JSON Schema of shield.toml, for completion and validation in editors.

The schema uses draft 4, the latest draft that Taplo and the editors based on it support:
https://taplo.tamasfe.dev/configuration/using-schemas.html
"""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from shield_ai.model import manifest
from shield_ai.model.database_fields import DATABASE_ENGINES
from shield_ai.model.naming import MANIFEST
from shield_ai.rotator.document import SSL_MODES
from shield_ai.rotator.registry import STRATEGIES

DRAFT = "http://json-schema.org/draft-04/schema#"
# A field with its comment, which is on the same line or in the lines above.
FIELD = re.compile(r"^    (\w+): .*?  # (.+)$", re.MULTILINE)
FIELD_BELOW_COMMENT = re.compile(r"((?:^    # .+\n)+)    (\w+): (?!.*  # )", re.MULTILINE)
# Constraints that the types do not express.
CONSTRAINTS: dict[tuple[str, str], dict[str, Any]] = {
    ("App", "ignore"): {
        "items": {"type": "string", "pattern": f"^{manifest.ENV_VAR_NAME.pattern}$"}
    },
    ("Secret", "name"): {"pattern": f"^{manifest.SECRET_NAME.pattern}$"},
    ("Secret", "env"): {"pattern": f"^{manifest.ENV_VAR_NAME.pattern}$"},
    ("Secret", "fields"): {"minProperties": 1},
    ("Rotation", "strategy"): {"enum": ["", *manifest.SHORT_STRATEGIES, *STRATEGIES]},
    ("Rotation", "engine"): {"enum": ["", *DATABASE_ENGINES]},
    ("Rotation", "sslmode"): {"enum": ["", *SSL_MODES]},
}


def json_schema() -> dict[str, Any]:
    """Return the schema, with the comments of manifest.py as descriptions."""
    (_, definitions) = msgspec.json.schema_components(
        [manifest.Manifest], ref_template="#/definitions/{name}"
    )
    for struct in table_types():
        definition = definitions[struct.__name__]
        descriptions = key_descriptions(struct)
        for name, key in definition["properties"].items():
            _remove_null(key)
            if name in descriptions:
                key["description"] = descriptions[name]
            key.update(CONSTRAINTS.get((struct.__name__, name), {}))
        if not definition["required"]:  # draft 4 forbids an empty list
            del definition["required"]
    definitions["Rotation"] |= {"minProperties": 1, "dependencies": {"window": ["every"]}}
    definitions["Secret"]["oneOf"] = [{"required": ["env"]}, {"required": ["fields"]}]
    root = definitions.pop("Manifest")
    return {"$schema": DRAFT, **root, "title": MANIFEST, "definitions": definitions}


def _remove_null(key: dict[str, Any]) -> None:
    """Remove null, which TOML does not have, from the types and the default of a key."""
    types = [kind for kind in key.pop("anyOf", ()) if kind != {"type": "null"}]
    if len(types) == 1:
        key.update(types[0])
    elif types:
        key["anyOf"] = types
    if key.get("default", ...) is None:
        del key["default"]


def table_types() -> list[type[msgspec.Struct]]:
    """Return the types of the tables in shield.toml, starting with the root."""
    (_, definitions) = msgspec.json.schema_components([manifest.Manifest])
    structs = [
        getattr(manifest, name)
        for name, definition in definitions.items()
        if "properties" in definition
    ]
    return sorted(structs, key=lambda struct: struct is not manifest.Manifest)


def key_descriptions(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the comments of the fields; empty if the source code is not available."""
    try:
        source = inspect.getsource(struct)
    except OSError:
        return {}
    descriptions = dict(FIELD.findall(source))
    for comment, key in FIELD_BELOW_COMMENT.findall(source):
        lines = [line.strip().removeprefix("# ") for line in comment.splitlines()]
        descriptions[key] = " ".join(lines)
    if struct is manifest.Environment:
        # its keys override those of [app] and have the same meaning
        for key, description in key_descriptions(manifest.App).items():
            if key in struct.__struct_fields__:
                descriptions.setdefault(key, description)
    return descriptions
