"""Read, create, change and delete AWS resources other than secrets, by kind.

`KINDS` maps each kind to a class with three methods. They are idempotent, because a call is
repeated if its response was lost::

    read(name) -> Settings | None    the current settings, limited to those that shield manages
    upsert(name, settings, live)     create the resource or change its settings
    delete(name)                     delete the resource; no error if it does not exist

The class names the IAM permission of each call in `translate_errors`, and the same permissions are
listed in `desired/permissions.py`. A new kind needs a class, a line in `KINDS` and permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from shield_ai.aws.live.cloudwatch import Alarm, Dashboard
from shield_ai.aws.live.eventbridge import EventRule
from shield_ai.aws.live.functions import Function, LogGroup, RotationRole
from shield_ai.aws.live.iam import Policy, PolicyAttachment
from shield_ai.aws.live.messaging import Queue, Topic
from shield_ai.aws.live.parallel import RESOURCE_POLICY_RATE, parallel_map
from shield_ai.aws.live.rotation import RotationSchedule
from shield_ai.aws.live.schedules import Schedule
from shield_ai.aws.live.secret_policy import SecretPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import Settings


class ResourceClient(Protocol):
    """The interface of the class of one kind of resource."""

    def __init__(self, session: Session) -> None: ...

    def read(self, name: str, /) -> Settings | None:
        """Return the current settings, or None if the resource does not exist."""

    def upsert(self, name: str, settings: Settings, live: Settings | None, /) -> None:
        """Create the resource, or change the settings that differ.

        Args:
            name: The name of the resource.
            settings: The desired settings.
            live: The current settings, as `read` returns them.
        """

    def delete(self, name: str, /) -> None:
        """Delete the resource, if it exists."""


KINDS: dict[str, type[ResourceClient]] = {
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


class Resources:
    """The resources of one account and region. Methods raise AwsError if a call fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clients: dict[str, ResourceClient] = {}

    def read(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Settings | None]:
        """Return the settings of many resources, by kind and name; None for a missing one."""
        wanted = sorted(set(keys))
        # Create the clients before the threads start, which could create several of a kind.
        clients = {kind: self._client(kind) for kind, _ in wanted}

        def read_one(key: tuple[str, str]) -> Settings | None:
            kind, name = key
            return clients[kind].read(name)

        # Resource policies have the lowest rate limit of all kinds.
        settings = parallel_map(
            read_one, wanted, self._session, "resources checked", rate=RESOURCE_POLICY_RATE
        )
        return dict(zip(wanted, settings, strict=True))

    def reconcile(self, kind: str, name: str, settings: Settings | None) -> None:
        """Create or change a resource so that it has these settings; None deletes it."""
        client = self._client(kind)
        if settings is None:
            client.delete(name)
            return
        live = client.read(name)
        if live != settings:
            client.upsert(name, settings, live)

    def _client(self, kind: str) -> ResourceClient:
        if kind not in self._clients:
            self._clients[kind] = KINDS[kind](self._session)
        return self._clients[kind]
