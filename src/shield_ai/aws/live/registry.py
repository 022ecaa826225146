"""Every kind of thing in AWS that is no secret: a registry, kind → the class that looks at it, puts it and removes it.

A class has three verbs, each of which may be called again after a lost answer and then does nothing twice::

    look(name) -> Settings | None          what is there, only the keys that we manage, in one form
    put(name, settings, live)              make it so, whatever is there now
    remove(name)                           and what is gone already is no error

It names the permission of each call in `refused`; the same stand in `infra/permissions.py`. A new kind is a class and
a line in `KINDS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shield_ai.aws.live.cloudwatch import Alarm, Dashboard
from shield_ai.aws.live.eventbridge import EventRule
from shield_ai.aws.live.functions import Function, LogGroup, RotationRole
from shield_ai.aws.live.iam import Policy, PolicyAttachment
from shield_ai.aws.live.messaging import Queue, Topic
from shield_ai.aws.live.parallel import parallel_map
from shield_ai.aws.live.rotation import RotationSchedule
from shield_ai.aws.live.schedules import Schedule
from shield_ai.aws.live.secret_policy import SecretPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings


class Kind(Protocol):
    """What each class can do."""

    def __init__(self, session: Session) -> None:
        """Open the service's client."""

    def read(self, name: str) -> Settings | None:
        """Return the settings that are in force; None where there is none."""

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it, or change what differs.

        Args:
            name: Which one.
            settings: How it should be.
            live: How it is.
        """

    def delete(self, name: str) -> None:
        """Take it away."""


KINDS: dict[str, type[Kind]] = {
    "policy": Policy,
    "policy-attachment": PolicyAttachment,
    "secret-policy": SecretPolicy,
    "log-group": LogGroup,
    "rotation-role": RotationRole,
    "function": Function,
    "rotation": RotationSchedule,
    "queue": Queue,
    "topic": Topic,
    "event-rule": EventRule,
    "alarm": Alarm,
    "dashboard": Dashboard,
    "schedule": Schedule,
}
_RATE = 50  # a second: what the policies of secrets allow, and the other services ask for no less


class Resources:
    """The resources of one account and region, by kind and name. Every method raises AwsError when AWS refuses."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kinds: dict[str, Kind] = {}

    def read(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Settings | None]:
        """Look at many."""
        wanted = sorted(set(keys))
        kinds = [(self._kind(kind), name) for kind, name in wanted]
        found = parallel_map(
            lambda pair: pair[0].read(pair[1]),
            kinds,
            self._session,
            "resources looked at",
            rate=_RATE,
        )
        return dict(zip(wanted, found, strict=True))

    def upsert(self, kind: str, name: str, settings: Settings | None) -> None:
        """Make one so, whatever it is now; None: remove it."""
        if settings is None:
            self._kind(kind).delete(name)
            return
        live = self._kind(kind).read(name)
        if live != settings:
            self._kind(kind).upsert(name, settings, live)

    def _kind(self, kind: str) -> Kind:
        if kind not in self._kinds:
            self._kinds[kind] = KINDS[kind](self._session)
        return self._kinds[kind]
