"""An audit in words, 80 columns wide: first what needs eyes, then who did what with each secret."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit import AccessType
from shield_ai.reports.mask import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.aws.cloudtrail.audit import Access, Alert, Audit

WIDTH = 80
COLUMNS = (AccessType.READ, AccessType.CHANGE, AccessType.ROTATE, AccessType.DELETE)
WHO = 38
INDENT = 14


def audit_text(audit: Audit) -> str:
    """Show an audit."""
    lines: list[str] = []
    if audit.alerts:
        lines += ["needs eyes", *(line for alert in audit.alerts for line in _alert(alert)), ""]
    if audit.unread:
        lines += [
            "not read",
            *(line for skip in audit.unread for line in _wrapped(f"{skip.path} {skip.reason}", 2)),
            "",
        ]
    if audit.accesses:
        lines += [f"{'':<{WHO}}   read change rotate delete  last seen"]
    for secret, group in groupby(audit.accesses, key=lambda access: access.secret):
        lines += [printable(secret), *(line for access in group for line in _access(access)), ""]
    lines += [line for note in audit.notes for line in textwrap.wrap(f"note: {note}", WIDTH)]
    return "\n".join([*lines, _sum(audit), ""])


def _alert(alert: Alert) -> Iterator[str]:
    yield f"  ! {alert.kind:<{INDENT - 4}}{printable(alert.secret)}"
    text = f"{alert.who} {alert.text}"
    text += f", {alert.count} times" if alert.count > 1 else ""
    text += f", from {_sources(alert.sources)}" if alert.sources else ""
    yield from _wrapped(f"{text}, last {alert.last:%Y-%m-%d %H:%M}", INDENT)


def _access(access: Access) -> Iterator[str]:
    who = printable(access.who)
    counts = "".join(f"{access.deeds.get(deed, 0) or '·':>7}" for deed in COLUMNS)
    head = f"  {who}"
    if len(head) > WHO:
        yield head
        head = ""
    yield f"{head:<{WHO}}{counts}  {access.last:%m-%d %H:%M}"
    others = [
        f"{access.deeds[deed]} {word}" for deed, word in _OTHERS.items() if deed in access.deeds
    ]
    origin = f"from {_sources(access.sources, access.more_sources)}" if access.sources else ""
    if rest := ", ".join([*others, *([origin] if origin else [])]):
        yield from _wrapped(rest, 4)


_OTHERS = {
    AccessType.LOOK: "looks at its description",
    AccessType.DENIED: "denied",
    AccessType.FAILED: "failed",
}


def _sources(sources: Sequence[str], more: int = 0) -> str:
    shown = list(sources[:3])
    left = len(sources) - len(shown) + more
    return ", ".join([*shown, *([f"{left} more"] if left else [])])


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return textwrap.wrap(
        printable(text),
        WIDTH,
        initial_indent=space,
        subsequent_indent=space,
        break_on_hyphens=False,
    )


def _sum(audit: Audit) -> str:
    time = f" since {audit.since:%Y-%m-%d}" if audit.since else ""
    secrets = _count(len({access.secret for access in audit.accesses}), "secret")
    people = _count(len({access.who for access in audit.accesses}), "principal")
    eyes = len(audit.alerts) + len(audit.unread)
    verdict = f"{eyes} {'needs' if eyes == 1 else 'need'} eyes" if eyes else "nothing needs eyes"
    return textwrap.fill(
        f"audit: {_count(audit.events, 'event')}{time}, {secrets}, {people}; {verdict}", WIDTH
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
