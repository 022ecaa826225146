"""Ask for permission to run the app's settings, with the Python of its virtual environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import can_ask
from shield_ai.cli.prompts import ask
from shield_ai.flow.app_options import SettingsOptions
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext

RUN_SETTINGS = click.option(
    "--run-settings/--no-run-settings",
    default=None,
    help="Load the settings with AWS on, which runs the app's code in its Python environment."
    "  [default: ask on a terminal, else no]",
)

PYTHON = click.option(
    "--python",
    type=click.Path(exists=True, dir_okay=False),
    help="The Python that loads the settings.  [default: that of the app's virtual environment]",
)


def settings_options(
    app: AppContext, *, run_settings: bool | None, python: str | None
) -> SettingsOptions:
    """Return whether and how the app's settings may be loaded; ask on a terminal.

    Args:
        app: The app.
        run_settings: The value of --run-settings; None: not given.
        python: The value of --python; None: not given.
    """
    may_run = _may_run(app) if run_settings is None else run_settings
    return SettingsOptions(may_run=may_run, python=python or "")


def _may_run(app: AppContext) -> bool:
    if app.only or not can_ask():
        return False
    try:
        can_check = app.aws is not None and bool(app.settings_modules())
    except ShieldError:
        return False  # without AWS, the settings are not checked
    question = "Load the app's settings with AWS on? This runs the app's code"
    return can_check and ask(question)
