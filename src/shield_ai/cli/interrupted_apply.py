"""Recover an apply that was interrupted, and confirm the plan for what remains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import note
from shield_ai.cli.interruptions import interruption
from shield_ai.cli.journal_steps import list_steps
from shield_ai.cli.planning import open_apply_session, open_plan
from shield_ai.cli.prompts import confirm_changes, print_before_question
from shield_ai.flow.apply.apply_recovery import unfinished_steps
from shield_ai.model.plurals import count

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.cli.planning import PlanOptions
    from shield_ai.flow.apply.apply_session import ApplySession
    from shield_ai.model.plan import Plan


def restore_uncompared(target: Path, options: PlanOptions, *, yes: bool) -> None:
    """Restore the files of an apply that was killed before it compared the settings.

    The apply that follows edits them again, and compares the settings.

    Args:
        target: The app's folder, or a plan of the app in the current folder.
        options: The options of the plan.
        yes: Whether --yes was given.

    Raises:
        ShieldError: Standard input or standard error is not a terminal.
        DeclinedError: The answer is no.
    """
    plan = None
    if target.is_file():
        session, plan = open_plan(target, options)
    else:
        session = open_apply_session(target, options)
    if not session.steps_to_repeat(plan):
        return
    with session.locked():
        steps = session.steps_to_repeat(plan)
        print_before_question("interrupted apply, which did not compare the settings:", yes=yes)
        list_steps(steps, yes=yes)
        confirm_changes(session, "Restore these files to edit and compare them again?", yes=yes)
        session.restore(steps)
    restored = f"{count(len(steps), 'file')} of the interrupted apply restored"
    note(f"{restored}: the settings had not been compared")


def recover(session: ApplySession, plan: Plan | None, *, yes: bool) -> tuple[int, Plan]:
    """Recover the AWS steps of an interrupted apply.

    Args:
        session: The app, locked.
        plan: The plan from a file; None if the command makes the plan.
        yes: Whether --yes was given.

    Returns:
        The number of steps that were completed or reverted, and the plan for what remains.

    Raises:
        ShieldError: Standard input or standard error is not a terminal.
        DeclinedError: The answer is no.
    """
    _confirm_recovery(session, yes=yes)
    with interruption(_interrupted_recovery):
        recovered = session.recover()
        return recovered, session.remaining_plan(plan)


def _confirm_recovery(session: ApplySession, *, yes: bool) -> None:
    """List the unfinished AWS steps of an interrupted apply, and confirm their recovery."""
    steps = unfinished_steps(session.journal) if session.only != "code" else []
    if not steps:
        return
    print_before_question("interrupted apply, with unfinished steps in AWS:", yes=yes)
    list_steps(steps, yes=yes)
    confirm_changes(session, "Complete or revert these steps?", yes=yes)


def _interrupted_recovery() -> tuple[str, str]:
    return (
        "interrupted during the recovery of the last apply",
        "run shield apply again to continue, or shield rollback to undo the steps",
    )


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
