"""`shield draft`: the list of what is to be moved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.options import APP
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE

if TYPE_CHECKING:
    from shield_ai.model.manifest import Secret


@click.command()
@APP
@click.option(
    "--from-sarif",
    type=click.Path(path_type=Path),
    help="also what another scanner found in this app",
)
def draft(app: Path, from_sarif: Path | None) -> int:
    """Write shield.toml, the list of what is to be moved, or add to it what is new.

    Names only, never a value. Review it, edit it, commit it.
    """
    session = AppSession(app)
    more: list[Secret] = []
    if from_sarif:
        from shield_ai.scan import sarif_import  # only this option needs it

        found = sarif_import.below(sarif_import.places(from_sarif), session.tree.root)
        more, left = sarif_import.secrets(found, session.tree.read, session.findings)
        for skip in left:
            click.echo(f"  stays: {skip.path}:{skip.line}: {skip.reason}", err=True)
    click.echo(session.write_manifest(more), err=True)
    return DONE
