"""`shield local` and `shield demo`: an embedded AWS, and the whole journey on it."""

from __future__ import annotations

from pathlib import Path

import click

from shield_ai.model.errors import DONE


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--port", type=int, default=0, help="listen here; a free port by default")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def local(port: int, command: tuple[str, ...]) -> int:
    """Hold an embedded AWS open: for a command and what it starts, as in shield local bash, until it ends.

    Without a command, prints what points any tool at it; Ctrl-C ends it. Nothing is kept.
    """
    # an extra of its own
    from shield_ai.sandbox.emulator.server import run_beside, serve_forever

    if command:
        return run_beside(command, port)
    serve_forever(click.echo, port)
    return DONE


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="leave the sample app here")
def demo(keep: Path | None) -> int:
    """Run the whole journey on a sample shop, an embedded AWS and a real PostgreSQL."""
    from shield_ai.sandbox.demo import demo as run  # an extra of its own

    return run(keep)
