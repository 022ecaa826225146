"""`shield scan` and `shield explain`: what is there, and what it means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import click

from shield_ai.cli._options import APP
from shield_ai.cli._show import colour, write
from shield_ai.errors import DONE, FINDINGS
from shield_ai.reports.json import scan_json
from shield_ai.work import Work


@click.command()
@APP
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write to a file; a folder, with --repos")
@click.option("--repos", type=click.Path(path_type=Path), help="scan each repository that this file lists, one a line")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", help="where --repos does its work")
def scan(app: Path, form: str, output: Path | None, repos: Path | None, engine: Literal["local", "ray"]) -> int:
    """Find the secrets of an app: in code, .env files and environment reads.

    Exits with 1 when there is any finding, or a file that could not be looked at; with SARIF, 0.
    """
    if repos:
        from shield_ai.cli._fleet import scan_fleet  # noqa: PLC0415  # only --repos needs it

        return scan_fleet(repos, output or Path("shield-fleet"), form=form, engine=engine)
    work = Work(app)
    text = _findings(work, form, colour=output is None and colour(sys.stdout))
    if output:
        write(output, text)
        click.echo(f"{len(work.findings)} findings in {output}", err=True)
    else:
        click.echo(text, nl=False)
    return FINDINGS if (work.findings or work.unseen) and form != "sarif" else DONE


@click.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Say what a rule means and what to do."""
    from shield_ai.pattern import explain as text  # noqa: PLC0415  # only this command reads the texts

    click.echo(text(rule))
    return DONE


def _findings(work: Work, form: str, *, colour: bool) -> str:
    """Show a scan; each form of report is loaded only when it is asked for."""
    if form == "json":
        return scan_json(work.findings, work.unseen)
    if form == "sarif":
        from shield_ai.reports.sarif import sarif  # noqa: PLC0415

        return sarif(work.findings, work.edits())
    from shield_ai.reports.text import scan_text  # noqa: PLC0415

    return scan_text(work.findings, work.tree.read, work.unseen, colour=colour)
