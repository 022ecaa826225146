"""`shield draft`: the list of what is to be moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli._options import APP
from shield_ai.errors import DONE
from shield_ai.work import Work

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@APP
def draft(app: Path) -> int:
    """Write shield.toml, the list of what is to be moved, or add to it what is new.

    Names only, never a value. Review it, edit it, commit it.
    """
    work = Work(app)
    click.echo(work.write_manifest(), err=True)
    return DONE
