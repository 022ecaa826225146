"""What the commands that only look put together: an app, its manifest, and a trail."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from shield_ai.audit import Auditor
from shield_ai.audit import since as parse_since
from shield_ai.aws import trail
from shield_ai.aws.events import event
from shield_ai.aws.session import Session
from shield_ai.work import Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.manifest import Manifest
    from shield_ai.model import Audit, Skipped

DEFAULT = "7d"


def audit(app: Path, *, since: str | None, trails: Sequence[Path], now: dt.datetime) -> Audit:
    """Sum up who did what with an app's secrets; with every secret, where there is no shield.toml.

    Args:
        app: Its folder.
        since: As on the command line.
        trails: Exported files and folders; empty: ask the account itself.
        now: The end of the time.

    Raises:
        ShieldError: The time, a path or shield.toml is wrong, or AWS refuses.
    """
    manifest = Work(app).written
    start = parse_since(since or DEFAULT, now) if since or not trails else None
    auditor = Auditor(
        manifest.app.name if manifest else "",
        [manifest.app.prefix + secret.name for secret in manifest.secret] if manifest else [],
        _readers(manifest),
        start,
    )
    unread: list[Skipped] = []
    if trails:
        records = trail.files(trails, unread.append)
    else:
        # As long a time before as the one that is asked for: who was there then is no newcomer now.
        earliest = max(start - (now - start), now - dt.timedelta(days=trail.DAYS)) if start else now
        records = trail.lookup(Session(manifest.app.region if manifest else None), earliest)
    for record in records:
        found = event(record)
        if found:
            auditor.add(found)
        else:
            auditor.skip()
    return auditor.result(unread)


def _readers(manifest: Manifest | None) -> list[str]:
    if manifest is None:
        return []
    return [*([f"role/{manifest.app.role}"] if manifest.app.role else []), *manifest.monitoring.readers]
