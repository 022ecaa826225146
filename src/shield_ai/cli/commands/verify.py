"""`shield verify`: check the app's code and its secrets in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
from shield_ai.cli.options import APP, ENVIRONMENT, JSON, ONLY
from shield_ai.cli.progress import progress_bar
from shield_ai.flow.app_session import AppSession, Scope
from shield_ai.flow.verify.check import Status
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.json import to_json
from shield_ai.reports.plan import checks_text

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@APP
@ONLY
@ENVIRONMENT
@JSON
def verify(app: Path, only: Scope | None, environment: str, *, as_json: bool) -> int:
    """Check the app and its secrets in AWS.

    Checks that the app reads its secrets from AWS, that it has access to them, and that AWS is
    configured as in shield.toml. Exits with 1 if a check fails.
    """
    session = AppSession(app, only=only, environment=environment)
    session.on_progress = progress_bar().update
    checks = session.verify()
    if as_json:
        echo(to_json(checks), nl=False)
    else:
        echo(checks_text(checks), nl=False)
    return FINDINGS if any(check.status is Status.FAILED for check in checks) else DONE
