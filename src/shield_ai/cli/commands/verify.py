"""`shield verify`: check the app's code and its secrets in AWS."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, has_color, print_json, terminal_width
from shield_ai.cli.load_settings import LOAD_OPTIONS, LoadOptions, settings_options
from shield_ai.cli.options import APP, ENVIRONMENT, JSON, ONLY
from shield_ai.cli.progress import progress_bar
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions, Scope
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.run import run_checks
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.project.app_folder import require_app_folder
from shield_ai.reports.checks import checks_text
from shield_ai.reports.documents import VerifyDocument

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@APP
@ONLY
@ENVIRONMENT
@JSON
@LOAD_OPTIONS
def verify(
    app: Path,
    only: Scope | None,
    environment: str,
    loading: LoadOptions,
    *,
    as_json: bool,
) -> int:
    """Check the app and its secrets in AWS.

    Checks that the app reads its secrets from AWS, that it has access to them, and that AWS is
    configured as in shield.toml. Exits with 1 if a check fails.

    None of the app's code runs, unless you allow it with --run-settings: then verify also checks
    that the settings load with USE_AWS_SECRETS=true. Without it, that check is unknown.
    """
    options = AppOptions(only=only, environment=environment, on_progress=progress_bar().update)
    context = AppContext(app, options)
    if context.manifest_on_disk is None:
        require_app_folder(context.tree.root)
    if only != "code":  # the code is checked in a repository without secrets, too, by pre-commit
        context.require_manifest()
    settings = settings_options(context, loading)
    checks = run_checks(context, settings)
    if as_json:
        app_name = context.manifest.app.name
        print_json(VerifyDocument(app=app_name, environment=environment, checks=tuple(checks)))
    else:
        width = terminal_width(sys.stdout)
        echo(checks_text(checks, color=has_color(sys.stdout), width=width), nl=False)
    return FINDINGS if any(check.status is Status.FAILED for check in checks) else DONE
