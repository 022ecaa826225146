"""Many repositories, for `shield scan --repos`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import write
from shield_ai.flow.fleet import Engine, fleet, repositories
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.fleet import fleet_json, fleet_text

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.flow.fleet import Outcome


def scan_fleet(repos: Path, folder: Path, *, form: str, engine: Engine) -> int:
    """Scan them all, keep each outcome in the folder, show the sum. Exits with 1 when there is anything to do."""
    listed = repositories(repos)
    number = 0

    def tell(outcome: Outcome) -> None:
        nonlocal number
        number += 1
        words = outcome.error or f"{sum(outcome.found.values())} findings"
        click.echo(f"  [{number}/{len(listed)}] {outcome.repository}: {words}", err=True)

    outcomes = fleet(listed, folder, engine=engine, tell=tell)
    text = fleet_json(outcomes)
    write(folder / "fleet.json", text)
    click.echo(text if form == "json" else fleet_text(outcomes), nl=False)
    return (
        FINDINGS
        if any(outcome.found or outcome.error or outcome.unseen for outcome in outcomes)
        else DONE
    )
