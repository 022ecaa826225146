"""`shield demo`: run the whole workflow on a sample app."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep the sample app in this new folder."
)
def demo(keep: Path | None) -> int:
    """Run the whole workflow on a sample app.

    Uses an AWS emulator and an embedded PostgreSQL.
    """
    from shield_ai.sandbox.demo import run_demo

    return run_demo(keep)
