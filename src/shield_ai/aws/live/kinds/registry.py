"""Find the kinds of AWS resources other than secrets, and reconcile resources by kind."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from shield_ai.aws.live import kinds
from shield_ai.aws.live.kinds.kind import ResourceKind
from shield_ai.aws.live.parallel import RESOURCE_POLICY_RATE, parallel_map

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.aws.live.session import Session
    from shield_ai.model.resource import ImportIds, Resource, Settings


def _find_kinds() -> dict[str, type[ResourceKind]]:
    """Return the ResourceKind classes of this package by kind.

    Secret is not one of them: it can only be exported. aws/live/secretsmanager.py changes secrets.
    """
    for module in pkgutil.iter_modules(kinds.__path__):
        if f"{kinds.__name__}.{module.name}" != __name__:
            importlib.import_module(f"{kinds.__name__}.{module.name}")
    found = {cls.kind: cls for cls in ResourceKind.__subclasses__()}
    return dict(sorted(found.items()))


KINDS = _find_kinds()


class Resources:
    """The resources of one account and region. Methods raise AwsError if a call fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clients: dict[str, ResourceKind] = {}

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

    def import_ids(self, resources: Iterable[tuple[Resource, Settings]]) -> ImportIds:
        """Return the IDs by which Terraform imports existing resources.

        Args:
            resources: The desired and the current settings of each.

        Returns:
            One ID for each Terraform block, empty for a block that AWS lacks, by kind and name.
        """
        existing = list(resources)
        clients = {resource.kind: self._client(resource.kind) for resource, _ in existing}

        def find(item: tuple[Resource, Settings]) -> tuple[str, ...]:
            resource, live = item
            client = clients[resource.kind]
            return tuple(client.import_ids(resource.name, resource.settings, live))

        ids = parallel_map(find, existing, self._session, "import IDs", rate=RESOURCE_POLICY_RATE)
        return {item[0].key: found for item, found in zip(existing, ids, strict=True)}

    def reconcile(self, kind: str, name: str, settings: Settings | None) -> None:
        """Create or change a resource so that it has these settings; None deletes it."""
        client = self._client(kind)
        if settings is None:
            client.delete(name)
            return
        live = client.read(name)
        if live != settings:
            client.upsert(name, settings, live)

    def _client(self, kind: str) -> ResourceKind:
        if kind not in self._clients:
            self._clients[kind] = KINDS[kind](self._session)
        return self._clients[kind]
