"""Count the events of one access or alert, with their time range and IP addresses."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit_result import AccessType

if TYPE_CHECKING:
    from shield_ai.aws.cloudtrail.events import Event

MAX_SOURCES = 20  # the maximum number of IP addresses to list for a principal and secret
MAX_COUNTED = 10_000  # further IP addresses to count; a trail can have any number


class Tally:
    """Count the events of one access or alert, with their time range and IP addresses."""

    def __init__(self, event: Event) -> None:
        self.counts: Counter[AccessType] = Counter()
        self.first = event.at
        self.last = event.at
        self.sources: set[str] = set()
        self._unlisted: set[str] = set()

    def add(self, event: Event, access_type: AccessType) -> None:
        """Add an event."""
        self.counts[access_type] += 1
        self.first = min(self.first, event.at)
        self.last = max(self.last, event.at)
        if not event.source or event.source in self.sources:
            return
        if len(self.sources) < MAX_SOURCES:
            self.sources.add(event.source)
        elif len(self._unlisted) < MAX_COUNTED:
            self._unlisted.add(event.source)

    @property
    def more_sources(self) -> int:
        """The number of IP addresses that are not in `sources`, at most MAX_COUNTED."""
        return len(self._unlisted)

    def ordered_counts(self, rotations: int = 0) -> dict[AccessType, int]:
        """Return the counts in the order of AccessType, without zeros.

        Args:
            rotations: How many of the changes finished a rotation.
        """
        counts = self.counts.copy()
        counts[AccessType.CHANGE] -= rotations
        counts[AccessType.ROTATE] += rotations
        return {type_: counts[type_] for type_ in AccessType if counts[type_]}
