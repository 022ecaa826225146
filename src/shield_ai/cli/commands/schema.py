"""`shield schema`: print the JSON Schema of shield.toml or of a command's JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from shield_ai.cli.console import echo, write_output
from shield_ai.cli.options import OUTPUT
from shield_ai.model.errors import DONE, ShieldError
from shield_ai.model.naming import MANIFEST
from shield_ai.reports.schemas import DOCUMENTS, json_schema

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("name", default=MANIFEST)
@OUTPUT
def schema(name: str, output: Path | None) -> int:
    """Print a JSON Schema, by default that of shield.toml.

    Editors use the schema of shield.toml for completion and validation. With Taplo, the first line
    of shield.toml points to it: #:schema ./shield.schema.json

    To print the schema of a command's JSON output, give its NAME: scan, plan, verify, rotate-status
    or another name from the page JSON of the reference.
    """
    text = json.dumps(_schema(name), indent=2, ensure_ascii=False) + "\n"
    if output:
        write_output(output, text)
    else:
        echo(text, nl=False)
    return DONE


def _schema(name: str) -> dict[str, Any]:
    if name == MANIFEST:
        from shield_ai.model import manifest_schema

        return manifest_schema.json_schema()
    if name in DOCUMENTS:
        return json_schema(name)
    raise ShieldError(f"unknown schema {name!r}", f"use one of {MANIFEST}, {', '.join(DOCUMENTS)}")
