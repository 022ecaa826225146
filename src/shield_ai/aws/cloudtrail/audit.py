"""Audit who accessed an app's secrets, from CloudTrail events.

Events are processed one at a time; only counts and the versions of rotations are kept.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.access_type import event_access_type
from shield_ai.aws.cloudtrail.audit_result import Access, AccessType, Alert, Audit
from shield_ai.aws.cloudtrail.finished_rotations import FinishedRotations
from shield_ai.aws.cloudtrail.tally import Tally
from shield_ai.aws.desired.iam import split_reader
from shield_ai.model.plurals import count
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.aws.cloudtrail.events import Event

UNKNOWN_SECRET = "(unknown)"
_SECRET_ARN = regex(r"arn:[\w-]+:secretsmanager:[\w-]*:\d*:secret:(.+)")
_ARN_SUFFIX = regex(r"-[A-Za-z0-9]{6}$")


# By event, the kind of the alert and its text, which follows the name of the principal.
_ALERTS = {
    "DeleteSecret": ("deleted", "scheduled it for deletion"),
    "RotationFailed": ("rotation", "reported that its rotation failed"),
    "RotationAbandoned": ("rotation", "reported that its rotation was abandoned"),
    "CancelRotateSecret": ("rotation", "turned off its rotation"),
    "PutResourcePolicy": ("policy", "changed its resource policy"),
    "DeleteResourcePolicy": ("policy", "deleted its resource policy"),
}


class Auditor:
    """Collect events in any order and summarize them.

    Args:
        app: The name of the app; empty without a shield.toml.
        names: The full names of its secrets; empty audits all secrets.
        readers: The principals that may read the secrets, as `role/NAME`, `NAME` or
            `role/NAME@ACCOUNT`, with the wildcard `*`; empty if unknown.
        start: The start of the audit; earlier events only show which principals are not new.
            None: no start.
    """

    def __init__(
        self, app: str, names: Collection[str], readers: Sequence[str], start: dt.datetime | None
    ) -> None:
        self._app = app
        self._names = frozenset(names)
        self._readers = readers
        self._start = start
        self._accesses: dict[tuple[str, str], Tally] = {}  # by secret and principal
        # by kind, secret, principal and text
        self._alerts: dict[tuple[str, str, str, str], Tally] = {}
        # by secret, the time of the last restoration and its principal
        self._restored: dict[str, tuple[dt.datetime, str]] = {}
        self._rotations = FinishedRotations()
        self._earlier_principals: set[str] = set()
        self._events = 0
        self._seen = 0
        self._unreadable = 0

    def add_other_event(self) -> None:
        """Count an event about another service."""
        self._seen += 1

    def add_unreadable(self) -> None:
        """Count an invalid record, which may be about one of the secrets."""
        self._seen += 1
        self._unreadable += 1

    def add(self, event: Event) -> None:
        """Add an event about Secrets Manager."""
        self._seen += 1
        access_type = event_access_type(event)
        name = self._secret_name(event.secret)
        if access_type is None or not self._is_audited(name, access_type):
            return
        if not event.error:
            self._rotations.add(name, event)
        if self._start and event.at < self._start:
            self._earlier_principals.add(event.who)
            return
        self._events += 1
        access = self._accesses.setdefault((name, event.who), Tally(event))
        access.add(event, access_type)
        if event.name == "RestoreSecret" and access_type is AccessType.CHANGE:
            restored = (event.at, event.who)
            self._restored[name] = max(restored, self._restored.get(name, restored))
        alert = self._alert(event, access_type)
        if alert:
            kind, text = alert
            tally = self._alerts.setdefault((kind, name, event.who, text), Tally(event))
            tally.add(event, access_type)

    def _secret_name(self, secret: str) -> str:
        """Return the name of a secret given as a name, or as an ARN with or without a suffix."""
        arn = _SECRET_ARN.fullmatch(secret)
        if not arn:
            return secret or UNKNOWN_SECRET
        name = arn[1]
        return name if name in self._names else _ARN_SUFFIX.sub("", name)

    def _is_audited(self, name: str, access_type: AccessType) -> bool:
        if not self._names or name in self._names:
            return True
        # A denied call without a name may be about one of the app's secrets.
        return name == UNKNOWN_SECRET and access_type is AccessType.DENIED

    def _alert(self, event: Event, access_type: AccessType) -> tuple[str, str] | None:
        """Return the kind and the text of the alert about an event, if it needs review."""
        if access_type is AccessType.DENIED:
            return "denied", f"was denied {event.name}"
        if event.error:
            return None
        is_read = access_type is AccessType.READ
        if is_read and self._readers and not self._may_read(event.who):
            return "outside", "read it but is not one of its readers"
        return _ALERTS.get(event.name)

    def _may_read(self, who: str) -> bool:
        name, account = split_reader(who, "")
        split = [split_reader(reader, "") for reader in self._readers]
        readers = [pattern for pattern, allowed in split if allowed == account]
        return _matches_any(name, readers) or _matches_any(name.partition("/")[2], readers)

    def result(self, unread: Sequence[Skipped] = ()) -> Audit:
        """Return the audit of all added events.

        Args:
            unread: The files that could not be read completely.
        """
        accesses = self._all_accesses()
        alerts = self._event_alerts()
        alerts += self._newcomer_alerts(accesses, alerts)
        alerts.sort(key=lambda alert: (alert.kind, alert.secret, alert.who, alert.text))
        return Audit(
            app=self._app,
            since=self._start,
            events=self._events,
            events_read=self._seen,
            accesses=tuple(accesses),
            alerts=tuple(alerts),
            unread=(*unread, *self._unreadable_records()),
            notes=tuple(self._notes()),
        )

    def _unreadable_records(self) -> Iterator[Skipped]:
        if self._unreadable:
            records = count(self._unreadable, "invalid record")
            yield SkipId.TRAIL_INVALID_RECORDS.reason(records=records).entry("CloudTrail")

    def _all_accesses(self) -> list[Access]:
        rotations = Counter(self._rotations.accesses(self._start))
        accesses = []
        for (secret, who), tally in sorted(self._accesses.items()):
            access = Access(
                secret=secret,
                who=who,
                counts=tally.ordered_counts(rotations[secret, who]),
                first=tally.first,
                last=tally.last,
                sources=tuple(sorted(tally.sources)),
                more_sources=tally.more_sources,
            )
            accesses.append(access)
        return accesses

    def _event_alerts(self) -> list[Alert]:
        alerts = []
        for (kind, secret, who, event_text), tally in self._alerts.items():
            text = event_text
            if kind == "deleted":
                text = self._deletion_text(secret, who, text, tally.last)
            if not text:
                continue
            alert = Alert(
                kind=kind,
                secret=secret,
                who=who,
                text=text,
                count=tally.counts.total(),
                first=tally.first,
                last=tally.last,
                sources=tuple(sorted(tally.sources)),
            )
            alerts.append(alert)
        return alerts

    def _deletion_text(self, secret: str, who: str, text: str, last: dt.datetime) -> str:
        """Return the text of a deletion; empty if the same principal restored the secret since.

        A rollback deletes the secrets of an apply, and the next apply restores them.
        """
        at, restorer = self._restored.get(secret, (None, ""))
        if at is None or at < last:
            return text
        return "" if restorer == who else f"{text}, and {restorer} restored it"

    def _newcomer_alerts(
        self, accesses: Sequence[Access], reported_alerts: Sequence[Alert]
    ) -> list[Alert]:
        """Return an alert for each principal without earlier events, unless it already has one."""
        if not self._earlier_principals:
            return []
        reported = {(alert.secret, alert.who) for alert in reported_alerts}
        alerts = []
        for access in accesses:
            if (access.secret, access.who) not in reported and self._is_newcomer(access.who):
                alert = Alert(
                    kind="new",
                    secret=access.secret,
                    who=access.who,
                    text="is new: the trail has no earlier event by this principal",
                    count=sum(access.counts.values()),
                    first=access.first,
                    last=access.last,
                    sources=access.sources,
                )
                alerts.append(alert)
        return alerts

    def _is_newcomer(self, who: str) -> bool:
        if who in self._earlier_principals or who.startswith("service/"):
            return False
        return not self._may_read(who)

    def _notes(self) -> list[str]:
        notes = []
        if not self._readers:
            cause = "shield.toml names no role"
            if not self._app:
                cause = "no shield.toml found, so this covers all secrets of all apps"
            notes.append(f"{cause}: no alerts for reads by principals that are not readers")
        if self._start and not self._earlier_principals:
            notes.append("the trail has no earlier events: no alerts for new principals")
        return notes


def _matches_any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
