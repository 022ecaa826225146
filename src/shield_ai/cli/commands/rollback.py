"""`shield rollback`: undo the last apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import confirm_changes, echo, print_receipt
from shield_ai.cli.options import APP, ENVIRONMENT, ONLY, YES
from shield_ai.flow.app_session import AppSession, Scope
from shield_ai.model.errors import DONE
from shield_ai.reports.edited import edited_text
from shield_ai.reports.plan import receipts_text
from shield_ai.reports.words import count

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@APP
@ONLY
@ENVIRONMENT
@YES
@click.option(
    "--force",
    is_flag=True,
    help="Restore files that were edited after apply; their edits are saved in .shield/edited.",
)
def rollback(app: Path, only: Scope | None, environment: str, *, yes: bool, force: bool) -> int:
    """Undo the last apply.

    Restores files byte for byte and previous versions of secrets. Secrets that apply created are
    scheduled for deletion with a recovery window.
    """
    session = AppSession(app, only=only, environment=environment)
    with session.locked():
        steps = session.steps_to_undo()
        if not steps:
            echo("nothing to undo", err=True)
            return DONE
        for path, applied, current in session.edited_files(steps):
            echo(edited_text(path, applied, current), err=True)
        confirm_changes(session, f"Undo {count(len(steps), 'step')}?", yes=yes)
        receipts = session.rollback(steps, force=force, on_receipt=print_receipt)
    echo(receipts_text(receipts), err=True)
    return DONE
