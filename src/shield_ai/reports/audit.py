"""Format an audit, 80 columns wide: events that need review, then the use of each secret."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit_result import AccessType
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.aws.cloudtrail.audit_result import Access, Alert, Audit

WHO_WIDTH = 38
ALERT_INDENT = 14
MAX_SOURCES = 3
COLUMNS = (AccessType.READ, AccessType.CHANGE, AccessType.ROTATE, AccessType.DELETE)


def audit_text(audit: Audit) -> str:
    """Format an audit."""
    lines: list[str] = []
    if audit.alerts:
        lines.append("needs review")
        for alert in audit.alerts:
            lines += _alert_lines(alert)
        lines.append("")
    if audit.unread:
        lines.append("could not be read")
        for skip in audit.unread:
            lines += _wrap(f"{skip.path}: {skip.reason}", 2)
        lines.append("")
    if audit.accesses:
        lines.append(f"{'':<{WHO_WIDTH}}   read change rotate delete  last seen")
    for secret, accesses in groupby(audit.accesses, key=lambda access: access.secret):
        lines.append(printable(secret))
        for access in accesses:
            lines += _access_lines(access)
        lines.append("")
    for note in audit.notes:
        lines += wrap(f"note: {note}")
    lines.append(_summary(audit))
    return "\n".join(lines) + "\n"


def _alert_lines(alert: Alert) -> Iterator[str]:
    yield f"  ! {alert.kind:<{ALERT_INDENT - 4}}{printable(alert.secret)}"
    text = f"{alert.who} {alert.text}"
    if alert.count > 1:
        text += f", {alert.count} times"
    if alert.sources:
        text += f", from {_format_sources(alert.sources)}"
    yield from _wrap(f"{text}, last {alert.last:%Y-%m-%d %H:%M}", ALERT_INDENT)


def _access_lines(access: Access) -> Iterator[str]:
    numbers = [access.counts.get(column) or "·" for column in COLUMNS]  # a dot instead of 0
    counts = "".join(f"{number:>7}" for number in numbers)
    who = f"  {printable(access.who)}"
    if len(who) > WHO_WIDTH:  # on a separate line, to keep the columns
        yield who
        who = ""
    yield f"{who:<{WHO_WIDTH}}{counts}  {access.last:%m-%d %H:%M}"
    details = []
    if described := access.counts.get(AccessType.DESCRIBE):
        details.append(count(described, "metadata read"))
    if denied := access.counts.get(AccessType.DENIED):
        details.append(f"{denied} denied")
    if failed := access.counts.get(AccessType.FAILED):
        details.append(f"{failed} failed")
    if access.sources:
        details.append(f"from {_format_sources(access.sources, access.more_sources)}")
    if details:
        yield from _wrap(", ".join(details), 4)


def _format_sources(sources: Sequence[str], not_stored: int = 0) -> str:
    """List a few IP addresses and count the rest, including those that are not stored."""
    listed = list(sources[:MAX_SOURCES])
    others = len(sources) - len(listed) + not_stored
    if others:
        listed.append(f"{others} more")
    return ", ".join(listed)


def _wrap(text: str, indent: int) -> list[str]:
    return wrap(printable(text), " " * indent)


def _summary(audit: Audit) -> str:
    events = count(audit.events, "event")
    if audit.since:
        events += f" since {audit.since:%Y-%m-%d}"
    secrets = count(len({access.secret for access in audit.accesses}), "secret")
    principals = count(len({access.who for access in audit.accesses}), "principal")
    items = len(audit.alerts) + len(audit.unread)
    verdict = f"{count(items, 'item')} to review" if items else "nothing to review"
    return "\n".join(wrap(f"audit: {events}, {secrets}, {principals}; {verdict}"))
