"""`shield schema`: the JSON Schema of shield.toml, for editors."""

from __future__ import annotations

import json

import click

from shield_ai.errors import DONE
from shield_ai.schema import schema as made


@click.command()
def schema() -> int:
    """Print the JSON Schema of shield.toml, for an editor that completes and checks it."""
    click.echo(json.dumps(made(), indent=2, ensure_ascii=False))
    return DONE
