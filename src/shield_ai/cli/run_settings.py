"""Ask for permission to run the app's settings, with the Python of its virtual environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import ask, can_ask
from shield_ai.model.errors import ShieldError

if TYPE_CHECKING:
    from shield_ai.flow.app_session import AppSession

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


def may_run_settings(session: AppSession, *, given: bool | None) -> bool:
    """Return whether the app's settings may be loaded; ask on a terminal.

    Args:
        session: The app.
        given: The value of --run-settings; None: not given.
    """
    if given is not None or session.only or not can_ask():
        return bool(given)
    try:
        can_check = session.aws is not None and bool(session.settings_modules())
    except ShieldError:
        return False  # without AWS, the settings are not checked
    question = "Load the app's settings with AWS on? This runs the app's code"
    return can_check and ask(question)
