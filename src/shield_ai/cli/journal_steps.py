"""List steps of the journal, and ask for confirmation to apply a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import print_before_question
from shield_ai.cli.interruptions import interruption
from shield_ai.cli.prompts import confirm_changes
from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.project.runtime_names import copied_folder
from shield_ai.reports.terminal.entries import shorten_name
from shield_ai.reports.terminal.plurals import count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.flow.apply.apply_session import ApplySession
    from shield_ai.flow.journal.journal_record import Step


def confirm_plan(session: ApplySession, recovered_steps: int, *, yes: bool) -> None:
    """Ask whether to apply the plan. If the user declines, the recovered steps are kept.

    Args:
        session: The session, which holds the lock of the app.
        recovered_steps: The number of AWS steps that the recovery completed or reverted.
        yes: Whether --yes was given.

    Raises:
        ShieldError: Without --yes, standard input or standard error is not a terminal.
        DeclinedError: The answer is no.
    """
    question = "Apply this plan?"
    if not recovered_steps:
        confirm_changes(session, question, yes=yes)
        return
    were = "was" if recovered_steps == 1 else "were"
    steps = count(recovered_steps, "step")
    recovered = f"{steps} of the earlier apply {were} completed or reverted"
    hint = "run shield apply again to continue, or shield rollback to undo the steps"
    with interruption(lambda: (f"interrupted; before that, {recovered}", hint)):
        declined = f"{recovered}; nothing else changed"
        confirm_changes(session, question, yes=yes, declined=declined)


def list_steps(steps: Iterable[Step], *, yes: bool) -> None:
    """List what apply did, one step a line; all files of a copied runtime are one line."""
    for line in dict.fromkeys(_format_step(step) for step in steps):
        print_before_question(f"  {line}", yes=yes)


def _format_step(step: Step) -> str:
    if isinstance(step, FileStep):
        name = copied_folder(step.what) or step.what
        return f"{'create' if step.before is None else 'edit'} {shorten_name(name)}"
    kind, name = step.resource_key
    return f"{step.action} {kind} {shorten_name(name)}"
