"""The records of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.resource import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET = "secret"


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the journal: an event of a run or of one of its steps."""

    seq: int
    run: str
    event: Literal["start", "begin", "done", "undone", "end"]
    kind: str = ""  # "file" or "aws"
    what: str = ""  # the path, or the name in AWS
    of: int = 0  # done and undone: the seq of the step's begin record
    before: str | None = None  # file: sha256 of the bytes before; None: it did not exist
    after: str = ""  # file: sha256 of the bytes after
    mode: int = 0  # file: its mode before; 0: it did not exist
    narrowed: bool = False  # file: the step removed the permissions of group and others
    backup: bool = False  # file: the step created the .shield_ai_backup beside it
    folders: tuple[str, ...] = ()  # file: the folders that the step created
    files: tuple[str, ...] = ()  # start: every path that the run may stage
    action: str = ""  # aws: an Action
    resource: str = ""  # aws: the kind of resource; empty: a secret
    settings: Settings | None = None  # aws: the settings after; None: removed
    was: Settings | None = None  # aws: the settings before; None: it did not exist
    previous: str = ""  # aws: the id of a secret's current version before
    token: str = ""  # aws: the ClientRequestToken, which is the id of the new version
    arn: str = ""
    account: str = ""
    region: str = ""
    environment: str = ""  # aws: the environment of shield.toml; empty: none was selected

    @property
    def resource_key(self) -> tuple[str, str]:
        """The kind and name of what an AWS step changes."""
        return self.resource or SECRET, self.what


def require_same_account(steps: Iterable[Record], account: str, region: str) -> None:
    """Require that AWS steps ran in the account and region in use.

    Args:
        steps: Begin records.
        account: The AWS account in use.
        region: The AWS region in use.

    Raises:
        UnsafePlanError: A step ran in another account or region.
    """
    for step in steps:
        if step.kind != "aws" or (step.account, step.region) == (account, region):
            continue
        remedies = []
        if step.account != account:
            remedies.append(f"sign in to {step.account}")
        if step.region != region:
            remedies.append(f"set the region in shield.toml to {step.region}")
        raise UnsafePlanError(
            f"the last apply was to account {step.account} in {step.region}, "
            f"but the current one is {account} in {region}",
            f"{' and '.join(remedies)}, then run the same command; nothing was changed",
        )
