"""Generate the page on the JSON documents of the commands, and their schemas."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import words
from tables import table

from shield_ai.reports import schemas

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_VALUES = 8  # of an enumeration in a table

INTRODUCTION = """\
# JSON

Most commands print JSON with `--json`. Commands with several output formats print it with
`--format json`. [JSON in scripts](../guides/json.md) shows an example of each document.

- The document is the only output on stdout. Messages, progress and prompts are on stderr.
- It is UTF-8. Control characters and lone surrogates are escaped.
- It never contains the value of a secret. Names that look like credentials are masked.
- It is an object with the key `version`. Within a version, keys are only added, so ignore keys
  that you do not know. Texts for people, such as `message`, `reason`, `detail` and `hint`, can
  change in every release: compare ids instead. The ids of [rules](rules.md), [checks](checks.md)
  and [reasons](skip-reasons.md) never change, but new ones are added.
- After an error, stdout is empty, stderr has the message, and the [exit code](exit-codes.md)
  tells the kind of error. The only exception is `shield rotate` with several secrets: it first
  prints the results of those that it has processed.
- Exit code 1 is not an error: the document is complete.

`shield schema NAME` prints the JSON Schema (draft 2020-12) of a document. The schemas allow
additional keys, except that of a baseline: `shield scan --baseline` rejects keys that it does not
know.
"""


def files() -> dict[str, str]:
    """Return the name and the text of every schema."""
    found = {}
    for name in schemas.DOCUMENTS:
        text = json.dumps(schemas.json_schema(name), indent=2, ensure_ascii=False)
        found[schemas.file_name(name)] = text + "\n"
    return found


def json_page() -> str:
    """Return the page on all documents, from their schemas."""
    rows = [
        (f"[{name}](#{name})", f"`{words.JSON_COMMANDS[name]}`", _link(name))
        for name in schemas.DOCUMENTS
    ]
    parts = [INTRODUCTION, table("document | printed by | schema", rows)]
    for name in schemas.DOCUMENTS:
        schema = schemas.json_schema(name)
        keys = table("key | type | meaning", _rows(schema, schema.get("$defs", {})))
        parts += [f"## {name}\n", f"`{words.JSON_COMMANDS[name]}`, {_link(name)}\n", keys]
    return "\n".join(parts)


def _link(name: str) -> str:
    file = schemas.file_name(name)
    return f"[{file}](schemas/{file})"


def _rows(
    definition: dict[str, Any], definitions: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each key; the keys of nested objects follow with a prefix."""
    for name, key in definition["properties"].items():
        suffix, target = _target(key, definitions)
        meaning = words.JSON_PATHS.get(f"{prefix}{name}") or key.get("description")
        meaning = meaning or words.JSON_KEYS.get(name)
        if meaning is None:
            assert "description" in target, f"docs/words.py has no description of {prefix}{name}"
            meaning = target["description"]
        if name not in definition["required"]:
            meaning += " (not always present)"
        path = f"{prefix}{name}{suffix}"
        yield f"`{path}`", _type(key, definitions), _sentence(meaning)
        if "properties" in target:
            yield from _rows(target, definitions, f"{path}.")


def _target(key: dict[str, Any], definitions: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the suffix of the keys below a key, and what it refers to."""
    choices = [choice for choice in key.get("anyOf", [key]) if choice.get("type") != "null"]
    (choice,) = choices
    suffix = ""
    if choice.get("type") == "array":
        suffix, choice = "[]", choice["items"]
    return suffix, definitions.get(choice.get("$ref", "").rpartition("/")[2], choice)


def _type(key: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "anyOf" in key:
        return " or ".join(_type(choice, definitions) for choice in key["anyOf"])
    if "$ref" in key:
        return _type(definitions[key["$ref"].rpartition("/")[2]], definitions)
    if "const" in key:
        return f"`{key['const']}`"
    if "enum" in key and len(key["enum"]) <= MAX_VALUES:
        return ", ".join(f"`{json.dumps(value)}`" for value in key["enum"])
    if key["type"] == "array":
        return f"list of {_type(key['items'], definitions)}"
    if isinstance(values := key.get("additionalProperties"), dict):
        return f"object of {_type(values, definitions)}"
    return "time" if key.get("format") == "date-time" else str(key["type"])


def _sentence(text: str) -> str:
    """Return a description that begins with a capital letter, unless it begins with code."""
    line = textwrap.shorten(text, 1_000).rstrip(".")
    return line[:1].upper() + line[1:]
