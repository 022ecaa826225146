"""`shield verify`: does the app read its secrets from AWS, and does AWS hold what it asks for?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.options import (
    APP,
    ENVIRONMENT,
    JSON,
    ONLY,
)
from shield_ai.cli.progress import bar
from shield_ai.flow.app_session import AppSession, Scope
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.plan import checks_text

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@APP
@ONLY
@ENVIRONMENT
@JSON
def verify(app: Path, only: Scope | None, environment: str, *, as_json: bool) -> int:
    """Check that the app reads its secrets from AWS, and that AWS holds what it asks for. Exits with 1 if not."""
    session = AppSession(app, only=only, environment=environment)
    session.on_progress = bar().tick
    checks = session.verify()
    click.echo(msgspec.json.encode(checks).decode() if as_json else checks_text(checks), nl=as_json)
    return FINDINGS if any(check.status == "failed" for check in checks) else DONE
