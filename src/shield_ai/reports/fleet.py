"""Format the scan of many repositories as JSON, and as text that fits 80 columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.flow.fleet import Outcome
from shield_ai.model.finding import Severity
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.reports.json import to_json
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME_WIDTH = 34
TOTALS = ("fixable", "unseen", "moved", "secrets", "scheduled")


class FleetTotal(msgspec.Struct, frozen=True, kw_only=True):
    """The sums over all repositories."""

    found: dict[str, int]  # severity -> number of findings
    failed: int  # repositories that could not be scanned
    fixable: int  # findings that can be fixed
    unseen: int  # files that could not be read or parsed
    moved: int  # reads already migrated: calls of get_secret() and settings sources
    secrets: int  # secrets in shield.toml
    scheduled: int  # secrets with a rotation schedule


class FleetDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield scan --repos`, and the content of fleet.json."""

    version: Literal[1] = 1
    repositories: tuple[Outcome, ...]
    total: FleetTotal


def fleet_json(outcomes: Sequence[Outcome]) -> str:
    """Format the outcomes and their totals as JSON."""
    document = FleetDocument(repositories=tuple(outcomes), total=_total(outcomes))
    return to_json(document, indent=2)


def fleet_text(outcomes: Sequence[Outcome]) -> str:
    """Format one line per repository, the most severe findings first, then failures and totals."""
    columns = f"{'critical':>8} {'high':>5} {'other':>6} {'reads':>6} {'secrets':>8}"
    lines = [f"{'repository':<{NAME_WIDTH}} {columns}"]
    for outcome in sorted(outcomes, key=_severity_order):
        if not outcome.error:
            lines.append(_row(outcome))
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        lines += ["", "not scanned"]
        for outcome in failed:
            lines += _error_lines(outcome)
    total = _total(outcomes)
    findings = count(sum(total.found.values()), "finding")
    repositories = count(len(outcomes), "repository")
    reads = count(total.moved, "read")
    secrets = count(total.secrets, "secret")
    lines += [
        "",
        f"{repositories}, of which {len(failed)} failed; {findings},",
        f"{total.fixable} fixable with shield apply; {reads} already migrated;",
        f"{secrets} in shield.toml, {total.scheduled} with a rotation schedule",
    ]
    return "\n".join(lines) + "\n"


def _row(outcome: Outcome) -> str:
    found = Counter(outcome.found)
    critical = found[Severity.CRITICAL]
    high = found[Severity.HIGH]
    other = found.total() - critical - high
    name = _shorten(outcome.repository)
    numbers = f"{critical:>8} {high:>5} {other:>6} {outcome.moved:>6} {outcome.secrets:>8}"
    return f"{name:<{NAME_WIDTH}} {numbers}"


def _error_lines(outcome: Outcome) -> list[str]:
    text = f"{printable(outcome.repository)}: {printable(outcome.error)}"
    return wrap(text, "  ", "      ")


def _severity_order(outcome: Outcome) -> tuple[int, ...]:
    """Return a sort key: the number of findings of the highest severity, then of the next."""
    return tuple(-outcome.found.get(severity, 0) for severity in reversed(Severity))


def _shorten(repository: str) -> str:
    """Drop the start of a long name, to fit the column."""
    name = printable(repository)
    if len(name) <= NAME_WIDTH:
        return name
    return "…" + name[1 - NAME_WIDTH :]


def _total(outcomes: Sequence[Outcome]) -> FleetTotal:
    found: Counter[str] = Counter()
    for outcome in outcomes:
        found.update(outcome.found)
    sums = {name: sum(getattr(outcome, name) for outcome in outcomes) for name in TOTALS}
    failed = sum(bool(outcome.error) for outcome in outcomes)
    return FleetTotal(found=dict(found), failed=failed, **sums)
