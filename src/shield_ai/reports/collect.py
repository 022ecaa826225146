"""What the commands that only look put together: an app, its manifest, and a trail."""

from __future__ import annotations

import datetime as dt
import json
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.cloudtrail import trail
from shield_ai.aws.cloudtrail.audit import Auditor, parse_since
from shield_ai.aws.cloudtrail.events import parse_event
from shield_ai.aws.cost.bill import Usage, bill
from shield_ai.aws.cost.prices import AS_OF
from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name, slug
from shield_ai.aws.live.session import Session
from shield_ai.flow.app_session import AppSession
from shield_ai.flow.rollback import last_run
from shield_ai.flow.rotate import SecretRotator
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.reports.diff import diff_text
from shield_ai.reports.report_data import (
    Diff,
    Place,
    ReportData,
    Watch,
    became,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shield_ai.aws.cloudtrail.audit import Audit
    from shield_ai.flow.journal import Journal
    from shield_ai.model.edit import Skipped
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.resource import Resource

DEFAULT = "7d"
_NOWHERE = "0" * 12  # an account: costs are the same in each
_USAGE = Usage()
_CENT = 0.01
_COST_NOTE = (
    f"For {_USAGE.processes} processes that keep each value for {_USAGE.ttl:g} seconds, by the list prices of {AS_OF},"
    " without free tiers. shield cost takes other numbers."
)


def audit(
    session: AppSession, *, since: str | None, trails: Sequence[Path], now: dt.datetime
) -> Audit:
    """Sum up who did what with an app's secrets; with every secret, where there is no shield.toml.

    Args:
        session: The app, and its environment.
        since: As on the command line.
        trails: Exported files and folders; empty: ask the account itself.
        now: The end of the time.

    Raises:
        ShieldError: The time, a path or shield.toml is wrong, or AWS refuses.
    """
    manifest = session.target_manifest if session.manifest_on_disk else None
    start = parse_since(since or DEFAULT, now) if since or not trails else None
    auditor = Auditor(
        manifest.app.name if manifest else "",
        [manifest.app.prefix + secret.name for secret in manifest.secret] if manifest else [],
        _readers(manifest),
        start,
    )
    unread: list[Skipped] = []
    if trails:
        records = trail.read_files(trails, unread.append)
    else:
        # As long a time before as the one that is asked for: who was there then is no newcomer now.
        earliest = (
            now - min(2 * (now - start), dt.timedelta(days=trail.HISTORY_DAYS)) if start else now
        )
        records = trail.lookup_events(
            session.aws.session if manifest and session.aws else Session(None), earliest
        )
    for record in records:
        found = parse_event(record)
        if found:
            auditor.add(found)
        else:
            auditor.skip()
    return auditor.result(unread)


def _readers(manifest: Manifest | None) -> list[str]:
    """Return who may read: the app's role, our own roles for its rotation, and whom shield.toml names."""
    if manifest is None or not (manifest.app.role or manifest.monitoring.readers):
        return []
    own = [f"role/{role_name(manifest.app)}"] if manifest.app.role else []
    return [*own, f"role/{slug(manifest.app)}-*", *manifest.monitoring.readers]


def report_data(
    session: AppSession, *, since: str | None, trails: Sequence[Path], now: dt.datetime
) -> ReportData:
    """Gather what a report tells: of the code always, of AWS as far as it lets itself be looked at.

    Args:
        session: The app, and its environment.
        since: For the audit, as on the command line.
        trails: Exported files and folders; empty: ask the account itself.
        now: The time that the report is made.

    Raises:
        ShieldError: The app or shield.toml can't be used.
    """
    manifest, journal = session.target_manifest, session.journal.load()
    account, why = _account(session)
    if not account:
        session = AppSession(session.tree.root, only="code", environment=session.environment)
    run = last_run(journal, "file")
    return ReportData(
        app=manifest.app.name + (f" ({session.environment})" if session.environment else ""),
        made=now,
        version=version("shield-ai"),
        region=manifest.app.region,
        account=account,
        no_aws=why,
        findings=shown(session.findings, session.tree.read),
        unseen=tuple(session.unreadable),
        diffs=tuple(
            sorted(_applied(session, journal, run) if run else _planned(session), key=_python_first)
        ),
        applied=bool(run),
        undoable=len(journal.open_steps(last_run(journal))),
        begun=session.manifest_on_disk is not None,
        places=tuple(_place(secret, manifest, session) for secret in manifest.secret),
        checks=tuple(session.verify()),
        readers=tuple(_readers(manifest)),
        alarms=_alarms(manifest, session, account),
        cost=tuple(_cost(manifest, session)),
        cost_note=_COST_NOTE,
        audit=_audit(session, since=since, trails=trails, now=now) if account or trails else None,
    )


def _account(session: AppSession) -> tuple[str, str]:
    """Return the account's id, or why there is none."""
    try:
        return (session.aws.id, "") if session.aws else ("", "only the code was asked for")
    except AwsError as error:
        return "", error.message


def _audit(
    session: AppSession, *, since: str | None, trails: Sequence[Path], now: dt.datetime
) -> Audit | None:
    try:
        return audit(session, since=since, trails=trails, now=now)
    except AwsError:
        return None  # the report says that no trail was looked at


def _alarms(manifest: Manifest, session: AppSession, account: str) -> tuple[Watch, ...]:
    """Look which alarms are there, of those that should be."""
    found = resources(manifest, account, manifest.app.region, session.tree.read)
    wanted = {thing.key: thing for thing in found if thing.kind in {"alarm", "event-rule"}}
    if session.aws is None or not wanted:
        return ()
    try:
        live = session.aws.resources.read(wanted)
    except AwsError:
        return ()
    return tuple(
        Watch(name=name, text=_what(wanted[kind, name]), there=bool(settings))
        for (kind, name), settings in live.items()
    )


def _cost(manifest: Manifest, session: AppSession) -> Iterator[tuple[str, str]]:
    """Give the bill of a month, line by line; nothing where there are no prices."""
    if not manifest.secret:
        return
    try:
        found = bill(
            manifest, resources(manifest, _NOWHERE, manifest.app.region, session.tree.read), _USAGE
        )
    except ShieldError:
        return
    yield from ((line.what, _dollars(line.usd)) for line in found.lines)
    yield "together", _dollars(found.total)


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= _CENT else "under a cent"


def _what(resource: Resource) -> str:
    """Say what it tells of, in its own words."""
    target = resource.settings.get("target")
    return (
        json.loads(target["template"])
        if isinstance(target, dict)
        else str(resource.settings["description"])
    )


def _applied(session: AppSession, journal: Journal, run: str) -> Iterator[Diff]:
    keep = _names(session)
    steps = {step.what: step for step in journal.open_steps(run, "file")}
    for path, step in sorted(steps.items()):
        before = journal.read_backup(step.before) if step.before else None
        yield became(path, before, session.tree.read(path) or b"", keep)


def _planned(session: AppSession) -> Iterator[Diff]:
    keep = _names(session)
    for file in session.planned_edits():
        if file.before is None:
            yield became(
                file.path, None, "".join(edit.replacement for edit in file.edits).encode(), keep
            )
            continue
        spans = [
            (f.site.start, f.site.end)
            for f in session.findings
            if f.path == file.path and f.site and not f.env
        ]
        text = diff_text(file, session.tree.read(file.path), keep=keep, spans=spans)
        yield Diff(path=file.path, lines=tuple(text.splitlines()[2:]))


def _python_first(diff: Diff) -> tuple[bool, bool, str]:
    return diff.short, not diff.path.endswith(".py"), diff.path


def _names(session: AppSession) -> set[str]:
    secrets = session.manifest.secret
    return {
        name
        for secret in secrets
        for name in (secret.name, *secret.variables(), *(secret.fields or {}))
    }


def _place(secret: Secret, manifest: Manifest, session: AppSession) -> Place:
    name = manifest.app.prefix + secret.name
    common = Place(
        name=name, kind=str(secret.kind), variables=tuple(secret.variables()), where="unknown"
    )
    if session.aws is None:
        return common
    try:
        state = session.aws.secrets.state(name)
        if state is None:
            return msgspec.structs.replace(
                common, where="optional" if secret.optional else "missing"
            )
        if state.deleted:
            return msgspec.structs.replace(common, where="deleted")
        status = SecretRotator(manifest, session.tree.root, session.aws.session).status(secret)
    except AwsError:
        return common  # what the identity may not look at is not known
    return msgspec.structs.replace(common, where="AWS", kms_key=manifest.app.kms_key, status=status)
