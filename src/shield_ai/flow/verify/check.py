"""The result of a check."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.errors import ShieldError

_SHOWN = 5  # names in one detail; more are counted


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


def ok_or_failed(title: str, problem: str, hint: str) -> Check:
    """Return a check that failed if there is a problem.

    Args:
        title: The title of the check.
        problem: What is wrong; empty: nothing.
        hint: What to do about the problem.
    """
    if not problem:
        return Check(name=title, status=Status.OK)
    return Check(name=title, status=Status.FAILED, detail=problem, hint=hint)


def unknown(title: str, error: ShieldError) -> Check:
    """Return a check that could not be made.

    Args:
        title: The title of the check.
        error: Why it could not be made.
    """
    return Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)


def join_names(names: Sequence[str], separator: str = ", ") -> str:
    """Join the first names, and count the others.

    Args:
        names: What to join.
        separator: Between the names.
    """
    text = separator.join(names[:_SHOWN])
    if len(names) > _SHOWN:
        text += f" and {len(names) - _SHOWN} more"
    return text
