"""`shield draft`: create or update shield.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
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
    help="Also add the secrets that another scanner found, from its SARIF report.",
)
def draft(app: Path, from_sarif: Path | None) -> int:
    """Create or update shield.toml.

    Adds the secrets that the scan finds. shield.toml lists the secrets to move and never contains
    values. Review it and commit it.
    """
    session = AppSession(app)
    imported: list[Secret] = []
    if from_sarif:
        imported = _import_sarif(session, from_sarif)
    echo(session.write_manifest(imported), err=True)
    return DONE


def _import_sarif(session: AppSession, report: Path) -> list[Secret]:
    from shield_ai.scan import sarif_import

    locations = sarif_import.relative_to_app(sarif_import.read_locations(report), session.tree.root)
    imported, skipped = sarif_import.import_secrets(locations, session.tree.read, session.findings)
    for skip in skipped:
        echo(f"  skipped: {skip.path}:{skip.line}: {skip.reason}", err=True)
    return imported
