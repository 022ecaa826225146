"""The result of an audit: the accesses to secrets, and the alerts."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Literal

import msgspec

from shield_ai.model.skip import Skipped


class AccessType(enum.StrEnum):
    """The type of access to a secret, in the order of the report's columns."""

    READ = "read"
    CHANGE = "change"
    ROTATE = "rotate"
    DELETE = "delete"
    # Reads the metadata, not the value. Version 1 of the JSON document fixes the names look, deeds.
    DESCRIBE = "look"
    DENIED = "denied"
    FAILED = "failed"  # failed for a reason other than a missing permission


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """The access of one principal to one secret, with counts."""

    secret: str
    who: str
    # the number of events by type of access; look: only the metadata was read
    counts: dict[AccessType, int] = msgspec.field(name="deeds")
    first: dt.datetime
    last: dt.datetime
    sources: tuple[str, ...] = ()  # sorted, at most `MAX_SOURCES`
    more_sources: int = 0  # sources that are not listed


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Suspicious events that need review."""

    # denied, outside (not an allowed reader), new (a new principal), deleted, rotation, policy
    kind: str
    secret: str
    who: str
    text: str
    count: int
    first: dt.datetime
    last: dt.datetime
    sources: tuple[str, ...] = ()


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an audit: who accessed the app's secrets."""

    version: Literal[1] = 1  # of the JSON document
    app: str
    since: dt.datetime | None  # None: no start
    events: int  # events about these secrets since `since`
    events_read: int = msgspec.field(name="seen")  # all events that were read
    accesses: tuple[Access, ...] = ()
    alerts: tuple[Alert, ...] = ()
    unread: tuple[Skipped, ...] = ()  # files and records that could not be read
    notes: tuple[str, ...] = ()  # limits of this audit, with the reasons
