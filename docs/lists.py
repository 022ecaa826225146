"""Generate the pages on shield.toml and on the rules."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from tables import table

from shield_ai.model import manifest, manifest_schema
from shield_ai.model.finding import Kind
from shield_ai.rotator import registry
from shield_ai.scan.rules import pattern

FIRST_TABLES = (
    "App",
    "Secret",
    "Rotation",
    "Functions",
    "Monitoring",
    "DeploymentEdits",
    "Environment",
)
TYPES = {"string": "string", "integer": "integer", "boolean": "boolean", "object": "table"}
EMPTY_DEFAULTS = (None, "", [], (), {})


def manifest_page() -> str:
    """Return the page on every key of shield.toml."""
    _, *structs = manifest_schema.table_types()
    structs.sort(key=_position)
    parts = [
        "# shield.toml\n",
        "`shield.toml` lists the secrets of an application and their names in AWS. It never",
        "contains values. Review the file, edit it and commit it. `shield draft` creates and",
        "extends it. `shield schema` prints a schema for [completion in",
        "editors](../guides/shell.md#editors).\n",
    ]
    for struct in structs:
        parts += _table_section(struct)
    kinds = ", ".join(f"`{kind}`" for kind in Kind)
    short_names = ", ".join(f"`{name}`" for name in manifest.SHORT_STRATEGIES)
    full_names = ", ".join(f"`{name}`" for name in registry.STRATEGIES)
    parts += [
        "## Kinds and strategies\n",
        f"Kinds: {kinds}.\n",
        f"Strategies: {full_names}. The short names {short_names} select the strategy for the",
        "database server.\n",
    ]
    return "\n".join(parts)


def _position(struct: type) -> int:
    if struct.__name__ in FIRST_TABLES:
        return FIRST_TABLES.index(struct.__name__)
    return len(FIRST_TABLES)


def _table_section(struct: type) -> list[str]:
    docstring = struct.__doc__ or ""
    title = re.search(r"`(\[.+?\]+)`", docstring)
    descriptions = manifest_schema.key_descriptions(struct)
    definition = manifest_schema.json_schema()["definitions"][struct.__name__]
    required = definition.get("required", ())
    rows = []
    for key, schema in definition["properties"].items():
        default = "*required*" if key in required else _default(schema)
        rows.append((f"`{key}`", _type(schema), default, descriptions.get(key, "")))
    return [
        f"## {title[1] if title else 'rotate = { … }'}\n",
        f"{docstring}\n",
        table("key | type | default | description", rows),
    ]


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        is_kind = schema["$ref"].endswith("/Kind")
        return "[kind](#kinds-and-strategies)" if is_kind else "table"
    if "anyOf" in schema:
        return '`"manual"` or a table'
    if schema["type"] == "array":
        return "list of strings"
    return TYPES[schema["type"]]


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default in EMPTY_DEFAULTS:
        return ""
    return f"`{json.dumps(default)}`"


def rules_page() -> str:
    """Return the page on the rules of the scan."""
    application, credentials = pattern.csec34_pattern(), pattern.credential_pattern()
    parts = [
        "# Rules\n",
        "`shield explain RULE` prints the description of a rule. `shield patterns list`",
        "lists all rules, including custom ones.\n",
        f"## {application.id}: {application.title}\n",
        f"{application.description}\n",
        f"{application.fix}\n",
    ]
    for rule in application.rules:
        parts += _rule_section(rule)
    rows = [(f"`{rule.id}`", rule.title, str(rule.severity)) for rule in credentials.rules]
    parts += [
        f"## {credentials.id}: {credentials.title}\n",
        f"{credentials.description}\n",
        f"**How to fix:** {credentials.fix}\n",
        table("rule | finds | severity", rows),
    ]
    return "\n".join(parts)


def _rule_section(rule: pattern.Rule) -> list[str]:
    example = textwrap.dedent(rule.examples[0]).strip("\n")
    language = "sh" if rule.kind is pattern.RuleKind.DOTENV else "python"
    parts = [
        f"### {rule.id}\n",
        f"{rule.title} ({rule.severity}).\n",
        f"{rule.explanation}\n",
        f"**How to fix:** {rule.fix}\n",
        f"Example:\n\n```{language}\n{example}\n```\n",
    ]
    if rule.reference:
        parts.append(f"See <{rule.reference}>.\n")
    return parts
