"""`shield local` and `shield demo`: an embedded AWS, and the whole journey on it."""

from __future__ import annotations

from pathlib import Path

import click

from shield_ai.errors import DONE


@click.command()
@click.option("--port", type=int, default=0, help="listen here; a free port by default")
def local(port: int) -> int:
    """Hold an embedded AWS open, and print what points any tool at it. Ctrl-C ends it; nothing is kept."""
    from shield_ai.localaws.server import serve_forever  # noqa: PLC0415  # an extra of its own

    serve_forever(click.echo, port)
    return DONE


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="leave the sample app here")
def demo(keep: Path | None) -> int:
    """Run the whole journey on a sample shop, an embedded AWS and a real PostgreSQL."""
    from shield_ai.demo import demo as run  # noqa: PLC0415  # an extra of its own

    return run(keep)
