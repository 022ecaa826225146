"""Run the checks of `shield verify` in order."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shield_ai.flow.journal import Journal
from shield_ai.flow.verify.aws import verify_aws
from shield_ai.flow.verify.code import verify_code, verify_policy, verify_runtime
from shield_ai.flow.verify.deployment import verify_deployment
from shield_ai.flow.verify.role import read_secrets
from shield_ai.flow.verify.settings import settings_not_checked, verify_settings
from shield_ai.flow.verify.usage import reads_secrets, verify_held, verify_usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.app_options import SettingsOptions
    from shield_ai.flow.verify.check import Check


def run_checks(app: AppContext, settings: SettingsOptions) -> list[Check]:
    """Run the checks of the code, of AWS, or of both.

    Args:
        app: The app.
        settings: Whether and how to load the settings.
    """
    checks: list[Check] = []
    if app.only != "aws":
        checks += _check_code(app)
    if app.aws:
        checks += _check_aws(app, app.aws, settings)
    return checks


def _check_code(app: AppContext) -> Iterator[Check]:
    scan = app.scan_result
    module = scan.facts.module(app.manifest.app.runtime)
    journal = Journal(app.tree.root).load()
    yield from verify_code(app.findings, app.manifest, module, journal, app.tree.read)
    is_used = reads_secrets(scan)
    yield from verify_runtime(app.manifest, app.tree, scan.copies, is_used=is_used)
    yield verify_usage(app.manifest, scan)
    yield verify_deployment(app.deployment)


def _check_aws(app: AppContext, aws: Account, settings: SettingsOptions) -> Iterator[Check]:
    target = app.target_manifest
    if not app.environment:
        yield from verify_policy(app.manifest, aws.id, app.tree.read)
    secrets = read_secrets(target, aws)
    yield from verify_aws(target, aws, secrets, app.tree.read)
    if app.only:
        return
    yield verify_held(target, aws, app.scan_result)
    modules = app.settings_modules()
    if modules and not settings.may_run:
        yield from settings_not_checked()
        return
    yield from verify_settings(
        app.tree.root, modules, target, secrets.readable, os.environ, settings.python
    )
