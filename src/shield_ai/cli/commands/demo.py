"""`shield demo`: run the whole workflow on a sample app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.options import APP_PATH

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.option("--keep", type=APP_PATH, help="Keep the sample app in this new folder.")
def demo(keep: Path | None) -> int:
    """Run the whole workflow on a sample app.

    Uses an AWS emulator and an embedded PostgreSQL.
    """
    from shield_ai.sandbox.demo import run_demo

    return run_demo(keep)
