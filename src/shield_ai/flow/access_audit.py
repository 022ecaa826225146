"""Audit the access to an app's secrets, with CloudTrail."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.aws.cloudtrail import trail
from shield_ai.aws.cloudtrail.audit import Auditor
from shield_ai.aws.cloudtrail.events import is_unreadable, parse_event
from shield_ai.aws.cloudtrail.since import parse_since
from shield_ai.aws.desired.iam import app_slug, role_name, session_reader
from shield_ai.project.app_folder import require_app_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.aws.cloudtrail.audit_result import Audit
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped

DEFAULT_SINCE = "7d"


class TrailQuery(msgspec.Struct, frozen=True):
    """The CloudTrail events to read."""

    # As given on the command line; None: all events in `trails`, or the last 7 days of the account.
    since: str | None
    trails: tuple[Path, ...]  # exported files and folders; empty to read the account's trail
    now: dt.datetime  # the end of the period


def audit_access(app: AppContext, query: TrailQuery) -> Audit:
    """Audit the access to an app's secrets, or to all secrets if it has no shield.toml.

    Args:
        app: The app and its environment.
        query: The events to read.

    Raises:
        ShieldError: The time, a path or shield.toml is invalid, the folder is inside another app,
            or an AWS call failed.
    """
    manifest = app.target_manifest if app.manifest_on_disk else None
    if manifest is None:
        require_app_folder(app.tree.root)
    start = parse_since(query.since, query.now) if query.since else None
    unread: list[Skipped] = []
    if query.trails:
        records = trail.read_files(query.trails, unread.append)
    else:
        start = start or parse_since(DEFAULT_SINCE, query.now)
        # Importing botocore opens a socket, and reading files must work without a network.
        from shield_ai.aws.live.session import Session

        aws = app.aws if manifest else None
        aws_session = aws.session if aws else Session(None)
        records = trail.lookup_events(aws_session, _lookup_start(start, query.now))
    auditor = _create_auditor(manifest, start)
    for record in records:
        _add_record(auditor, record)
    return auditor.result(unread)


def _add_record(auditor: Auditor, record: Mapping[str, Any]) -> None:
    event = parse_event(record)
    if event:
        auditor.add(event)
    elif is_unreadable(record):
        auditor.add_unreadable()
    else:
        auditor.add_other_event()


def _create_auditor(manifest: Manifest | None, start: dt.datetime | None) -> Auditor:
    if manifest is None:
        return Auditor("", [], [], start)
    names = [manifest.app.prefix + secret.name for secret in manifest.secret]
    return Auditor(manifest.app.name, names, allowed_readers(manifest), start)


def _lookup_start(start: dt.datetime, now: dt.datetime) -> dt.datetime:
    """Return the time of the first event to read.

    The period is doubled, because a principal that was active before the start is not new.
    """
    return now - min(2 * (now - start), dt.timedelta(days=trail.HISTORY_DAYS))


def allowed_readers(manifest: Manifest) -> list[str]:
    """Return the principals that may read: the app's role, rotation roles and `readers`."""
    if not manifest.app.role and not manifest.monitoring.readers:
        return []
    readers = [f"role/{app_slug(manifest.app)}-*"]
    readers.extend(session_reader(reader) for reader in manifest.monitoring.readers)
    if manifest.app.role:
        readers.insert(0, f"role/{role_name(manifest.app)}")
    return readers
