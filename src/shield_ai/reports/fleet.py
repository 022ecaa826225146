"""Many repositories in one table, 80 columns wide, and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.finding import Severity
from shield_ai.reports.mask import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.fleet import Outcome

WIDTH = 34


def fleet_json(outcomes: Sequence[Outcome]) -> str:
    """Write every outcome, and their sum."""
    found = {"version": 1, "repositories": outcomes, "total": _total(outcomes)}
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def fleet_text(outcomes: Sequence[Outcome]) -> str:
    """Show a line a repository, the worst first, then what failed, then the sum."""
    lines = [
        f"{'repository':<{WIDTH}} {'critical':>8} {'high':>5} {'other':>6} {'moved':>6} {'secrets':>8}"
    ]
    lines += [_line(outcome) for outcome in sorted(outcomes, key=_worst) if not outcome.error]
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        lines += ["", "not scanned"]
        lines += [line for outcome in failed for line in _failure(outcome)]
    total = _total(outcomes)
    found = sum(total["found"].values())
    lines += ["", f"{len(outcomes)} repositories, {len(failed)} failed: {found} findings,"]
    lines += [
        f"{total['fixable']} of them moved by shield apply; {total['moved']} reads moved already,"
    ]
    lines += [
        f"{total['secrets']} secrets in shield.toml, {total['scheduled']} with a rotation schedule"
    ]
    return "\n".join(lines) + "\n"


def _line(outcome: Outcome) -> str:
    found = Counter(outcome.found)
    critical, high = found[Severity.CRITICAL], found[Severity.HIGH]
    other = found.total() - critical - high
    return (
        f"{_short(outcome.repository):<{WIDTH}} {critical:>8} {high:>5} {other:>6} {outcome.moved:>6}"
        f" {outcome.secrets:>8}"
    )


def _failure(outcome: Outcome) -> list[str]:
    words = f"{printable(outcome.repository)}: {printable(outcome.error)}"
    return textwrap.wrap(words, 78, initial_indent="  ", subsequent_indent="      ")


def _worst(outcome: Outcome) -> tuple[int, ...]:
    return tuple(-outcome.found.get(severity, 0) for severity in reversed(Severity))


def _short(repository: str) -> str:
    name = printable(repository)
    return name if len(name) <= WIDTH else "…" + name[1 - WIDTH :]


def _total(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found.update(outcome.found)
    sums = {
        name: sum(getattr(o, name) for o in outcomes)
        for name in ("fixable", "unseen", "moved", "secrets", "scheduled")
    }
    return {
        "found": dict(found),
        "failed": sum(bool(outcome.error) for outcome in outcomes),
        **sums,
    }
