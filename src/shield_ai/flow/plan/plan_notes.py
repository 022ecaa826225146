"""Add to a plan what it does not change, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.aws_clients import find_aws_clients
from shield_ai.flow.plan.next_steps import next_steps
from shield_ai.flow.plan.plan_effects import adds_runtime
from shield_ai.flow.plan.plan_entries import (
    report_kept_defaults,
    report_once,
    report_other_reads,
    report_script_secrets,
)
from shield_ai.flow.plan.preconditions import (
    ignored_new_files,
    old_python_warnings,
    require_python,
)
from shield_ai.flow.plan.unset_variables import unset_variables
from shield_ai.flow.value_sources import placeholder_secrets
from shield_ai.model.deployment import Deployment
from shield_ai.project.python_versions import find_python_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.plan import Plan
    from shield_ai.model.skip import Skipped
    from shield_ai.project.python_versions import DeclaredVersion
    from shield_ai.project.values import Values


def add_notes(plan: Plan, app: AppContext, values: Values) -> Plan:
    """Return a plan with what was found in an app but is not changed.

    Args:
        plan: The plan.
        app: The app.
        values: The opened sources of the plan's values.

    Raises:
        UnsafePlanError: The app's Python can't import the runtime.
    """
    scan = app.scan_result
    pythons = _python_versions(app, plan) if adds_runtime(plan) else []
    require_python(app.tree, pythons)
    deployment = Deployment() if app.only == "aws" else app.deployment
    runtime = app.manifest.app.runtime  # shield wrote the names in the map file
    candidates = [skip for skip in scan.harmless if skip.path != runtime]
    skipped, harmless = report_once(app.sites, plan.skipped, candidates)
    return msgspec.structs.replace(
        plan,
        skipped=(
            *skipped,
            *_found_in_files(app, deployment),
            *_kept_defaults(app, skipped, plan, deployment),
            *ignored_new_files(app.tree.root, plan),
            *old_python_warnings(pythons),
        ),
        harmless=harmless,
        deployment=deployment.variables,
        placeholders=tuple(placeholder_secrets(plan.changes, values)),
        next_steps=tuple(next_steps(plan, app, deployment, values)),
    )


def _found_in_files(app: AppContext, deployment: Deployment) -> Iterator[Skipped]:
    """Yield what was found in the files of an app, or could not be read, besides the sites."""
    scan = app.scan_result
    is_code_planned = app.only != "aws"
    if is_code_planned:
        yield from scan.unresolved
    yield from app.scan_result.unreadable
    yield from deployment.unread
    if is_code_planned:
        yield from scan.file_reads
        yield from find_aws_clients(app)
        yield from report_other_reads(app)
        yield from report_script_secrets(app)
    yield from scan.unscanned


def _kept_defaults(
    app: AppContext, skipped: Sequence[Skipped], plan: Plan, deployment: Deployment
) -> list[Skipped]:
    if app.only == "aws" or plan.dotenv:  # literals move from the code to .env
        return []
    unset = unset_variables(deployment, app.manifest.variables(), app.tree.read)
    return report_kept_defaults(app.sites, app.manifest, skipped, unset)


def _python_versions(app: AppContext, plan: Plan) -> list[DeclaredVersion]:
    settings = app.manifest.app
    edited = [file.path for file in plan.files if file.path.endswith(".py") and file.before]
    return find_python_versions(app.tree, (*settings.settings, settings.runtime, *edited))
