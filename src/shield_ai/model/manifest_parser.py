"""Parse shield.toml, and find the lines of errors."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import ManifestError
from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys
from shield_ai.model.manifest import (
    App,
    DeploymentEdits,
    Environment,
    Manifest,
    Monitoring,
    Secret,
)
from shield_ai.model.manifest_validation import validate_manifest
from shield_ai.model.naming import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

# Part of the path in an error message of msgspec -> the table with the error.
_TABLES: dict[str, type[msgspec.Struct]] = {
    "secret[": Secret,
    "$.app": App,
    "$.monitoring": Monitoring,
    "$.deployment": DeploymentEdits,
    "$.environments": Environment,
}

INVALID_ENUM = "Invalid enum value"  # the message of msgspec


def parse_manifest(text: str) -> Manifest:
    """Parse and validate the text of shield.toml.

    Raises:
        ManifestError: The text is invalid. The message starts with the file and the line.
    """
    try:
        require_short_keys(text)
        tables = tomllib.loads(text)
    except INVALID_TOML as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        raise ManifestError(f"{MANIFEST}: {reason}", "the file must be valid TOML") from None
    try:
        manifest = msgspec.convert(tables, Manifest)
    except msgspec.ValidationError as error:
        message = str(error)
        raise ManifestError(
            f"{_locate_error(text, message)}: {_reword(message)}", _hint(message)
        ) from None
    validate_manifest(manifest, functools.partial(locate, text))
    return manifest


def locate(text: str, key: str = "", *, table: str = "", secret: int | None = None) -> str:
    """Return `shield.toml:LINE` of a key, or of the table's header if the key is not found.

    Args:
        text: The text of shield.toml.
        key: The key; empty for the header.
        table: The name of the table to search; by default, all tables are searched.
        secret: The index of the [[secret]] to search, from 0.

    Returns:
        `shield.toml`, without a line, if neither the key nor a header is found.
    """
    assignment = re.compile(rf"(?:^|[\[{{,\s.])[\"']?{re.escape(key)}[\"']?\s*[=\].]")
    header = 0
    for number, line in _lines(text, table, secret):
        if line.startswith("[") and not header:
            header = number
        if key and assignment.search(line):
            return f"{MANIFEST}:{number}"
    return f"{MANIFEST}:{header}" if header else MANIFEST


def _lines(text: str, table: str, secret: int | None) -> Iterator[tuple[int, str]]:
    """Yield the numbers and lines of a table or a [[secret]]; without either, of the file."""
    index = -1
    is_selected = not table and secret is None
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if line.startswith("["):
            is_secret = line.startswith("[[secret]]")
            index += is_secret
            if table:
                is_selected = line.startswith(f"[{table}]")
            elif secret is not None:
                is_selected = is_secret and index == secret
        if is_selected:
            yield number, line


def _locate_error(text: str, message: str) -> str:
    """Return `shield.toml:LINE` of an error message of msgspec, as precisely as possible."""
    path = re.search(r"at `\$(.*?)`$", message)
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", path[1]) if path else []
    keys = [key for key, _ in steps if key]
    indexes = [int(index) for _, index in steps if index]
    unknown = re.search(r"unknown field `(.+?)`", message)
    if unknown:
        keys.append(unknown[1])
    table = keys[0] if keys and keys[0] in {"app", "monitoring", "deployment"} else ""
    key = keys[-1] if keys else ""
    return locate(text, key, table=table, secret=next(iter(indexes), None))


def _reword(message: str) -> str:
    sentence = message.split(" - at `", maxsplit=1)[0]
    # remove the value, which can be a secret
    sentence = re.sub(r" '.*'$", "", sentence, flags=re.DOTALL)
    if sentence == INVALID_ENUM:
        return f"unknown {_key(message)}"
    if sentence.startswith("Expected "):
        return f"{_key(message)}: e{sentence[1:]}"
    sentence = sentence.replace("Object contains unknown field", "unknown key")
    return sentence.replace("Object missing required field", "missing key")


def _key(message: str) -> str:
    """Return the key at the end of the path in a message, for example `kind`."""
    names = re.findall(r"[A-Za-z_]+", message.rpartition(" - at `")[2])
    return names[-1] if names else "value"


def _allowed_values(message: str) -> list[str]:
    """Return the values of the enumeration at the path in a message."""
    found = msgspec.inspect.type_info(Manifest)
    for name in re.findall(r"[A-Za-z_]+", message.rpartition(" - at `")[2]):
        fields: dict[str, msgspec.inspect.Type] = {}
        for kind in _members(found):
            if isinstance(kind, msgspec.inspect.StructType):
                fields.update((field.encode_name, field.type) for field in kind.fields)
        if name not in fields:
            return []
        found = fields[name]
    return [value for kind in _members(found) for value in _values(kind)]


def _values(kind: msgspec.inspect.Type) -> list[str]:
    if isinstance(kind, msgspec.inspect.EnumType):
        return [str(member.value) for member in kind.cls]
    if isinstance(kind, msgspec.inspect.LiteralType):
        return [str(value) for value in kind.values]
    return []


def _members(kind: msgspec.inspect.Type) -> list[msgspec.inspect.Type]:
    """Return the types of a union and of the items of an array."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return [member for part in kind.types for member in _members(part)]
    if isinstance(kind, msgspec.inspect.CollectionType):
        return _members(kind.item_type)
    return [kind]


def _hint(message: str) -> str:
    if message.startswith(INVALID_ENUM):
        return f"use one of {', '.join(_allowed_values(message))}"
    if "unknown field" not in message:
        return ""
    table: type[msgspec.Struct] = Manifest
    for place, struct in _TABLES.items():
        if place in message:
            table = struct
            break
    return f"known keys: {', '.join(table.__struct_fields__)}"
