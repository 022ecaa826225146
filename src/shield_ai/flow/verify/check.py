"""Define the checks of `shield verify` and their results.

Code compares ids, never titles, so rewording a title affects neither controls nor exit codes.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.errors import ShieldError
    from shield_ai.model.skip import Skipped

NOT_SCANNED_HINT = "fix the file, or run shield with the Python version of the app"

_SHOWN = 5  # names in one detail; more are counted
_SUBJECT = "{subject}"


class CheckInfo(NamedTuple):
    """What identifies a check, and the data that it reads."""

    id: str  # never changed, and never used for another check
    title: str  # contains {subject} if there is one check for each secret or key
    reads: str  # the data that the check reads, for the documentation
    controls: tuple[str, ...] = ()  # ids of the controls in `shield report` that fail with it


class Status(enum.StrEnum):
    """The result of a check; an unknown result always has a detail that says why."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ABSENT = "absent"  # an optional secret is not in AWS, so there is nothing to check


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check of `shield verify`."""

    id: str  # CheckInfo.id
    name: str  # the title, for people
    status: Status
    detail: str = ""
    hint: str = ""
    subject: str = ""  # the secret or key, if there is one check for each


def make_check(
    info: CheckInfo, status: Status, detail: str = "", hint: str = "", *, subject: str = ""
) -> Check:
    """Return the result of a check.

    Args:
        info: The check.
        status: The result.
        detail: What is wrong, or how the check was performed.
        hint: What to do about a problem.
        subject: The secret or key that was checked, if there is one check for each.
    """
    title = info.title.replace(_SUBJECT, subject)
    return Check(id=info.id, name=title, status=status, detail=detail, hint=hint, subject=subject)


def absent_check(info: CheckInfo, subject: str, detail: str, hint: str = "") -> Check:
    """Return the result for an optional secret that is not in AWS.

    Args:
        info: The check.
        subject: The secret.
        detail: What the app uses instead.
        hint: What to do if the app needs the secret.
    """
    return Check(
        id=info.id,
        name=f"{subject}: optional, not in AWS",
        status=Status.ABSENT,
        detail=detail,
        hint=hint,
        subject=subject,
    )


def ok_or_failed(info: CheckInfo, problem: str, hint: str, *, subject: str = "") -> Check:
    """Return a check that failed if there is a problem.

    Args:
        info: The check.
        problem: What is wrong; empty: nothing.
        hint: What to do about the problem.
        subject: The secret or key that was checked, if there is one check for each.
    """
    if not problem:
        return make_check(info, Status.OK, subject=subject)
    return make_check(info, Status.FAILED, problem, hint, subject=subject)


def unknown_check(info: CheckInfo, error: ShieldError, *, subject: str = "") -> Check:
    """Return the result of a check that could not run.

    Args:
        info: The check.
        error: Why it could not run.
        subject: The secret or key that was checked, if there is one check for each.
    """
    return make_check(info, Status.UNKNOWN, error.message, error.hint, subject=subject)


def not_scanned(files: Sequence[Skipped]) -> str:
    """Return which files the scan could not read or parse, and why.

    Args:
        files: The skipped files; not empty.
    """
    texts = [f"{skip.path}: {skip.reason}" for skip in files]
    return f"not checked: {join_names(texts, '; ')}"


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
