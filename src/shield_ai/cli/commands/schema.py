"""`shield schema`: what may stand in shield.toml, for editors."""

from __future__ import annotations

import json
from pathlib import Path

import click

from shield_ai.cli.console import write
from shield_ai.model.errors import DONE
from shield_ai.model.manifest_schema import schema as whole


@click.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write to a file")
def schema(output: Path | None) -> int:
    """Print a JSON Schema of shield.toml.

    An editor with Taplo completes the file when its first line is #:schema and a space and where the schema lies.
    """
    text = json.dumps(whole(), indent=2, ensure_ascii=False) + "\n"
    if output:
        write(output, text)
    else:
        click.echo(text, nl=False)
    return DONE
