"""A month's bill in words, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.prices import AS_OF, HOME

if TYPE_CHECKING:
    from shield_ai.cost import Bill, Usage

_WHAT, _AMOUNT = 26, 34


def cost_text(bill: Bill, usage: Usage, region: str) -> str:
    """Show each line, the total, what the cache and prefetch save, and where the prices are from."""
    lines = [f"a month in {region}, in US dollars", ""]
    for line in bill.lines:
        amount = f"{line.amount:,.0f} {line.unit}{'' if round(line.amount) == 1 else 's'}"
        lines.append(f"  {line.what:<{_WHAT}} {amount:<{_AMOUNT}} {line.usd:>10,.2f}")
    lines += [f"  {'together':<{_WHAT}} {'':<{_AMOUNT}} {bill.total:>10,.2f}", ""]
    lines += [
        f"{usage.processes} processes keep each value for {usage.ttl:g} s; {usage.reads:,} reads of each secret a day",
        f"  with a call for each read it would be {bill.without_cache:,.2f}",
        f"  with prefetch, twenty secrets a call, {bill.with_prefetch:,.2f}",
        "",
        f"prices of {AS_OF} in {HOME}{'' if region == HOME else f'; {region} may ask for more'}, no free tiers:",
        *(f"  {source}" for source in dict.fromkeys(line.source for line in bill.lines)),
    ]
    return "\n".join(lines) + "\n"
