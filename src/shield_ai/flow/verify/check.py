"""The result of a check."""

from __future__ import annotations

import enum

import msgspec


class Status(enum.StrEnum):
    """The result of a check; an unknown result always has a detail that says why."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of `shield verify`."""

    name: str
    status: Status
    detail: str = ""
    hint: str = ""
