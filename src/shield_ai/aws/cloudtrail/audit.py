"""Who did what with an app's secrets, told from events one at a time, so that a trail may be of any size."""

from __future__ import annotations

import datetime as dt
import enum
import fnmatch
import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Skipped
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.aws.cloudtrail.events import Event


_SINCE = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_ARN = re.compile(r"arn:[\w-]+:secretsmanager:[\w-]*:\d*:secret:(.+)")
_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")
SOURCES = 20  # so many addresses are kept of each access
ANY = "(not told)"


class AccessType(enum.StrEnum):
    """The type of access to a secret, in the order of the report's columns."""

    READ = "read"
    CHANGE = "change"
    ROTATE = "rotate"
    DELETE = "delete"
    LOOK = "look"  # reads the metadata, not the value
    DENIED = "denied"
    FAILED = "failed"  # for another reason than a missing permission


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """The access of one principal to one secret, with counts."""

    secret: str
    who: str
    deeds: dict[AccessType, int]
    first: dt.datetime
    last: dt.datetime
    sources: tuple[str, ...] = ()  # sorted, at most `SOURCES`
    more_sources: int = 0


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Suspicious events that need review."""

    kind: str  # denied, outside, new, deleted, rotation, policy
    secret: str
    who: str
    text: str
    count: int
    first: dt.datetime
    last: dt.datetime
    sources: tuple[str, ...] = ()


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an audit: who accessed the app's secrets."""

    app: str
    since: dt.datetime | None  # None: no start
    events: int  # events about these secrets since `since`
    seen: int  # all events that were read
    accesses: tuple[Access, ...] = ()
    alerts: tuple[Alert, ...] = ()
    unread: tuple[Skipped, ...] = ()  # files that could not be read completely
    notes: tuple[str, ...] = ()  # limits of this audit, with the reasons


# https://docs.aws.amazon.com/secretsmanager/latest/userguide/cloudtrail_log_entries.html
# BatchGetSecretValue is left out: each secret that it asks for has a record of its own, as GetSecretValue.
_DEEDS = {
    "GetSecretValue": AccessType.READ,
    "DescribeSecret": AccessType.LOOK, "ListSecretVersionIds": AccessType.LOOK, "GetResourcePolicy": AccessType.LOOK,
    "CreateSecret": AccessType.CHANGE, "PutSecretValue": AccessType.CHANGE, "UpdateSecret": AccessType.CHANGE,
    "UpdateSecretVersionStage": AccessType.CHANGE, "RestoreSecret": AccessType.CHANGE, "TagResource": AccessType.CHANGE,
    "UntagResource": AccessType.CHANGE, "PutResourcePolicy": AccessType.CHANGE,
    "DeleteResourcePolicy": AccessType.CHANGE,
    "ReplicateSecretToRegions": AccessType.CHANGE, "RemoveRegionsFromReplication": AccessType.CHANGE,
    "StopReplicationToReplica": AccessType.CHANGE,
    "RotateSecret": AccessType.ROTATE, "RotationSucceeded": AccessType.ROTATE, "CancelRotateSecret": AccessType.CHANGE,
    "RotationFailed": AccessType.FAILED, "RotationAbandoned": AccessType.FAILED,
    "DeleteSecret": AccessType.DELETE,
}  # fmt: skip
_ALERTS = {
    "DeleteSecret": ("deleted", "scheduled it for deletion"),
    "RotationFailed": ("rotation", "says that its rotation failed"),
    "RotationAbandoned": ("rotation", "says that its rotation was given up"),
    "CancelRotateSecret": ("rotation", "switched its rotation off"),
    "PutResourcePolicy": ("policy", "changed who may use it"),
    "DeleteResourcePolicy": ("policy", "removed its resource policy"),
}


def parse_since(text: str, now: dt.datetime) -> dt.datetime:
    """Read `7d`, `12h`, `30m`, `2w` or a date.

    Raises:
        ShieldError: It is none of them.
    """
    if match := _SINCE.fullmatch(text):
        return now - dt.timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ShieldError(
            f"--since {text!r} is no time", "write 7d, 12h, 30m, 2w or a date: 2026-11-24"
        ) from None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    if at > now:
        raise ShieldError(
            f"--since {text!r} has not come yet",
            "write 7d, 12h, 30m, 2w or a date that has gone by",
        )
    return at


class _Tally:
    """What was seen of one thing."""

    def __init__(self, event: Event) -> None:
        self.deeds: Counter[AccessType] = Counter()
        self.first = self.last = event.at
        self.sources: set[str] = set()
        self.more = 0

    def add(self, event: Event, deed: AccessType) -> None:
        self.deeds[deed] += 1
        self.first, self.last = min(self.first, event.at), max(self.last, event.at)
        if event.source and event.source not in self.sources:
            if len(self.sources) < SOURCES:
                self.sources.add(event.source)
            else:
                self.more += 1


class Auditor:
    """Takes events in any order, and sums them up.

    Args:
        app: Its name.
        names: Its secrets as AWS knows them; without any, all secrets are looked at.
        readers: Who may read them: role/NAME, a bare NAME, with * for anything; empty: it can't be told.
        start: Earlier events only tell who is no newcomer. None: everything counts.
    """

    def __init__(
        self, app: str, names: Collection[str], readers: Sequence[str], start: dt.datetime | None
    ) -> None:
        self._app = app
        self._names = frozenset(names)
        self._readers = readers
        self._start = start
        self._accesses: dict[tuple[str, str], _Tally] = {}
        self._alerts: dict[tuple[str, str, str, str], _Tally] = {}
        self._before: set[str] = set()
        self._events = 0
        self._seen = 0

    def skip(self) -> None:
        """Count a record that is not about Secrets Manager."""
        self._seen += 1

    def add(self, event: Event) -> None:
        """Take one event."""
        self._seen += 1
        deed = (
            AccessType.DENIED if event.error.startswith("AccessDenied") else _DEEDS.get(event.name)
        )
        name = self._name(event.secret)
        if deed is None or (
            self._names
            and name not in self._names
            and (name != ANY or deed is not AccessType.DENIED)
        ):
            return
        if self._start and event.at < self._start:
            self._before.add(event.who)
            return
        self._events += 1
        failed = bool(event.error) and deed not in {
            AccessType.DENIED,
            AccessType.LOOK,
        }  # to look for what is not there is no failure
        deed = AccessType.FAILED if failed else deed
        self._accesses.setdefault((name, event.who), _Tally(event)).add(event, deed)
        alert = self._alert(event, deed)
        if alert:
            self._alerts.setdefault((alert[0], name, event.who, alert[1]), _Tally(event)).add(
                event, deed
            )

    def _name(self, secret: str) -> str:
        """Return the name that the app knows a secret by; an ARN has a suffix, a partial one has none."""
        arn = _ARN.fullmatch(secret)
        if not arn:
            return secret or ANY
        return arn[1] if arn[1] in self._names else _SUFFIX.sub("", arn[1])

    def _alert(self, event: Event, deed: AccessType) -> tuple[str, str] | None:
        if deed is AccessType.DENIED:
            return "denied", f"was denied {event.name}"
        if event.error:
            return None
        if deed is AccessType.READ and self._readers and not self._may_read(event.who):
            return "outside", "read it, and is not on the list of readers"
        return _ALERTS.get(event.name)

    def _may_read(self, who: str) -> bool:
        if "@" in who:  # of another account: role/Deploy* means ours
            return any(
                fnmatch.fnmatchcase(who, reader) for reader in self._readers if "@" in reader
            )
        names = (who, who.partition("/")[2])
        return any(fnmatch.fnmatchcase(name, reader) for name in names for reader in self._readers)

    def result(self, unread: Sequence[Skipped] = ()) -> Audit:
        """Sum up.

        Args:
            unread: Files that could not be read to their end.
        """
        accesses = [
            Access(
                secret=secret,
                who=who,
                deeds={deed: tally.deeds[deed] for deed in AccessType if tally.deeds[deed]},
                first=tally.first,
                last=tally.last,
                sources=tuple(sorted(tally.sources)),
                more_sources=tally.more,
            )
            for (secret, who), tally in sorted(self._accesses.items())
        ]
        return Audit(
            app=self._app,
            since=self._start,
            events=self._events,
            seen=self._seen,
            accesses=tuple(accesses),
            alerts=tuple(self._all_alerts(accesses)),
            unread=tuple(unread),
            notes=tuple(self._notes()),
        )

    def _all_alerts(self, accesses: Sequence[Access]) -> list[Alert]:
        alerts = [
            Alert(
                kind=kind,
                secret=secret,
                who=who,
                text=text,
                count=tally.deeds.total(),
                first=tally.first,
                last=tally.last,
                sources=tuple(sorted(tally.sources)),
            )
            for (kind, secret, who, text), tally in self._alerts.items()
        ]
        return sorted(
            [*alerts, *self._newcomers(accesses)],
            key=lambda alert: (alert.kind, alert.secret, alert.who),
        )

    def _newcomers(self, accesses: Sequence[Access]) -> list[Alert]:
        """Tell who was not seen in the time before; whoever may read, or stands here already, is left out."""
        if not self._before:
            return []
        told = {(secret, who) for _, secret, who, _ in self._alerts}
        return [
            Alert(
                kind="new",
                secret=access.secret,
                who=access.who,
                text="was never seen before in this trail",
                count=sum(access.deeds.values()),
                first=access.first,
                last=access.last,
                sources=access.sources,
            )
            for access in accesses
            if access.who not in self._before and (access.secret, access.who) not in told
            if not self._may_read(access.who) and not access.who.startswith("service/")
        ]

    def _notes(self) -> list[str]:
        notes = []
        if not self._readers:
            notes.append("no role in shield.toml: who may read can't be told")
        if self._start and not self._before:
            notes.append("no event before that time: newcomers can't be told")
        return notes
