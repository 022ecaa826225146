"""The interface of a kind of AWS resource: everything that shield knows about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

import msgspec

from shield_ai.model.plan import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.cloudformation import Part
    from shield_ai.aws.syntax.terraform import Block
    from shield_ai.model.resource import Settings


class Permissions(msgspec.Struct, frozen=True, kw_only=True):
    """The permissions to read, create, update and delete one kind of resource."""

    read: tuple[str, ...]
    create: tuple[str, ...]
    update: tuple[str, ...] = ()
    delete: tuple[str, ...]

    def for_action(self, action: Action) -> tuple[str, ...]:
        """Return the permissions for an action; for one that changes nothing, those to read."""
        by_action = {
            Action.CREATE: self.create,
            Action.UPDATE: self.update,
            Action.REMOVE: self.delete,
        }
        return by_action.get(action, self.read)


class Exportable(ABC):
    """A kind of resource to export.

    `to_awscli` yields UNSUPPORTED for a kind that the script does not create.
    """

    @staticmethod
    @abstractmethod
    def to_cloudformation(name: str, settings: Settings, /) -> Iterator[Part]:
        """Yield the resources of a CloudFormation template."""

    @staticmethod
    @abstractmethod
    def to_terraform(name: str, settings: Settings, /) -> Iterator[Block]:
        """Yield the blocks of a Terraform configuration."""

    @staticmethod
    @abstractmethod
    def to_awscli(name: str, settings: Settings, /) -> Iterator[str]:
        """Yield commands of the AWS CLI."""


class ResourceKind(Exportable):
    """A kind of AWS resource other than secrets: its calls in one account, and its constants.

    The methods are idempotent, because a call is repeated if its response was lost. Each call is
    wrapped in `translate_errors` with its permission, which is one of `permissions`.
    """

    kind: ClassVar[str]
    max_name: ClassVar[int]  # the maximum length of a name, from the service's API reference
    # A template with the placeholders partition, region, account, name and role, the ARN of the
    # app's role. https://docs.aws.amazon.com/service-authorization/latest/reference/
    arn: ClassVar[str]
    permissions: ClassVar[Permissions]

    @abstractmethod
    def __init__(self, session: Session) -> None: ...

    @abstractmethod
    def read(self, name: str, /) -> Settings | None:
        """Return the current settings that shield manages; None for a missing resource."""

    @abstractmethod
    def upsert(self, name: str, settings: Settings, live: Settings | None, /) -> None:
        """Create the resource, or change the settings that differ.

        Args:
            name: The name of the resource.
            settings: The desired settings.
            live: The current settings, as `read` returns them.
        """

    @abstractmethod
    def delete(self, name: str, /) -> None:
        """Delete the resource, if it exists."""

    @abstractmethod
    def import_ids(self, name: str, settings: Settings, live: Settings, /) -> Iterator[str]:
        """Yield the ID by which Terraform imports each block of `to_terraform`.

        The ID of a block that does not exist in AWS is empty.

        Args:
            name: The name of an existing resource.
            settings: The desired settings.
            live: The current settings, as `read` returns them.
        """
