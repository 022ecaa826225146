"""Parse shield.toml, and find the lines of errors."""

from __future__ import annotations

import functools
import re
import tomllib
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.errors import ManifestError
from shield_ai.model.invalid_input import INVALID_TOML, require_short_keys
from shield_ai.model.manifest import Environment, Manifest
from shield_ai.model.manifest_validation import validate_manifest
from shield_ai.model.naming import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Iterator

INVALID_ENUM = "Invalid enum value"  # the message of msgspec
# Type in messages of msgspec -> in TOML.
TYPES = {
    "str": "a string",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "array": "an array",
    "object": "a table",
}
TYPE_HINTS = {
    "str": "put the value in quotes",
    "int": "write the number without quotes",
    "float": "write the number without quotes",
    "bool": "write true or false, without quotes",
    "array": 'write an array, such as ["a", "b"]',
    "object": 'write keys and values, such as { name = "x" }',
}
# A string without its end is part of a multi-line string.
_STRING_OR_COMMENT = re.compile(r"""#.*|"(?:[^"\\]|\\.)*"?|'[^']*'?""")


def parse_manifest(text: str) -> Manifest:
    """Parse and validate the text of shield.toml.

    Raises:
        ManifestError: The text is invalid. The message starts with the file and, if it is known,
            the line.
    """
    try:
        require_short_keys(text)
        tables = tomllib.loads(text)
    except INVALID_TOML as error:
        raise ManifestError(_syntax_error(error), "fix the syntax; see https://toml.io") from None
    try:
        manifest = msgspec.convert(tables, Manifest)
    except msgspec.ValidationError as error:
        sentence, path = _split_message(str(error))
        place = _locate_error(text, tables, sentence, path)
        raise ManifestError(f"{place}: {_reword(sentence, path)}", _hint(sentence, path)) from None
    validate_manifest(manifest, functools.partial(locate, text))
    return manifest


def _syntax_error(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"{MANIFEST}: nested too deeply"
    message = str(error)
    place = re.search(r" \(at line (\d+), column \d+\)$", message)
    if place is None:
        return f"{MANIFEST}: {message}"
    return f"{MANIFEST}:{place[1]}: {message[:1].lower()}{message[1 : place.start()]}"


def _split_message(message: str) -> tuple[str, str]:
    """Split an error message of msgspec into a sentence and a path, such as `.secret[0].kind`."""
    match = re.search(r" - at `\$([^`]*)`$", message)  # the sentence can quote a value with " - at"
    return (message[: match.start()], match[1]) if match else (message, "")


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
        if key and assignment.search(_without_values(line, key)):
            return f"{MANIFEST}:{number}"
    return f"{MANIFEST}:{header}" if header else MANIFEST


def _without_values(line: str, key: str) -> str:
    """Return a line of TOML without comments and strings, except a key in quotes."""
    return _STRING_OR_COMMENT.sub(
        lambda match: match[0] if match[0].strip("\"'") == key else "''", line
    )


def _lines(text: str, table: str, secret: int | None) -> Iterator[tuple[int, str]]:
    """Yield the numbers and lines of a table or a [[secret]]; without either, of the file."""
    index = -1
    is_selected = not table and secret is None
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        if line.startswith("["):
            header = "".join(line.split())
            is_secret = header.startswith("[[secret]]")
            index += is_secret
            if table:
                is_selected = header.startswith((f"[{table}]", f"[{table}."))
            elif secret is not None:
                is_selected = index == secret and (is_secret or header.startswith("[secret."))
        if is_selected:
            yield number, line


def _locate_error(text: str, tables: dict[str, Any], sentence: str, path: str) -> str:
    """Return `shield.toml:LINE` of an error of msgspec, as precisely as possible."""
    keys = re.findall(r"\.(\w+)", path)
    unknown = re.search(r"unknown field `(.+?)`", sentence)
    if unknown:
        keys.append(unknown[1])
    table = keys[0] if len(keys) > 1 else ""
    index = re.match(r"\.secret\[(\d+)\]", path)
    if index:
        return locate(text, keys[-1], secret=int(index[1]))
    if path.startswith(".environments["):  # the path does not name the environment
        table = f"environments.{_invalid_environment(tables['environments'])}"
    return locate(text, keys[-1] if keys else "", table=table)


def _invalid_environment(environments: dict[str, Any]) -> str:
    """Return the name of the first environment with an error of msgspec; empty without one."""
    for name, table in environments.items():
        try:
            msgspec.convert(table, Environment)
        except msgspec.ValidationError:
            return name
    return ""


def _reword(sentence: str, path: str) -> str:
    # remove the value, which can be a secret
    sentence = re.sub(r" '.*'$", "", sentence, flags=re.DOTALL)
    if sentence == INVALID_ENUM:
        return f"invalid value of {_key(path)}"
    if sentence.startswith("Expected "):
        expected = sentence.replace(" | null", "").replace(" | ", " or ")
        expected = re.sub(r"\b\w+\b", lambda match: TYPES.get(match[0], match[0]), expected)
        return f"{_key(path)}: e{expected[1:].replace('`', '')}"
    sentence = sentence.replace("Object contains unknown field", "unknown key")
    return sentence.replace("Object missing required field", "missing key")


def _key(path: str) -> str:
    """Return the last key of a path, for example `kind`."""
    keys = re.findall(r"\.(\w+)", path)
    return keys[-1] if keys else "value"


def _hint(sentence: str, path: str) -> str:
    if sentence.startswith(INVALID_ENUM):
        values = [value for kind in _types_at(path) for value in _values(kind)]
        if any(map(_fields, _types_at(path))):  # only `rotate` can be a table instead
            return f'use "{values[0]}" or a table, such as {{ every = "30 days" }}'
        return f"use one of {', '.join(values)}"
    expected = re.match(r"Expected `(\w+)", sentence)
    if expected:
        return TYPE_HINTS.get(expected[1], "")
    if "unknown field" not in sentence:
        return ""
    keys = [field.encode_name for kind in _types_at(path) for field in _fields(kind)]
    return f"known keys: {', '.join(keys)}"


def _types_at(path: str) -> list[msgspec.inspect.Type]:
    """Return the types of the values that are valid at a path, such as `.secret[0].rotate`."""
    types = _members(msgspec.inspect.type_info(Manifest))
    for key in re.findall(r"\.(\w+)", path):
        fields = {field.encode_name: field.type for kind in types for field in _fields(kind)}
        types = _members(fields[key]) if key in fields else []
    return types


def _members(kind: msgspec.inspect.Type) -> list[msgspec.inspect.Type]:
    """Return the types of a union, of the items of an array and of the values of a table."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return [member for part in kind.types for member in _members(part)]
    if isinstance(kind, msgspec.inspect.CollectionType):
        return _members(kind.item_type)
    if isinstance(kind, msgspec.inspect.DictType):
        return _members(kind.value_type)
    return [kind]


def _fields(kind: msgspec.inspect.Type) -> tuple[msgspec.inspect.Field, ...]:
    return kind.fields if isinstance(kind, msgspec.inspect.StructType) else ()


def _values(kind: msgspec.inspect.Type) -> list[str]:
    if isinstance(kind, msgspec.inspect.EnumType):
        return [str(member.value) for member in kind.cls]
    if isinstance(kind, msgspec.inspect.LiteralType):
        return [str(value) for value in kind.values]
    return []
