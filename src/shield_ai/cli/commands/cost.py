"""`shield cost`: what the secrets cost a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.aws.cost.bill import Usage, bill
from shield_ai.aws.desired import resources
from shield_ai.cli.options import APP, ENVIRONMENT, JSON
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE
from shield_ai.reports.cost import cost_text

if TYPE_CHECKING:
    from pathlib import Path

_NOWHERE = "0" * 12  # an account: costs are the same in each


@click.command()
@APP
@ENVIRONMENT
@click.option(
    "--processes", default=Usage().processes, show_default=True, help="of the app, on all machines"
)
@click.option("--ttl", default=Usage().ttl, show_default=True, help="AWS_SECRETS_TTL, in seconds")
@click.option(
    "--reads",
    default=Usage().reads,
    show_default=True,
    help="of each secret by the whole app, a day",
)
@JSON
def cost(
    app: Path, environment: str, processes: int, ttl: float, reads: int, *, as_json: bool
) -> int:
    """Say what the app's secrets cost a month, and what the cache saves. Asks AWS nothing."""
    session = AppSession(app, only="code", environment=environment)
    usage, region = (
        Usage(processes=processes, ttl=ttl, reads=reads),
        session.target_manifest.app.region,
    )
    found = bill(
        session.target_manifest,
        resources(session.target_manifest, _NOWHERE, region, session.tree.read),
        usage,
    )
    if as_json:
        click.echo(
            msgspec.json.encode(
                {"region": region, "total": round(found.total, 2), "bill": found}
            ).decode()
        )
    else:
        click.echo(cost_text(found, usage, region), nl=False)
    return DONE
