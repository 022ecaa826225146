"""`shield cost`: estimate the monthly cost of an app's secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.aws.cost.bill import Usage, estimate_bill
from shield_ai.aws.desired import resources
from shield_ai.cli.console import echo, print_json
from shield_ai.cli.options import APP, ENVIRONMENT, JSON
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.model.errors import DONE
from shield_ai.reports.cost import CostDocument, cost_text

if TYPE_CHECKING:
    from pathlib import Path

DEFAULTS = Usage()
PLACEHOLDER_ACCOUNT = "000000000000"  # the cost does not depend on the account


@click.command()
@APP
@ENVIRONMENT
@click.option(
    "--processes",
    default=DEFAULTS.processes,
    show_default=True,
    help="Number of app processes on all machines.",
)
@click.option(
    "--ttl",
    default=DEFAULTS.ttl,
    show_default=True,
    help="Cache lifetime in seconds (AWS_SECRETS_TTL).",
)
@click.option(
    "--reads",
    default=DEFAULTS.reads,
    show_default=True,
    help="Reads of each secret per day, over all processes.",
)
@JSON
def cost(
    app: Path, environment: str, processes: int, ttl: float, reads: int, *, as_json: bool
) -> int:
    """Estimate the monthly cost of the app's secrets.

    Also shows what caching saves. Makes no AWS calls.
    """
    context = AppContext(app, AppOptions(only="code", environment=environment))
    manifest = context.target_manifest
    region = manifest.app.region
    usage = Usage(processes=processes, ttl=ttl, reads=reads)
    desired = resources(manifest, PLACEHOLDER_ACCOUNT, context.tree.read)
    estimate = estimate_bill(manifest, desired, usage)
    if as_json:
        total = round(estimate.total, 2)
        print_json(CostDocument(region=region, total=total, bill=estimate))
    else:
        optional = sum(bool(secret.optional) for secret in manifest.secret)
        echo(cost_text(estimate, usage, region, optional), nl=False)
    return DONE
