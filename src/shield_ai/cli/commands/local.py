"""`shield local`: run an AWS emulator."""

from __future__ import annotations

from pathlib import Path

import click

from shield_ai.cli.console import echo, note
from shield_ai.model.errors import DONE, ShieldError

_NEXT = (
    "run these lines in another terminal before you run shield there, or start a shell with these\n"
    "variables: shield local bash; Ctrl-C here stops the AWS emulator"
)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--port", type=int, default=0, help="Port to listen on; a free port by default.")
@click.option(
    "--run-hooks", is_flag=True, help="Run the rotation hooks that shield.toml names for API keys."
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def local(port: int, command: tuple[str, ...], *, run_hooks: bool) -> int:
    """Run an AWS emulator for local development.

    With a command, for example shield local bash, runs the command with AWS environment variables
    that point to the AWS emulator, and stops when the command ends. Without a command, prints these
    variables and runs until Ctrl-C. All data is discarded on exit, also the new passwords of
    databases: save them with shield pull. With a command in a terminal, shield offers to save them.

    Rotation functions run on this machine. Without --run-hooks, functions that contain the hook of
    an API key are rejected.
    """
    from shield_ai.cli.emulated_values import offer_to_save
    from shield_ai.sandbox.emulator.server import run_beside, serve_forever

    if command:
        _note_region()
        return run_beside(command, port, runs_hooks=run_hooks, on_end=offer_to_save)

    def show_notes() -> None:
        note(_NEXT)
        _note_region()

    serve_forever(echo, port, runs_hooks=run_hooks, on_start=show_notes)
    return DONE


def _note_region() -> None:
    """Print the region in shield.toml of the current folder, if it is not that of the emulator."""
    from shield_ai.flow.manifest_file import read_manifest
    from shield_ai.project.tree import Tree
    from shield_ai.sandbox.emulator.server import REGION

    try:
        manifest = read_manifest(Tree(Path.cwd()))
    except ShieldError:
        return  # the commands that need it report it
    if manifest and manifest.app.region != REGION:
        region = manifest.app.region
        note(f"the secrets are in {region}: set AWS_REGION={region} for the app")
