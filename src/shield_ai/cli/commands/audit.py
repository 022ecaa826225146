"""`shield audit`: show who accessed which secret."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from shield_ai.cli.console import echo, print_json
from shield_ai.cli.options import APP, ENVIRONMENT, JSON
from shield_ai.cli.progress import progress_bar
from shield_ai.flow.access_audit import TrailQuery, audit_access
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.audit import audit_text

SINCE = click.option(
    "--since",
    metavar="TIME",
    help="Start time: 30m, 12h, 7d, 2w or a date such as 2026-01-31.  "
    "[default: 7d, or all events of --trail]",
)
TRAILS = click.option(
    "--trail",
    "trails",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Read exported CloudTrail log files or folders instead of querying the account. "
    "Repeatable.",
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
    """Show who accessed which secret, from CloudTrail.

    Lists reads, changes, rotations and deletions. Exits with 1 if something needs review: a denied
    call, a read by a principal that is not an allowed reader (the app's role and `readers` under
    `[monitoring]` in shield.toml), a principal not seen in the preceding period of the same length,
    a deletion, a rotation that failed or was turned off, a changed resource policy, or a file that
    could not be read.
    """
    options = AppOptions(environment=environment, on_progress=progress_bar().update)
    query = TrailQuery(since=since, trails=trails, now=dt.datetime.now(dt.UTC))
    result = audit_access(AppContext(app, options), query)
    if as_json:
        print_json(result)
    else:
        echo(audit_text(result), nl=False)
    return FINDINGS if result.alerts or result.unread else DONE
