"""Complete or revert the AWS steps of an interrupted apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.journal import Record, require_same_account
from shield_ai.model.plan import Action

if TYPE_CHECKING:
    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal import Journal
    from shield_ai.model.plan import Plan
    from shield_ai.model.resource import SecretState


def unfinished_steps(journal: Journal) -> list[Record]:
    """Return the AWS steps of an interrupted apply that may be incomplete, newest first.

    Args:
        journal: Loaded.
    """
    steps = journal.open_steps(journal.interrupted_run(), "aws")
    return [step for step in steps if not journal.is_done(step)]


def recover(journal: Journal, aws: Account) -> None:
    """Recover the AWS steps of an interrupted apply: mark each one as done, or revert it.

    Args:
        journal: Locked by the caller.
        aws: The account.

    Raises:
        AwsError: An AWS call failed.
        UnsafePlanError: The apply was to another account or region; nothing was done.
    """
    begun = journal.open_steps(journal.interrupted_run(), "aws")
    require_same_account(begun, aws.id, aws.session.region)
    for begin in begun:
        if journal.is_done(begin):
            continue
        if begin.resource:
            _recover_resource(begin, journal, aws)
        else:
            _recover_secret(begin, journal, aws)


def _recover_secret(begin: Record, journal: Journal, aws: Account) -> None:
    state = aws.secrets.state(begin.what)
    if state is None or state.deleted:
        return
    if _is_complete(begin, state):
        journal.mark_done(begin, state.arn)
    elif begin.action == Action.RESTORE:
        # The secret was restored, but its new value was not stored: delete it again.
        aws.secrets.delete(begin.what)


def _is_complete(begin: Record, state: SecretState) -> bool:
    """Return whether AWS has both the value and the settings of a step."""
    if begin.token and begin.token != state.current:
        return False
    return begin.settings is None or begin.settings == state.settings


def _recover_resource(begin: Record, journal: Journal, aws: Account) -> None:
    key = (begin.resource, begin.what)
    now = aws.resources.read([key])[key]
    if now == begin.settings:
        journal.mark_done(begin)
        return
    if now != begin.was:
        aws.resources.reconcile(*key, begin.was)
    journal.mark_undone(begin)


def remaining_plan(plan: Plan, journal: Journal) -> Plan:
    """Return a plan without the changes in AWS that an interrupted apply has completed.

    Args:
        plan: The plan of that apply.
        journal: After `recover`.
    """
    done = set()
    for step in journal.open_steps(journal.interrupted_run(), "aws"):
        if journal.is_done(step):
            done.add((*step.resource_key, step.action, step.previous))
    remaining = []
    for change in plan.changes:
        if (change.resource, change.name, change.action, change.version) not in done:
            remaining.append(change)
    return msgspec.structs.replace(plan, changes=tuple(remaining))
