"""The checks of `shield verify`: their ids, titles and sources, and the result of a check.

Code compares ids, never titles: a reworded title changes no control and no exit code.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.errors import ShieldError

_SHOWN = 5  # names in one detail; more are counted
_SUBJECT = "{subject}"


class CheckId(enum.StrEnum):
    """The stable id of a check. An id is never reused."""

    CODE_MIGRATED = "code-migrated"
    FILES_UNCHANGED = "files-unchanged"
    RUNTIME_UNMODIFIED = "runtime-unmodified"
    MAP_CURRENT = "map-current"
    SECRETS_USED = "secrets-used"
    SECRETS_HELD = "secrets-held"
    VALUES_REMOVED = "values-removed"
    POLICY_MINIMAL = "policy-minimal"
    SECRET_READABLE = "secret-readable"
    RESOURCES_MATCH = "resources-match"
    ROLE_READS_OWN = "role-reads-own"
    ROLE_READS_NO_OTHER = "role-reads-no-other"
    KMS_KEY_USABLE = "kms-key-usable"
    SECRETS_PRIVATE = "secrets-private"
    ROTATION_ON_TIME = "rotation-on-time"
    NO_RECENT_FALLBACK = "no-recent-fallback"
    DATABASE_LOGIN = "database-login"
    SETTINGS_LOAD = "settings-load"
    NO_FALLBACK_NEEDED = "no-fallback-needed"


class CheckInfo(NamedTuple):
    """The title of a check, and the data that it reads."""

    title: str  # contains {subject} if there is one check for each secret or key
    reads: str


CHECKS: dict[CheckId, CheckInfo] = {
    CheckId.CODE_MIGRATED: CheckInfo(
        "every secret that can be moved is read with get_secret()",
        "the scan of the app's code",
    ),
    CheckId.FILES_UNCHANGED: CheckInfo(
        "files are unchanged since apply", "the journal and the files that apply wrote"
    ),
    CheckId.RUNTIME_UNMODIFIED: CheckInfo(
        "the vendored runtime is unchanged", "the files of the vendored runtime"
    ),
    CheckId.MAP_CURRENT: CheckInfo(
        "the map of secrets matches shield.toml", "the map file and `shield.toml`"
    ),
    CheckId.SECRETS_USED: CheckInfo(
        "the code reads every secret in shield.toml", "the scan of the app's code and `shield.toml`"
    ),
    CheckId.SECRETS_HELD: CheckInfo(
        "every secret that the code requires exists in AWS",
        "the get_secret calls in the app's code, and the secrets in AWS",
    ),
    CheckId.VALUES_REMOVED: CheckInfo(
        "no deployment file for production contains the value of a secret",
        "containers, functions, CI jobs, units and scripts in the app's folder",
    ),
    CheckId.POLICY_MINIMAL: CheckInfo(
        "the IAM policy allows exactly these secrets", "the policy file in the app's folder"
    ),
    CheckId.SECRET_READABLE: CheckInfo(
        "{subject} can be read", "the secret's value in AWS, as the app's role if possible"
    ),
    CheckId.RESOURCES_MATCH: CheckInfo(
        "AWS resources match shield.toml", "the settings of each resource except the secrets"
    ),
    CheckId.ROLE_READS_OWN: CheckInfo(
        "the app's role may read its secrets",
        "the secrets as the app's role, or IAM's policy simulator",
    ),
    CheckId.ROLE_READS_NO_OTHER: CheckInfo(
        "the app's role may read no secret with a similar name",
        "similar names as the app's role, or IAM's policy simulator",
    ),
    CheckId.KMS_KEY_USABLE: CheckInfo("the KMS key {subject} can be used", "the key's state"),
    CheckId.SECRETS_PRIVATE: CheckInfo("no secret is public", "the resource policy of each secret"),
    CheckId.ROTATION_ON_TIME: CheckInfo(
        "every rotation is on time", "the rotation state of each secret with a schedule"
    ),
    CheckId.NO_RECENT_FALLBACK: CheckInfo(
        "no process fell back to environment variables in the last 24 hours",
        "the metric FallbackToEnv in CloudWatch",
    ),
    CheckId.DATABASE_LOGIN: CheckInfo(
        "{subject}: the database accepts the login", "a login to the database"
    ),
    CheckId.SETTINGS_LOAD: CheckInfo(
        "the settings load with AWS on", "the settings modules, with the secrets in AWS"
    ),
    CheckId.NO_FALLBACK_NEEDED: CheckInfo(
        "no environment fallback in use",
        "the settings modules, without the variables of the secrets",
    ),
}


class Status(enum.StrEnum):
    """The result of a check; an unknown result always has a detail that says why."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check of `shield verify`."""

    id: CheckId
    name: str  # the title, for people
    status: Status
    detail: str = ""
    hint: str = ""
    subject: str = ""  # the secret or key, if there is one check for each


def make_check(
    check_id: CheckId, status: Status, detail: str = "", hint: str = "", *, subject: str = ""
) -> Check:
    """Return the result of a check, with the title of the registry.

    Args:
        check_id: The check.
        status: The result.
        detail: What is wrong, or how the check was made.
        hint: What to do about a problem.
        subject: The secret or key that was checked, if there is one check for each.
    """
    title = CHECKS[check_id].title.replace(_SUBJECT, subject)
    return Check(id=check_id, name=title, status=status, detail=detail, hint=hint, subject=subject)


def ok_or_failed(check_id: CheckId, problem: str, hint: str, *, subject: str = "") -> Check:
    """Return a check that failed if there is a problem.

    Args:
        check_id: The check.
        problem: What is wrong; empty: nothing.
        hint: What to do about the problem.
        subject: The secret or key that was checked, if there is one check for each.
    """
    if not problem:
        return make_check(check_id, Status.OK, subject=subject)
    return make_check(check_id, Status.FAILED, problem, hint, subject=subject)


def unknown(check_id: CheckId, error: ShieldError, *, subject: str = "") -> Check:
    """Return a check that could not be made.

    Args:
        check_id: The check.
        error: Why it could not be made.
        subject: The secret or key that was checked, if there is one check for each.
    """
    return make_check(check_id, Status.UNKNOWN, error.message, error.hint, subject=subject)


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
