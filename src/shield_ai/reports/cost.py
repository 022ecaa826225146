"""Format a monthly cost estimate, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.cost.bill import Bill
from shield_ai.aws.cost.prices import BASE_REGION
from shield_ai.model.plurals import count

if TYPE_CHECKING:
    from shield_ai.aws.cost.bill import Usage

_ITEM_WIDTH = 26
_AMOUNT_WIDTH = 34


class CostDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield cost`, in US dollars for a month."""

    version: Literal[1] = 1
    region: str
    total: float  # the sum of all items, rounded to cents
    bill: Bill


def cost_text(bill: Bill, usage: Usage, region: str, optional: int = 0) -> str:
    """Format the items, the total, the savings of caching and prefetching, and the price sources.

    Args:
        bill: The estimate.
        usage: The usage that it is based on.
        region: The AWS region.
        optional: The number of optional secrets, which AWS may not hold.
    """
    lines = [f"monthly cost in {region}, in US dollars", ""]
    for item in bill.lines:
        unit = item.unit if round(item.amount) == 1 else f"{item.unit}s"
        mark = "" if item.known else " *"
        lines.append(_row(item.what, f"{item.amount:,.0f} {unit}", item.usd) + mark)
    lines += [_row("total", "", bill.total), ""]
    if optional:
        noun = count(optional, "optional secret")
        lines += [f"  includes {noun}, created and billed only with a value", ""]
    if not all(item.known for item in bill.lines):
        lines += [
            f"  * price of {BASE_REGION}; the region's own price is unknown and may be higher",
            "",
        ]
    without_cache = bill.without_cache
    without_prefetch = bill.without_prefetch
    with_prefetch = bill.with_prefetch
    cache_saving = f"saves {without_cache - without_prefetch:,.2f}"
    prefetch_saving = f"saves {without_prefetch - with_prefetch:,.2f}"
    processes = count(usage.processes, "process")
    reads = f"{count(usage.reads, 'read')} of each secret per day"
    lines += [
        f"{processes}, {usage.ttl:g} s cache lifetime, {reads}:",
        _row("one call per read", "", without_cache),
        _row("with the cache", cache_saving, without_prefetch),
        _row("with cache and prefetch", prefetch_saving, with_prefetch),
        "",
        "list prices without free tiers, from AWS:",
    ]
    lines += dict.fromkeys(f"  {item.read}  {item.source}" for item in bill.lines)
    return "\n".join(lines) + "\n"


def _row(item: str, amount: str, usd: float) -> str:
    return f"  {item:<{_ITEM_WIDTH}} {amount:<{_AMOUNT_WIDTH}} {usd:>10,.2f}"
