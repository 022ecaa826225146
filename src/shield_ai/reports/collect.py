"""Collect the data of audits and reports from an app, its AWS account and CloudTrail."""

from __future__ import annotations

import datetime as dt
import json
import os
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.cloudtrail import trail
from shield_ai.aws.cloudtrail.audit import Auditor, parse_since
from shield_ai.aws.cloudtrail.events import is_unreadable, parse_event
from shield_ai.aws.cost.bill import Usage, estimate_bill
from shield_ai.aws.cost.prices import AS_OF
from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name, session_reader, slug
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions, SettingsOptions
from shield_ai.flow.journal import Journal
from shield_ai.flow.planned_edits import planned_edits
from shield_ai.flow.verify.run import run_checks
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.project import git
from shield_ai.project.runtime_names import is_copied_file
from shield_ai.reports.diff import diff_text, literal_spans
from shield_ai.reports.locations import secret_locations
from shield_ai.reports.report_data import (
    Alarm,
    FileDiff,
    ReportData,
    SecretStatus,
    applied_diff,
    mask_findings,
)
from shield_ai.scan.runner import scan_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.aws.cloudtrail.audit import Audit
    from shield_ai.flow.journal_record import FileStep
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.resource import Resource
    from shield_ai.model.skip import Skipped

DEFAULT_SINCE = "7d"
_PLACEHOLDER_ACCOUNT = "000000000000"  # the cost does not depend on the account
_NOT_RUN = SettingsOptions()
_USAGE = Usage()
_CENT = 0.01
_COST_NOTE = (
    f"For {_USAGE.processes} processes with a cache lifetime of {_USAGE.ttl:g} seconds, at the list"
    f" prices of {AS_OF}, without free tiers. shield cost estimates other usage."
)


class TrailQuery(msgspec.Struct, frozen=True):
    """The CloudTrail events to read."""

    since: str | None  # as given on the command line
    trails: tuple[Path, ...]  # exported files and folders; empty to read the account's trail
    now: dt.datetime  # the end of the period


def collect_audit(app: AppContext, query: TrailQuery) -> Audit:
    """Audit the access to an app's secrets; without shield.toml, to all secrets.

    Args:
        app: The app and its environment.
        query: The events to read.

    Raises:
        ShieldError: The time, a path or shield.toml is invalid, or an AWS call failed.
    """
    manifest = app.target_manifest if app.manifest_on_disk else None
    since = query.since
    if not since and not query.trails:
        since = DEFAULT_SINCE
    start = parse_since(since, query.now) if since else None
    auditor = _open_auditor(manifest, start)
    unread: list[Skipped] = []
    if query.trails:
        records = trail.read_files(query.trails, unread.append)
    else:
        # Importing botocore opens a socket, and reading files needs no network.
        from shield_ai.aws.live.session import Session

        aws = app.aws if manifest else None
        aws_session = aws.session if aws else Session(None)
        records = trail.lookup_events(aws_session, _lookup_start(start, query.now))
    for record in records:
        event = parse_event(record)
        if event:
            auditor.add(event)
        elif is_unreadable(record):
            auditor.add_unreadable()
        else:
            auditor.skip()
    return auditor.result(unread)


def _open_auditor(manifest: Manifest | None, start: dt.datetime | None) -> Auditor:
    if manifest is None:
        return Auditor("", [], [], start)
    names = [manifest.app.prefix + secret.name for secret in manifest.secret]
    return Auditor(manifest.app.name, names, _allowed_readers(manifest), start)


def _lookup_start(start: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """Return the time of the first event to read.

    The period is doubled, because a principal that was active before the start is not new.
    """
    if start is None:
        return now
    return now - min(2 * (now - start), dt.timedelta(days=trail.HISTORY_DAYS))


def _allowed_readers(manifest: Manifest) -> list[str]:
    """Return the principals that may read: the app's role, rotation roles and `readers`."""
    if not manifest.app.role and not manifest.monitoring.readers:
        return []
    readers = [f"role/{slug(manifest.app)}-*"]
    readers.extend(session_reader(reader) for reader in manifest.monitoring.readers)
    if manifest.app.role:
        readers.insert(0, f"role/{role_name(manifest.app)}")
    return readers


def collect_report(
    app: AppContext, query: TrailQuery, settings: SettingsOptions = _NOT_RUN
) -> ReportData:
    """Collect the data of a report. Data that can't be read from AWS is left out.

    Args:
        app: The app and its environment.
        query: The CloudTrail events to read.
        settings: Whether and how to load the settings.

    Raises:
        ShieldError: The app or shield.toml can't be read.
    """
    manifest = app.target_manifest
    journal = Journal(app.tree.root).load()
    account, skip_reason = _open_account(app)
    if not account:
        app = AppContext(app.tree.root, AppOptions(only="code", environment=app.environment))
    survey = scan_paths((app.tree.root,), jobs=os.cpu_count() or 1)
    edits = journal.last_file_steps()
    diffs = _applied_diffs(app, journal, edits) if edits else _planned_diffs(app)
    environment = f" ({app.environment})" if app.environment else ""
    return ReportData(
        app=manifest.app.name + environment,
        created=query.now,
        version=version("shield-ai"),
        region=manifest.app.region,
        account=account,
        aws_skip_reason=skip_reason,
        findings=mask_findings(survey.counted_findings, survey.read),
        unreadable=tuple(skip for skip in survey.skipped if skip.name != "archive"),
        archives=tuple(skip.path for skip in survey.skipped if skip.name == "archive"),
        suppressed=survey.suppressed,
        in_ignored_files=len(survey.findings) - len(survey.counted_findings),
        is_scanned=True,
        commit=_describe_commit(app.tree.root),
        repository=git.remote_name(app.tree.root),
        role=manifest.app.role,
        diffs=tuple(sorted(diffs, key=_diff_order)),
        is_applied=bool(edits),
        steps_to_undo=len(journal.last_steps()),
        has_manifest=app.manifest_on_disk is not None,
        secrets=tuple(_secret_status(secret, manifest, app) for secret in manifest.secret),
        locations=secret_locations(manifest, app.scan_result, app.deployment.variables),
        checks=tuple(run_checks(app, settings)),
        readers=tuple(_allowed_readers(manifest)),
        alarms=_alarms(manifest, app, account),
        cost=tuple(_cost_items(manifest, app)),
        cost_note=_COST_NOTE,
        environment=app.environment,
        audit=_try_audit(app, query) if account or query.trails else None,
    )


def _describe_commit(root: Path) -> str:
    """Return the short commit of the app, with a + for uncommitted changes; empty outside git."""
    commit = git.checked_out_commit(root)
    if commit and git.changed_files(root):
        return f"{commit}+"
    return commit


def _open_account(app: AppContext) -> tuple[str, str]:
    """Return the account ID and an empty reason, or no ID and why AWS is not checked."""
    try:
        if app.aws:
            return app.aws.id, ""
    except AwsError as error:
        return "", error.message
    return "", "--only code was given"


def _try_audit(app: AppContext, query: TrailQuery) -> Audit | None:
    try:
        return collect_audit(app, query)
    except AwsError:
        return None


def _alarms(manifest: Manifest, app: AppContext, account: str) -> tuple[Alarm, ...]:
    desired = resources(manifest, account, manifest.app.region, app.tree.read)
    wanted = {
        resource.key: resource for resource in desired if resource.kind in {"alarm", "event-rule"}
    }
    if app.aws is None or not wanted:
        return ()
    try:
        live = app.aws.resources.read(wanted)
    except AwsError:
        return ()
    alarms = []
    for key, settings in live.items():
        resource = wanted[key]
        text = _alarm_text(resource)
        alarms.append(Alarm(name=resource.name, text=text, is_in_aws=bool(settings)))
    return tuple(alarms)


def _alarm_text(resource: Resource) -> str:
    """Return the message of an event rule, or the description of an alarm."""
    target = resource.settings.get("target")
    if isinstance(target, dict):
        return str(json.loads(target["template"]))
    return str(resource.settings["description"])


def _cost_items(manifest: Manifest, app: AppContext) -> Iterator[tuple[str, str]]:
    """Yield the items of the monthly cost and the total; nothing for an unsupported region."""
    if not manifest.secret:
        return
    region = manifest.app.region
    try:
        desired = resources(manifest, _PLACEHOLDER_ACCOUNT, region, app.tree.read)
        estimate = estimate_bill(manifest, desired, _USAGE)
    except ShieldError:
        return
    for line in estimate.lines:
        yield line.what, _format_dollars(line.usd)
    yield "total", _format_dollars(estimate.total)


def _format_dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= _CENT else "less than $0.01"


def _applied_diffs(
    app: AppContext, journal: Journal, edits: Sequence[FileStep]
) -> Iterator[FileDiff]:
    keep = _known_names(app)
    steps = {step.what: step for step in edits}
    for path, step in sorted(steps.items()):
        if is_copied_file(path):
            continue
        before = journal.backups.read(step.before) if step.before else None
        yield applied_diff(path, before, app.tree.read(path) or b"", keep)


def _planned_diffs(app: AppContext) -> Iterator[FileDiff]:
    keep = _known_names(app)
    for file in planned_edits(app):
        if is_copied_file(file.path):
            continue
        if file.before is None:
            content = "".join(edit.replacement for edit in file.edits).encode()
            yield applied_diff(file.path, None, content, keep)
            continue
        spans = literal_spans(app.findings, file.path)
        text = diff_text(file, app.tree.read(file.path), keep=keep, spans=spans)
        yield FileDiff(path=file.path, lines=tuple(text.splitlines()[2:]))


def _diff_order(diff: FileDiff) -> tuple[bool, bool, str]:
    """Return a sort key: diffs of several lines first, then Python files, then by path."""
    return diff.is_one_line, not diff.path.endswith(".py"), diff.path


def _known_names(app: AppContext) -> set[str]:
    """Return the names in shield.toml: they are not values and can be shown."""
    names: set[str] = set()
    for secret in app.manifest.secret:
        fields = secret.fields or {}
        names.update((secret.name, *secret.variables(), *fields))
        names.update(f"{secret.name}:{field}" for field in fields)
    return names


def _secret_status(secret: Secret, manifest: Manifest, app: AppContext) -> SecretStatus:
    name = manifest.app.prefix + secret.name
    unknown = SecretStatus(
        name=name, kind=str(secret.kind), variables=tuple(secret.variables()), where="unknown"
    )
    if app.aws is None:
        return unknown
    from shield_ai.flow.rotation_reader import RotationReader  # imports boto3

    try:
        state = app.aws.secrets.state(name)
        if state is None:
            where = "optional" if secret.optional else "missing"
            return msgspec.structs.replace(unknown, where=where)
        if state.deleted:
            return msgspec.structs.replace(unknown, where="deleted")
        reader = RotationReader(manifest, app.tree.root, app.aws.session)
        rotation = reader.status(secret)
    except AwsError:  # for example, access denied
        return unknown
    return msgspec.structs.replace(
        unknown,
        where="AWS",
        kms_key=str(state.settings.get("kms_key", "")),
        is_tagged=bool(state.tags),
        rotation=rotation,
    )
