"""Find the rotations that no event names: those of `shield rotate` and of rotation functions.

They store a version with the label AWSPENDING, and then move the label AWSCURRENT to it. AWS logs
RotateSecret and RotationSucceeded only if it starts the rotation.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_how.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from shield_ai.aws.cloudtrail.events import Event


class FinishedRotations:
    """Collect events in any order."""

    def __init__(self) -> None:
        self._pending: set[tuple[str, str]] = set()  # secrets and versions
        # by secret and version, when it first became the current one, and by which principal
        self._first_moves: dict[tuple[str, str], tuple[dt.datetime, str]] = {}

    def add(self, secret: str, event: Event) -> None:
        """Add a successful event about a secret."""
        key = (secret, event.version)
        if event.name == "PutSecretValue" and "AWSPENDING" in event.stages:
            self._pending.add(key)
        if event.name == "UpdateSecretVersionStage" and "AWSCURRENT" in event.stages:
            move = (event.at, event.who)
            self._first_moves[key] = min(move, self._first_moves.get(key, move))

    def accesses(self, start: dt.datetime | None) -> Iterator[tuple[str, str]]:
        """Yield the secret and the principal of each rotation that was finished since a time."""
        for key, (at, who) in self._first_moves.items():
            if key in self._pending and (start is None or at >= start):
                yield key[0], who
