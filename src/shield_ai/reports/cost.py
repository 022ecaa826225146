"""A month's bill in words, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.cost.prices import BASE_REGION

if TYPE_CHECKING:
    from shield_ai.aws.cost.bill import Bill, Usage

_WHAT, _AMOUNT = 26, 34


def cost_text(bill: Bill, usage: Usage, region: str) -> str:
    """Show each line, the total, what the cache and prefetch save, and where the prices are from."""
    lines = [f"a month in {region}, in US dollars", ""]
    for line in bill.lines:
        amount = f"{line.amount:,.0f} {line.unit}{'' if round(line.amount) == 1 else 's'}"
        mark = "" if line.known else " *"
        lines.append(f"  {line.what:<{_WHAT}} {amount:<{_AMOUNT}} {line.usd:>10,.2f}{mark}")
    lines += [f"  {'together':<{_WHAT}} {'':<{_AMOUNT}} {bill.total:>10,.2f}", ""]
    if not all(line.known for line in bill.lines):
        lines += [
            f"  * the price of {BASE_REGION}: that of the region is not known here, and may be higher",
            "",
        ]
    lines += [
        f"{usage.processes} processes keep each value for {usage.ttl:g} s; {usage.reads:,} reads of each secret a day",
        _saving("a call for each read", bill.without_cache, ""),
        _saving(
            "with the cache",
            bill.without_prefetch,
            _less(bill.without_cache, bill.without_prefetch),
        ),
        _saving(
            "and prefetch, twenty a call",
            bill.with_prefetch,
            _less(bill.without_prefetch, bill.with_prefetch),
        ),
        "",
        "prices without free tiers, from copies of AWS's price list; its own pages:",
        *dict.fromkeys(f"  {line.read}  {line.source}" for line in bill.lines),
    ]
    return "\n".join(lines) + "\n"


def _saving(what: str, usd: float, words: str) -> str:
    return f"  {what:<{_WHAT + 1}} {words:<{_AMOUNT - 1}} {usd:>10,.2f}"


def _less(before: float, after: float) -> str:
    return f"saves {before - after:,.2f}"
