"""Options and confirmation for loading the app's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.console import can_ask
from shield_ai.cli.options import grouped_options
from shield_ai.cli.prompts import ask
from shield_ai.flow.app_options import SettingsOptions
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from shield_ai.flow.app_context import AppContext


class LoadOptions(msgspec.Struct, frozen=True):
    """Whether and how to load the app's settings, as given on the command line."""

    run_settings: bool | None  # None: not given
    python: str | None
    env_files: tuple[str, ...]


RUN_SETTINGS = click.option(
    "--run-settings/--no-run-settings",
    default=None,
    help="Load the app's settings with USE_AWS_SECRETS=true. This runs the app's code, with the"
    " Python of its virtual environment.  [default: ask on a terminal, else no]",
)

PYTHON = click.option(
    "--python",
    type=click.Path(exists=True, dir_okay=False),
    help="Python interpreter that loads the settings."
    "  [default: that of the app's virtual environment]",
)

LOAD_OPTIONS = grouped_options(
    "loading",
    LoadOptions,
    RUN_SETTINGS,
    PYTHON,
    click.option(
        "--env-file",
        "env_files",
        multiple=True,
        type=click.Path(),
        help="Load the settings with the variables of this .env file, or - for standard input."
        " Repeatable; the last file takes precedence.",
    ),
)


def settings_options(app: AppContext, loading: LoadOptions) -> SettingsOptions:
    """Return whether and how the app's settings may be loaded; ask if possible.

    Args:
        app: The app.
        loading: The options of the command.

    Raises:
        ShieldError: --run-settings is given, but the scope has no check that loads the settings.
    """
    if loading.run_settings and app.only:
        raise ShieldError(
            f"--run-settings has no effect with --only {app.only}",
            "remove --only: the settings are loaded to compare the code with AWS",
        )
    may_run = loading.run_settings
    if may_run is None:
        may_run = _may_run(app)
    return SettingsOptions(
        may_run=may_run, python=loading.python or "", env_files=loading.env_files
    )


def _may_run(app: AppContext) -> bool:
    if app.only or not can_ask():
        return False
    try:
        can_check = app.aws is not None and bool(app.settings_modules())
    except ShieldError:
        return False  # without AWS, the settings are not checked
    question = "Load the app's settings with USE_AWS_SECRETS=true? This runs the app's code"
    return can_check and ask(question)
