"""Do what a plan says: the files, all or none of them, then AWS; each step is in the journal before it happens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.flow import file_transaction
from shield_ai.flow.journal import Record, refuse_elsewhere
from shield_ai.model.errors import StalePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.model.plan import Action, Receipt
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal import Journal
    from shield_ai.model.edit import FileChange
    from shield_ai.model.plan import Change, Origin, Plan
    from shield_ai.model.resource import SecretState
    from shield_ai.project.tree import Tree
    from shield_ai.project.values import Values

SECRET = "secret"
_STALE = "run shield plan again and look at what changed"


def apply(  # noqa: PLR0913  # each is a different thing that apply touches
    plan: Plan,
    *,
    tree: Tree,
    journal: Journal,
    values: Values,
    aws: Account | None,
    tell: Callable[[Receipt], None],
    check: Callable[[], None] = lambda: None,
) -> list[Receipt]:
    """Carry out a plan; what is done already is left as it is.

    Args:
        plan: What to do.
        tree: The app's folder.
        journal: Locked by the caller.
        values: Where the plan's locators lead.
        aws: The account; None for a plan without AWS changes.
        tell: Called after each step, for progress.
        check: Called when the files are in place; whatever it raises takes every edit back.

    Raises:
        StalePlanError: A file or a secret changed since the plan was made; nothing was done.
        UnsafePlanError: An apply elsewhere was cut off; nothing was done.
        SourceError: A file can't be written; every file is as it was.
        AwsError: AWS refused; the files are as they were, a second apply goes on where this one stopped.
        ValueMissingError: A value is no longer where the plan found it.
    """
    pending = _pending(plan, tree)
    changes = (
        [change for change in plan.changes if change.action not in {Action.KEEP, Action.DRIFT}]
        if aws
        else []
    )
    if not pending and not changes and not journal.unfinished():
        return []
    receipts: list[Receipt] = []

    def done(receipt: Receipt) -> None:
        receipts.append(receipt)
        tell(receipt)

    secrets = [
        (change, value_of(change.origins, values) if change.origins else None)
        for change in changes
        if change.resource == SECRET
    ]
    if aws:
        _check_account(plan, changes, aws)
        refuse_elsewhere(journal.open_steps(journal.unfinished()), aws.id, aws.session.region)
    run = journal.begin_run(tuple(file.path for file in pending))
    begun = file_transaction.stage(pending, run=run, tree=tree, journal=journal)
    file_transaction.commit(begun, tree=tree, journal=journal)
    try:
        check()
        for begin in begun:
            what = "created" if begin.before is None else "edited"
            what += ", closed to others" if begin.narrowed else ""
            done(Receipt(step="file", what=begin.what, status="done", detail=what))
        if aws:
            for change, value in secrets:
                done(_store(change, value, run=run, plan=plan, journal=journal, aws=aws))
            for change in changes:
                if change.resource != SECRET:
                    done(_put(change, run=run, plan=plan, journal=journal, aws=aws))
    except BaseException:
        file_transaction.take_back(begun, tree=tree, journal=journal)
        raise
    journal.write(Record(seq=0, run=run, event="end"))
    return receipts


def _pending(plan: Plan, tree: Tree) -> list[FileChange]:
    pending = []
    for file in plan.files:
        now = tree.read(file.path)
        current = None if now is None else digest(now)
        if current == file.after:
            continue
        if current != file.before:
            raise StalePlanError(f"{file.path} changed since the plan was made", _STALE)
        pending.append(file)
    for path, planned in plan.read.items():
        if digest(tree.read(path) or b"") != planned:
            raise StalePlanError(f"{path} changed since the plan was made", _STALE)
    return pending


def _check_account(plan: Plan, changes: list[Change], aws: Account) -> None:
    secrets = [change for change in changes if change.resource == SECRET]
    others = {
        (change.resource, change.name): change.before
        for change in changes
        if change.resource != SECRET
    }
    live = aws.live([change.name for change in secrets], others)
    if live.account != plan.account or live.region != plan.region:
        raise StalePlanError(
            f"the plan is for account {plan.account} in {plan.region}, this is {live.account} in {live.region}",
            _STALE,
        )
    for change in secrets:
        state = live.secrets.get(change.name)
        if not _as_planned(change, state):
            raise StalePlanError(
                f"secret {change.name} changed in AWS since the plan was made", _STALE
            )
    for (kind, name), before in others.items():
        if live.resources[kind, name] != before:
            raise StalePlanError(f"{kind} {name} changed in AWS since the plan was made", _STALE)


def _as_planned(change: Change, state: SecretState | None) -> bool:
    if state is None or change.action is Action.CREATE:
        return state is None and change.action is Action.CREATE
    if state.deleted or change.action is Action.RESTORE:
        return state.deleted and change.action is Action.RESTORE
    return state.settings == change.before and state.current == change.version


def value_of(origins: tuple[Origin, ...], values: Values) -> Hidden:
    """Build what is stored: one text, or one JSON document with a member for each field."""
    parts = {origin.field: values.resolve(origin.locator) for origin in origins}
    if "" in parts:
        return parts[""]
    return Hidden(json.dumps({field: part.reveal() for field, part in parts.items()}))


def _store(  # as apply
    change: Change, value: Hidden | None, *, run: str, plan: Plan, journal: Journal, aws: Account
) -> Receipt:
    token = journal.token(change.name, value) if value else ""
    begin = journal.write(
        Record(
            seq=0,
            run=run,
            event="begin",
            kind="aws",
            what=change.name,
            action=change.action,
            token=token,
            previous=change.version,
            settings=change.settings,
            was=change.before,
            account=plan.account,
            region=plan.region,
            environment=plan.environment,
        )
    )
    arn, settings, before = "", change.settings or {}, change.before or {}
    if value and change.action is Action.CREATE:
        arn = aws.secrets.create(change.name, value, settings, token=token)
    elif value and change.action is Action.RESTORE:
        arn = aws.secrets.restore(change.name, value, token=token)
    elif value:
        aws.secrets.put_value(change.name, value, token=token)
    if change.action is not Action.CREATE:
        aws.secrets.configure(change.name, settings, before)
    journal.write(Record(seq=0, run=run, event="done", of=begin.seq, arn=arn))
    words = {Action.CREATE: "created", Action.RESTORE: "restored", Action.UPDATE: "updated"}
    return Receipt(step="aws", what=change.name, status="done", detail=words[change.action])


def _put(change: Change, *, run: str, plan: Plan, journal: Journal, aws: Account) -> Receipt:
    begin = journal.write(
        Record(
            seq=0,
            run=run,
            event="begin",
            kind="aws",
            resource=change.resource,
            what=change.name,
            action=change.action,
            settings=change.settings,
            was=change.before,
            account=plan.account,
            region=plan.region,
            environment=plan.environment,
        )
    )
    aws.resources.upsert(change.resource, change.name, change.settings)
    journal.write(Record(seq=0, run=run, event="done", of=begin.seq))
    words = {Action.CREATE: "created", Action.UPDATE: "updated", Action.REMOVE: "removed"}
    return Receipt(
        step="resource",
        what=f"{change.resource} {change.name}",
        status="done",
        detail=words[change.action],
    )


def recover(journal: Journal, aws: Account) -> None:
    """Bring AWS to a known state after an apply that was killed: each begun step either happened or did not.

    Raises:
        AwsError: AWS refused.
        UnsafePlanError: It was an apply to another account or region; nothing was done.
    """
    begun = journal.open_steps(journal.unfinished(), "aws")
    refuse_elsewhere(begun, aws.id, aws.session.region)
    for begin in begun:
        if journal.done(begin):
            continue
        if begin.resource:
            _recover_resource(begin, journal, aws)
            continue
        state = aws.secrets.state(begin.what)
        if state and not state.deleted and _arrived(begin, state):
            journal.write(Record(seq=0, run=begin.run, event="done", of=begin.seq, arn=state.arn))
        elif state and begin.action == Action.RESTORE and not state.deleted:
            # restored, but without its new value: back to where it was
            aws.secrets.delete(begin.what)


def _arrived(begin: Record, state: SecretState) -> bool:
    """Tell whether everything that a step was to do to a secret has happened."""
    return (not begin.token or begin.token == state.current) and begin.settings in (
        None,
        state.settings,
    )


def _recover_resource(begin: Record, journal: Journal, aws: Account) -> None:
    """Find out whether a resource is as we wanted it; what is half done goes back to where it was."""
    key = (begin.resource, begin.what)
    now = aws.resources.read([key])[key]
    if now == begin.settings:
        journal.write(Record(seq=0, run=begin.run, event="done", of=begin.seq))
        return
    if now != begin.was:
        aws.resources.upsert(*key, begin.was)
    journal.write(Record(seq=0, run=begin.run, event="undone", of=begin.seq))
