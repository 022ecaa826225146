"""Estimate the monthly cost of the app's secrets, for the default usage of `shield cost`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.cost.bill import Usage, estimate_bill
from shield_ai.aws.cost.prices import AS_OF
from shield_ai.aws.desired import resources
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest

_PLACEHOLDER_ACCOUNT = "000000000000"  # the cost does not depend on the account
_USAGE = Usage()
_CENT = 0.01
COST_NOTE = (
    f"For {_USAGE.processes} processes with a cache lifetime of {_USAGE.ttl:g} seconds, at the list"
    f" prices of {AS_OF}, without free tiers. shield cost estimates other usage."
)


def cost_items(app: AppContext, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield the items of the monthly cost and the total; nothing for an unsupported region.

    Args:
        app: The app.
        manifest: The secrets.
    """
    if not manifest.secret:
        return
    try:
        desired = resources(manifest, _PLACEHOLDER_ACCOUNT, app.tree.read)
        estimate = estimate_bill(manifest, desired, _USAGE)
    except ShieldError:
        return
    for line in estimate.lines:
        yield line.what, _format_dollars(line.usd)
    yield "total", _format_dollars(estimate.total)


def _format_dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= _CENT else "less than $0.01"
