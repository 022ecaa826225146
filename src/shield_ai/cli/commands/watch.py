"""`shield audit`: who did what with which secret. `shield report`: the whole state on one page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.console import write
from shield_ai.cli.options import APP, ENVIRONMENT, JSON
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.audit import audit_text
from shield_ai.reports.collect import audit as audit_app
from shield_ai.reports.collect import report_data

if TYPE_CHECKING:
    from shield_ai.flow.app_session import Scope
    from shield_ai.reports.report_data import ReportData

SINCE = click.option(
    "--since",
    metavar="TIME",
    help="7d, 12h, 30m, 2w or a date  [default: 7d, or all of an exported trail]",
)
TRAILS = click.option(
    "--trail",
    "trails",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="exported files of CloudTrail, or folders",
)


@click.command()
@APP
@SINCE
@TRAILS
@ENVIRONMENT
@JSON
def audit(
    app: Path, environment: str, since: str | None, trails: tuple[Path, ...], *, as_json: bool
) -> int:
    """Say who read, changed, rotated and deleted which secret, from CloudTrail. Exits with 1 when something needs eyes.

    Needs eyes: a denied call, a read by somebody who is not on the list of readers (the app's role and `readers` under
    `[monitoring]` in shield.toml), a principal that was never seen in as long a time before, a deletion, a failed
    rotation, a changed resource policy, and a file that could not be read.
    """
    session = AppSession(app, environment=environment)
    result = audit_app(session, since=since, trails=trails, now=dt.datetime.now(dt.UTC))
    click.echo(msgspec.json.encode(result) if as_json else audit_text(result), nl=as_json)
    return FINDINGS if result.alerts or result.unread else DONE


@click.command()
@APP
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="write to a file; to stdout by default"
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "markdown"]),
    help="[default: html, or what the file's name says]",
)
@click.option("--only", type=click.Choice(["code"]), help="leave AWS alone")
@ENVIRONMENT
@SINCE
@TRAILS
def report(  # noqa: PLR0913, PLR0917  # one argument a flag
    app: Path,
    output: Path | None,
    form: str | None,
    only: Scope | None,
    environment: str,
    since: str | None,
    trails: tuple[Path, ...],
) -> int:
    """Put the whole state on one page: findings, changes, secrets, rotation, access, rollout, controls.

    The page holds no value and loads nothing from anywhere: send it to whom you like. Markdown is short, for a comment
    on a pull request. What can't be looked at, AWS for example, says so on the page.
    """
    session = AppSession(app, only=only, environment=environment)
    made = report_data(session, since=since, trails=trails, now=dt.datetime.now(dt.UTC))
    form = form or ("markdown" if output and output.suffix == ".md" else "html")
    text = _rendered(made, form)
    if output:
        write(output, text)
        click.echo(f"{made.headline} {output}", err=True)
    else:
        click.echo(text, nl=False)
    return DONE


def _rendered(made: ReportData, form: str) -> str:
    """Render a report; each form is loaded only when it is asked for."""
    if form == "markdown":
        from shield_ai.reports.markdown import markdown

        return markdown(made)
    from shield_ai.reports.html import page

    return page(made)
