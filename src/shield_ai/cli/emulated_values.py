"""Save the values of an AWS emulator, which discards them: a database may accept no others."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.cli.commands.pull import pull
from shield_ai.cli.console import can_ask, echo
from shield_ai.cli.prompts import ask
from shield_ai.flow.manifest_file import read_manifest
from shield_ai.model.errors import ShieldError
from shield_ai.model.manifest import App, Manifest
from shield_ai.model.naming import DOTENV
from shield_ai.project.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.sandbox.emulator.server import LocalAws

_NO_MANIFEST = Manifest(app=App(name=""))


def offer_to_save(aws: LocalAws) -> None:
    """Name the values that changed in an AWS emulator before it stops, and offer to save them.

    Args:
        aws: The AWS emulator.
    """
    manifest = _manifest_here()
    try:
        changed = aws.changed_secrets({aws.region, manifest.app.region})
    except ShieldError as error:
        echo(f"error: {error.message}", err=True)
        return
    if not changed:
        return
    echo(f"the AWS emulator discards the new values of {', '.join(changed)} now", err=True)
    prefix = manifest.app.prefix
    saved = [secret.name for secret in manifest.secret if prefix + secret.name in changed]
    if not saved or not can_ask():
        return
    _use_only(aws)
    while ask(f"Write the current values of {', '.join(saved)} to {DOTENV}?"):
        try:
            _write_to_env_file(saved)
        except ShieldError as error:  # the emulator still runs: ask again
            echo(f"error: {error.message}\nhint: {error.hint}", err=True)
        else:
            return


def _use_only(aws: LocalAws) -> None:
    """Let AWS clients of this process use only the emulator: AWS_PROFILE could name an account."""
    emulated = aws.environment(os.environ)
    os.environ.clear()
    os.environ.update(emulated)


def _write_to_env_file(names: Sequence[str]) -> None:
    arguments = ["--env-file", DOTENV, "--yes"]
    for name in names:
        arguments += ["--only", name]
    pull.main(arguments, standalone_mode=False)


def _manifest_here() -> Manifest:
    """Return shield.toml of the current folder; an empty one if it can't be read."""
    with contextlib.suppress(ShieldError):
        return read_manifest(Tree(Path.cwd())) or _NO_MANIFEST
    return _NO_MANIFEST
