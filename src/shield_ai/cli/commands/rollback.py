"""`shield rollback`: undo the last apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.console import (
    echo,
    format_receipt,
    is_shown,
    note,
    print_json,
)
from shield_ai.cli.interruptions import interruption
from shield_ai.cli.journal_steps import format_steps, list_steps
from shield_ai.cli.options import APP, ENVIRONMENT, JSON, ONLY, YES, grouped_options
from shield_ai.cli.progress import progress_bar
from shield_ai.cli.prompts import confirm_changes, print_before_question
from shield_ai.cli.rollback_edits import print_edits
from shield_ai.flow.rollback.undo import Undo, open_undo
from shield_ai.model.errors import DONE
from shield_ai.model.plan import StepKind, StepStatus
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.reports.apply_results import receipts_text
from shield_ai.reports.documents import RollbackDocument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.flow.app_options import Scope
    from shield_ai.model.plan import Receipt


class Overrides(msgspec.Struct, frozen=True):
    """The safety checks that the user disabled."""

    force: bool
    adopt: bool


OVERRIDES = grouped_options(
    "overrides",
    Overrides,
    click.option(
        "--force",
        is_flag=True,
        help="Restore files byte for byte even if they were edited after apply; the edits are"
        " saved in .shield/edited. Modules that remaining code imports are kept.",
    ),
    click.option(
        "--adopt",
        is_flag=True,
        help="Restore the files of a journal from another folder, user or machine. Nothing is"
        " changed in AWS.",
    ),
)


@click.command()
@APP
@ONLY
@ENVIRONMENT
@YES
@OVERRIDES
@JSON
def rollback(
    app: Path,
    only: Scope | None,
    environment: str,
    *,
    yes: bool,
    overrides: Overrides,
    as_json: bool,
) -> int:
    """Undo the last apply.

    Restores files byte for byte, and secrets to their previous versions. In a file that was edited
    since, only what apply changed is undone. Secrets that apply created are scheduled for deletion
    with a recovery window.
    """
    with open_undo(app, only, environment, adopt=overrides.adopt) as undo:
        steps = undo.steps
        environment = undo.app.environment
        ignored = undo.journal.ignored_aws_steps
        if ignored:
            reason = "the journal was not written by this user on this machine"
            echo(f"not undone: {count(ignored, 'step')} in AWS, because {reason}", err=True)
        if not steps:
            note("nothing to undo")
            if not undo.journal.records and undo.app.scan_result.migrated:
                note(
                    "no journal: shield apply ran in another folder or on another machine, "
                    "so use git revert"
                )
            if as_json:
                print_json(_document(environment, [], ignored))
            return DONE
        _list_steps(undo, yes=yes)
        print_edits(undo, force=overrides.force)
        confirm_changes(undo.app, f"Undo {count(len(format_steps(steps)), 'step')}?", yes=yes)
        receipts = _undo(undo, force=overrides.force)
        if undo.journal.is_adopted:
            note(f"the journal was moved to {undo.journal.retire()}")
    others = [step.what for step in undo.journal.kept_steps() if undo.is_finished]
    _summarize(receipts, others, is_finished=undo.is_finished)
    if undo.other_applies:
        note(f"{_remaining_text(undo)}; to undo the newest, run shield rollback again")
    if as_json:
        print_json(_document(environment, receipts, ignored))
    return DONE


def _list_steps(undo: Undo, *, yes: bool) -> None:
    kept = undo.kept
    steps = [step for step in undo.steps if step not in kept]
    if steps:
        print_before_question(f"{_heading(undo, len(format_steps(steps)))}:", yes=yes)
        list_steps(steps, yes=yes)
    if kept:
        print_before_question("Kept by an earlier rollback, and tried again:", yes=yes)
        list_steps(kept, yes=yes)
    if undo.other_applies:
        print_before_question(f"{_remaining_text(undo)} after this rollback", yes=yes)


def _heading(undo: Undo, number: int) -> str:
    """Name the apply that is undone, by the time at which it started."""
    steps = "This step" if number == 1 else f"These {number} steps"
    time = f" of {undo.applied_at:%Y-%m-%d %H:%M} UTC" if undo.applied_at else ""
    return f"{steps} of the last apply{time} will be undone"


def _remaining_text(undo: Undo) -> str:
    number = undo.other_applies
    verb = "remains" if number == 1 else "remain"
    return f"{count(number, 'earlier apply')} {verb}"


def _summarize(receipts: Sequence[Receipt], others: Sequence[str], *, is_finished: bool) -> None:
    """Print what was undone, and what is kept.

    Args:
        receipts: The result of each step.
        others: What is kept in all environments, if every step was undone or kept.
        is_finished: Whether every step was undone or kept.
    """
    undone = [receipt for receipt in receipts if receipt.status is StepStatus.UNDONE]
    in_aws = [receipt for receipt in receipts if receipt.step is not StepKind.FILE]
    kept = dict.fromkeys(r.what for r in in_aws if r.status is StepStatus.KEPT)
    kept |= dict.fromkeys(others)
    if undone:
        note(receipts_text(undone))
    if kept:
        label = "nothing left to roll back except" if is_finished else "kept, as reported before:"
        note(f"{label} {', '.join(map(printable, kept))}")


def _undo(undo: Undo, *, force: bool) -> list[Receipt]:
    """Undo the steps with a progress bar; if interrupted, report how many are undone."""
    bar = progress_bar()
    done = 0

    def print_step(receipt: Receipt) -> None:
        nonlocal done
        done += 1
        if is_shown(receipt):
            bar.print(format_receipt(receipt))
        bar.update("steps undone", done, len(undo.steps))

    def describe() -> tuple[str, str]:
        return (
            f"interrupted; {done} of {count(len(undo.steps), 'step')} undone",
            "run shield rollback again to undo the others",
        )

    with interruption(describe):
        return undo.run(print_step, force=force)


def _document(environment: str, receipts: Sequence[Receipt], ignored: int) -> RollbackDocument:
    return RollbackDocument(
        environment=environment,
        steps=tuple(receipts),
        ignored=ignored,
    )
