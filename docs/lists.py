"""The pages on shield.toml and on the rules."""

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


def shield_toml() -> str:
    """Every key of the manifest."""
    parts = [
        "# shield.toml\n",
        "What is moved, under which name. It never holds a value: review it, edit it, commit it.",
        "`shield draft` writes it and adds to it. [Completion in editors](../guides/shell.md#editors) comes from",
        "`shield schema`.\n",
    ]
    first = ("App", "Secret", "Rotation", "Functions", "Monitoring", "Environment")
    _, *structs = manifest_schema.structs()
    for struct in sorted(
        structs, key=lambda s: first.index(s.__name__) if s.__name__ in first else len(first)
    ):
        said, part = (
            manifest_schema.meanings(struct),
            manifest_schema.schema()["definitions"][struct.__name__],
        )
        doc = struct.__doc__ or ""
        rows = [
            (f"`{key}`", _kind(said_of), _default(key, said_of, part), said.get(key, ""))
            for key, said_of in part["properties"].items()
        ]
        title = next(iter(re.findall(r"`(\[.+?\]+)`", doc)), "rotate = { … }")
        parts += [f"## {title}\n", f"{doc}\n", table("key | takes | default | is", rows)]
    kinds = ", ".join(f"`{kind}`" for kind in Kind)
    own = ", ".join(f"`{name}`" for name in registry.STRATEGIES)
    parts += [
        "## Kinds and strategies\n",
        f"Kinds: {kinds}.\n",
        f"Strategies: {', '.join(f'`{user}`' for user in manifest.USERS)}, which go with the server; in full: {own}.\n",
    ]
    return "\n".join(parts)


def _kind(key: dict[str, Any]) -> str:
    names = {"string": "text", "integer": "number", "boolean": "`true`, `false`", "object": "table"}
    if "$ref" in key:
        return "a [kind](#kinds-and-strategies)" if key["$ref"].endswith("/Kind") else "table"
    if "anyOf" in key:
        return '`"manual"`, or a table'
    return "list of texts" if key["type"] == "array" else names[key["type"]]


def _default(name: str, key: dict[str, Any], part: dict[str, Any]) -> str:
    if name in part.get("required", ()):
        return "*needed*"
    return (
        f"`{json.dumps(key['default'])}`"
        if key.get("default") not in (None, "", [], (), {})
        else ""
    )


def rules() -> str:
    """What is looked for."""
    whole, credentials = pattern.load(), pattern.credentials()
    parts = [
        "# Rules\n",
        "`shield explain RULE` says the same in the terminal; `shield patterns list` lists them, your own included.\n",
        f"## {whole.id}: {whole.title}\n",
        f"{whole.description}\n",
        f"{whole.fix}\n",
    ]
    for rule in whole.rules:
        example = textwrap.dedent(rule.examples[0]).strip("\n")
        language = "python" if rule.kind is not pattern.RuleKind.DOTENV else "sh"
        parts += [
            f"### {rule.id}\n",
            f"{rule.title} ({rule.severity}).\n",
            f"{rule.explanation}\n",
            f"*What to do:* {rule.fix}\n",
            f"Is found in, for example:\n\n```{language}\n{example}\n```\n",
        ]
        if rule.reference:
            parts.append(f"See <{rule.reference}>.\n")
    rows = [(f"`{rule.id}`", rule.title, str(rule.severity)) for rule in credentials.rules]
    parts += [
        f"## {credentials.id}: {credentials.title}\n",
        f"{credentials.description}\n",
        f"*What to do:* {credentials.fix}\n",
        table("rule | finds | severity", rows),
    ]
    return "\n".join(parts)
