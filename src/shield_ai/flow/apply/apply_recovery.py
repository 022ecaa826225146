"""Complete or revert the steps of an interrupted apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.journal.journal_record import ResourceStep, SecretStep, require_same_account
from shield_ai.model.plan import Action
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal.journal_record import AwsStep, FileStep
    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Plan
    from shield_ai.model.resource import SecretState


def unfinished_steps(journal: Journal) -> list[AwsStep]:
    """Return the AWS steps of an interrupted apply that may be incomplete, newest first.

    Args:
        journal: The loaded journal.
    """
    steps = journal.open_aws_steps(journal.interrupted_run())
    return [step for step in steps if not journal.is_done(step)]


def uncompared_steps(journal: Journal) -> list[FileStep]:
    """Return the edits of an apply that was interrupted before it compared the settings.

    Args:
        journal: The loaded journal.

    Returns:
        The steps, newest first; none if the apply edited no code, or had begun to change AWS, which
        comes after the comparison.
    """
    run = journal.interrupted_run()
    steps = journal.open_file_steps(run)
    edits_code = any(step.before and step.what.endswith(".py") for step in steps)
    return steps if edits_code and not journal.open_aws_steps(run) else []


def is_unedited(step: FileStep, read: FileReader) -> bool:
    """Return whether a file has the bytes from before or after a step.

    Args:
        step: The step.
        read: Returns the bytes of a file of the app.
    """
    content = read(step.what)
    return (None if content is None else digest(content)) in {step.before, step.after}


def recover(journal: Journal, aws: Account) -> int:
    """Recover the AWS steps of an interrupted apply: mark each one as done, or revert it.

    Args:
        journal: Locked by the caller.
        aws: The account.

    Returns:
        The number of steps that were marked as done or reverted.

    Raises:
        AwsError: An AWS call failed.
        UnsafePlanError: The apply was to another account or region; nothing was done.
    """
    steps = journal.open_aws_steps(journal.interrupted_run())
    require_same_account(steps, aws.id, aws.session.region)
    recovered = 0
    for step in steps:
        if journal.is_done(step):
            continue
        match step:
            case SecretStep():
                recovered += _recover_secret(step, journal, aws)
            case ResourceStep():
                _recover_resource(step, journal, aws)
                recovered += 1
    return recovered


def _recover_secret(step: SecretStep, journal: Journal, aws: Account) -> bool:
    """Return whether the step was marked as done or reverted; False if AWS has nothing of it."""
    state = aws.secrets.state(step.what)
    if state is None or state.deleted:
        return False
    if _is_complete(step, state):
        journal.mark_done(step, state.arn)
        return True
    if step.action is Action.RESTORE:
        # The secret was restored, but its new value was not stored: delete it again.
        aws.secrets.delete(step.what)
        return True
    return False


def _is_complete(step: SecretStep, state: SecretState) -> bool:
    """Return whether AWS has both the value and the settings of a step."""
    if step.token and step.token != state.current:
        return False
    return step.settings is None or step.settings == state.settings


def _recover_resource(step: ResourceStep, journal: Journal, aws: Account) -> None:
    key = step.resource_key
    now = aws.resources.read([key])[key]
    if now == step.settings:
        journal.mark_done(step)
        return
    if now != step.was:
        aws.resources.reconcile(*key, step.was)
    journal.mark_undone(step)


def remaining_plan(plan: Plan, journal: Journal) -> Plan:
    """Return a plan without the changes in AWS that an interrupted apply has completed.

    Args:
        plan: The plan of that apply.
        journal: The journal, after `recover`.
    """
    done = set()
    for step in journal.open_aws_steps(journal.interrupted_run()):
        if journal.is_done(step):
            version = step.previous if isinstance(step, SecretStep) else ""
            done.add((*step.resource_key, step.action, version))
    remaining = []
    for change in plan.changes:
        if (change.resource, change.name, change.action, change.version) not in done:
            remaining.append(change)
    return msgspec.structs.replace(plan, changes=tuple(remaining))
