"""`shield draft`: create or update shield.toml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
from shield_ai.cli.options import APP
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE
from shield_ai.model.finding import Severity
from shield_ai.model.printable import printable
from shield_ai.reports.plurals import count
from shield_ai.scan.python.cross_file import READ_SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Secret
    from shield_ai.scan.python.app_scan import Scan


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
    for line in _unmoved_lines(session.scan_result, session.manifest.app.ignore):
        echo(line, err=True)
    return DONE


def _unmoved_lines(found: Scan, ignored: Sequence[str]) -> Iterator[str]:
    """Yield a line with the number of reads that stay, and one for secrets outside the scan."""
    reads = [
        finding
        for finding in found.findings
        if finding.env not in ignored and _is_unmovable_read(finding)
    ]
    if reads:
        verb = "can't be moved: shield plan --only code lists them"
        yield f"{count(len(reads), 'read')} of secrets {verb}"
    for skip in found.unscanned:
        yield printable(f"{skip.name or skip.path}: {skip.reason}")


def _is_unmovable_read(finding: Finding) -> bool:
    site = finding.site
    if site is None or site.shape not in READ_SHAPES or finding.severity is Severity.LOW:
        return False
    return bool(site.reason)


def _import_sarif(session: AppSession, report: Path) -> list[Secret]:
    from shield_ai.scan import sarif_import

    locations = sarif_import.relative_to_app(sarif_import.read_locations(report), session.tree.root)
    imported, skipped = sarif_import.import_secrets(locations, session.tree.read, session.findings)
    for skip in skipped:
        echo(f"  skipped: {skip.path}:{skip.line}: {skip.reason}", err=True)
    return imported
