"""`shield audit`: who read, changed, rotated and deleted which secret."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click
import msgspec

from shield_ai.cli._options import APP, JSON
from shield_ai.errors import DONE, FINDINGS
from shield_ai.reports.audit import audit_text
from shield_ai.watching import audit as audit_app


@click.command()
@APP
@click.option("--since", metavar="TIME", help="7d, 12h, 30m, 2w or a date  [default: 7d, or all of an exported trail]")
@click.option(
    "--trail",
    "trails",
    multiple=True,
    type=click.Path(path_type=Path),
    help="exported files of CloudTrail, or folders",
)
@JSON
def audit(app: Path, since: str | None, trails: tuple[Path, ...], *, as_json: bool) -> int:
    """Say who read, changed, rotated and deleted which secret, from CloudTrail. Exits with 1 when something needs eyes.

    Needs eyes: a denied call, a read by somebody who is not on the list of readers (the app's role and `readers` under
    `[monitoring]` in shield.toml), a principal that was never seen in as long a time before, a deletion, a failed
    rotation, a changed resource policy, and a file that could not be read.
    """
    result = audit_app(app, since=since, trails=trails, now=dt.datetime.now(dt.UTC))
    click.echo(msgspec.json.encode(result) if as_json else audit_text(result), nl=as_json)
    return FINDINGS if result.alerts or result.unread else DONE
