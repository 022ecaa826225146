"""Resources of an AWS account: the desired settings and the current state."""

from __future__ import annotations

from typing import Any

import msgspec

# the kind of secrets; the modules in `aws/live/kinds/` define the other kinds
SECRET_KIND = "secret"
# JSON without secret values; lists in which the order is irrelevant are sorted
Settings = dict[str, Any]
# by the kind and the name of a resource: the IDs by which Terraform imports its blocks
ImportIds = dict[tuple[str, str], tuple[str, ...]]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """The desired state of an AWS resource; `aws/live/kinds/` has a module for each kind."""

    kind: str  # "policy", "policy-attachment", …
    name: str
    settings: Settings

    @property
    def key(self) -> tuple[str, str]:
        """The unique key of the resource."""
        return self.kind, self.name


class SecretState(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of a secret in AWS, without its value."""

    arn: str
    tags: dict[str, str] = {}
    deleted: bool = False  # scheduled for deletion
    versions: dict[str, tuple[str, ...]] = {}  # version id -> staging labels
    settings: Settings = {}  # comparable with `secret_settings` in `aws/desired/secrets.py`

    @property
    def current(self) -> str:
        """The id of the version labeled AWSCURRENT; empty without one."""
        return self._labeled("AWSCURRENT")

    @property
    def has_pending(self) -> bool:
        """Whether a version other than the current one is labeled AWSPENDING."""
        return self._labeled("AWSPENDING") not in {"", self.current}

    def _labeled(self, label: str) -> str:
        return next((version for version, labels in self.versions.items() if label in labels), "")


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The current state of the account, limited to the resources of one app."""

    account: str
    region: str
    secrets: dict[str, SecretState] = {}
    resources: dict[tuple[str, str], Settings | None] = {}  # by kind and name; None: missing
