"""Run the checks of `shield verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.plan.manifest_preconditions import require_existing_settings
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget, CodeCheck, find_checks
from shield_ai.flow.verify.role import read_secrets
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.app_options import SettingsOptions
    from shield_ai.flow.verify.check import Check

COMMAND = regex(r"\bshield (?:apply|plan|pull|rotate)\b")


def run_checks(app: AppContext, settings: SettingsOptions) -> list[Check]:
    """Run the checks of the code, of AWS, or of both.

    Args:
        app: The app.
        settings: Whether and how to load the settings.

    Raises:
        ShieldError: The app, shield.toml or the account can't be used.
    """
    require_existing_settings(app)
    checks: list[Check] = []
    if app.only != "aws":
        checks += _check_code(app)
    if app.aws:
        checks += _check_aws(app, app.aws, settings)
    return [_with_environment(check, app.options.environment) for check in checks]


def _with_environment(check: Check, environment: str) -> Check:
    """Add the selected environment to the commands in a hint."""
    if not environment:
        return check
    hint = COMMAND.sub(rf"\g<0> --environment {environment}", check.hint)
    return msgspec.structs.replace(check, hint=hint)


def _check_code(app: AppContext) -> Iterator[Check]:
    for check in find_checks():
        if isinstance(check, CodeCheck):
            yield from check.run(app)


def _check_aws(app: AppContext, aws: Account, settings: SettingsOptions) -> Iterator[Check]:
    manifest = app.target_manifest
    reads = read_secrets(manifest, aws)
    target = AwsTarget(app=app, aws=aws, manifest=manifest, reads=reads, settings=settings)
    for check in find_checks():
        if isinstance(check, AwsCheck):
            yield from check.run(target)
