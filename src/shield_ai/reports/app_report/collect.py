"""Collect the data of a report from an app, its AWS account and CloudTrail."""

from __future__ import annotations

import contextlib
from importlib.metadata import version
from typing import TYPE_CHECKING

from shield_ai.flow.access_audit import allowed_readers, audit_access
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions, SettingsOptions
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.verify.run import run_checks
from shield_ai.model.errors import AwsError, UnsafePlanError
from shield_ai.reports.app_report.locations import secret_locations
from shield_ai.reports.app_report.parts.alarms import alarms
from shield_ai.reports.app_report.parts.changes import file_diffs
from shield_ai.reports.app_report.parts.code_scan import scan_code
from shield_ai.reports.app_report.parts.monthly_cost import COST_NOTE, cost_items
from shield_ai.reports.app_report.parts.secret_status import secret_statuses
from shield_ai.reports.app_report.report_data import ReportData

if TYPE_CHECKING:
    from shield_ai.aws.cloudtrail.audit_result import Audit
    from shield_ai.flow.access_audit import TrailQuery

_NOT_RUN = SettingsOptions()


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
    journal = Journal(app.tree.root)
    with contextlib.suppress(UnsafePlanError):  # of another folder: a check reports it
        journal.load()
    account, skip_reason = _open_account(app)
    if not account:
        app = AppContext(app.tree.root, AppOptions(only="code", environment=app.environment))
    code = scan_code(app.tree.root)
    environment = f" ({app.environment})" if app.environment else ""
    return ReportData(
        app=manifest.app.name + environment,
        created=query.now,
        version=version("shield-ai"),
        region=manifest.app.region,
        account=account,
        aws_skip_reason=skip_reason,
        findings=code.findings,
        unreadable=code.unreadable,
        archives=code.archives,
        suppressed=code.suppressed,
        in_ignored_files=code.in_ignored_files,
        is_scanned=True,
        commit=code.commit,
        repository=code.repository,
        role=manifest.app.role,
        diffs=file_diffs(app, journal),
        is_applied=bool(journal.original_files()),
        steps_to_undo=sum(len(journal.open_steps(run)) for run in journal.run_ids()),
        has_manifest=app.manifest_on_disk is not None,
        secrets=secret_statuses(app, manifest),
        locations=secret_locations(manifest, app.scan_result, app.deployment.variables),
        checks=tuple(run_checks(app, settings)),
        readers=tuple(allowed_readers(manifest)),
        alarms=alarms(app, manifest, account),
        cost=tuple(cost_items(app, manifest)),
        cost_note=COST_NOTE,
        environment=app.environment,
        audit=_try_audit(app, query) if account or query.trails else None,
    )


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
        return audit_access(app, query)
    except AwsError:
        return None
