"""`shield schema`: print the JSON Schema of shield.toml."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, write_output
from shield_ai.cli.options import OUTPUT
from shield_ai.model import manifest_schema
from shield_ai.model.errors import DONE

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@OUTPUT
def schema(output: Path | None) -> int:
    """Print the JSON Schema of shield.toml.

    Editors use it for completion and validation. With Taplo, the first line of shield.toml points
    to the schema: #:schema ./shield.schema.json
    """
    text = json.dumps(manifest_schema.json_schema(), indent=2, ensure_ascii=False) + "\n"
    if output:
        write_output(output, text)
    else:
        echo(text, nl=False)
    return DONE
