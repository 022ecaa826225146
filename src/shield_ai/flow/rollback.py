"""Undo the last apply: files byte for byte, created secrets into deletion with a recovery window, the rest back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from shield_ai.flow import file_transaction
from shield_ai.flow.journal import Record, refuse_elsewhere
from shield_ai.model.errors import AwsError, RollbackIncompleteError, UnsafePlanError
from shield_ai.model.plan import Action, Receipt
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal import Journal
    from shield_ai.model.hidden import Hidden
    from shield_ai.project.tree import Tree

UNTRIED = "not tried"  # how a reason begins that says nothing of the value
Refusal: TypeAlias = "Callable[[str, Hidden], str | None]"


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A file that holds neither the old bytes nor ours."""

    path: str
    ours: str  # sha256 of what apply left, kept in the journal's backups
    now: bytes | None
    mode: int  # before apply; 0: it did not exist


def last_run(journal: Journal, kind: str = "") -> str:
    """Return the id of the newest run with something left to undo, empty if there is none.

    Args:
        journal: Loaded.
        kind: "file" or "aws" for that half only.
    """
    return next((run for run in reversed(journal.runs()) if journal.open_steps(run, kind)), "")


def conflicts(steps: list[Record], tree: Tree) -> list[Conflict]:
    """Find the files that somebody has edited since.

    Args:
        steps: The begins of a run, newest first.
        tree: The app's folder.
    """
    found: dict[str, Conflict] = {}
    expected: dict[str, str | None] = {}
    for step in (s for s in steps if s.kind == "file"):
        now = tree.read(step.what)
        current = expected.get(step.what, None if now is None else digest(now))
        if current == step.after:
            expected[step.what] = step.before
        elif current != step.before:
            found.setdefault(
                step.what, Conflict(path=step.what, ours=step.after, now=now, mode=step.mode)
            )
    return list(found.values())


def rollback(  # noqa: PLR0913  # each is a different thing that rollback touches
    steps: list[Record],
    *,
    tree: Tree,
    journal: Journal,
    aws: Account | None,
    force: bool,
    tell: Callable[[Receipt], None],
    refusal: Refusal = lambda _name, _value: None,
) -> list[Receipt]:
    """Undo the steps of one run.

    Args:
        steps: The begins to undo, newest first.
        tree: The app's folder.
        journal: Locked by the caller.
        aws: The account; None when no step needs it.
        force: Give back files that were edited since, keeping a copy of each in .shield/edited.
        tell: Called after each step.
        refusal: Says why the old value of a secret must not be made the current one again; None where it may.

    Raises:
        UnsafePlanError: A file was edited since and force is off, or a step was done elsewhere; nothing was done.
        RollbackIncompleteError: A secret could not be taken back, or was changed by somebody else; the rest was done.
    """
    if aws:
        refuse_elsewhere(steps, aws.id, aws.session.region)
    edited = conflicts(steps, tree)
    if edited and not force:
        names = ", ".join(conflict.path for conflict in edited)
        raise UnsafePlanError(
            f"edited since apply: {names}",
            "put the edits aside, or use --force: it restores the old file and keeps yours in .shield/edited",
        )
    aside = {conflict.path: _set_aside(conflict, tree, journal) for conflict in edited}
    receipts: list[Receipt] = []
    left: list[str] = []
    for step in steps:
        if step.kind == "file":
            receipts.append(_file(step, tree, journal))
            if place := aside.pop(step.what, ""):
                tell(
                    Receipt(
                        step="file",
                        what=step.what,
                        status="kept",
                        detail=f"your version is now {place}",
                    )
                )
        elif aws:
            undo = (
                _resource
                if step.resource
                else _updated
                if step.action == Action.UPDATE
                else _created
            )
            receipts.append(undo(step, journal, aws, refusal))
            left += [receipts[-1].what] if receipts[-1].status == "kept" else []
        tell(receipts[-1])
    if left:
        raise RollbackIncompleteError(
            f"left as it is: {', '.join(left)}",
            "see the lines above; run shield rollback again when it is settled",
        )
    return receipts


def _set_aside(conflict: Conflict, tree: Tree, journal: Journal) -> str:
    """Keep the user's version, then put ours in its place, so that it is undone like any other; return where it is."""
    gone = conflict.now is None
    place = "" if conflict.now is None else journal.put_aside(conflict.path, conflict.now)
    tree.write(
        conflict.path, journal.kept(conflict.ours), private=gone, mode=conflict.mode if gone else 0
    )
    return place


def _file(step: Record, tree: Tree, journal: Journal) -> Receipt:
    outcome = file_transaction.undo(step, tree=tree, journal=journal)
    return Receipt(step="file", what=step.what, status="undone", detail=outcome)


def _receipt(step: Record, journal: Journal) -> Callable[[str, str], Receipt]:
    """Return what makes the receipt of a step, and writes into the journal that it is undone."""
    kind, what = (
        ("resource", f"{step.resource} {step.what}") if step.resource else ("aws", step.what)
    )

    def receipt(status: str, detail: str) -> Receipt:
        if status == "undone":
            journal.write(Record(seq=0, run=step.run, event="undone", of=step.seq))
        return Receipt(step=kind, what=what, status=status, detail=detail)

    return receipt


def _created(step: Record, journal: Journal, aws: Account, _: Refusal) -> Receipt:
    """Schedule for deletion what we created, unless its current value is no longer ours."""
    receipt = _receipt(step, journal)
    try:
        state = aws.secrets.state(step.what)
        if state is None or state.deleted:
            return receipt("undone", "already gone")
        ours = "AWSCURRENT" in state.versions.get(step.token, ())
        cut_off = not journal.done(step) and step.token not in state.versions
        if cut_off and step.action != Action.RESTORE:
            return receipt("undone", "never created")
        if not ours and not cut_off:
            return receipt(
                "kept",
                "its value was changed since: put it where the app reads again, then delete it by hand",
            )
        aws.secrets.delete(step.what)
    except AwsError as error:
        return receipt("kept", error.message)
    return receipt("undone", "scheduled for deletion, restorable for 30 days")


def _updated(step: Record, journal: Journal, aws: Account, refusal: Refusal) -> Receipt:
    """Give a secret its former value and settings, unless somebody has changed them since."""
    receipt, note = _receipt(step, journal), ""
    try:
        state = aws.secrets.state(step.what)
        if state is None or state.deleted:
            return receipt("kept", "it was deleted since; its settings are lost with it")
        if journal.done(step) and (step.token or state.current) != state.current:
            return receipt("kept", "its value was changed since; settle it by hand")
        if journal.done(step) and state.settings != step.settings:
            return receipt("kept", "its settings were changed since; settle them by hand")
        if step.token and not step.previous:
            note = "; its value stays, AWS can't take the only one away"
        elif step.token and state.current == step.token != step.previous:
            if step.previous not in state.versions:
                return receipt("kept", "AWS no longer has its former value")
            why = refusal(step.what, aws.secrets.read(step.what, step.previous)) or ""
            if why and not why.startswith(UNTRIED):
                return receipt("kept", f"its former value does not work: {why}")
            aws.secrets.move_current(step.what, step.previous)
            note = f"; {why}" if why else ""
        aws.secrets.configure(step.what, step.was or {}, state.settings)
    except AwsError as error:
        return receipt("kept", error.message)
    return receipt("undone", f"as it was before{note}")


def _resource(step: Record, journal: Journal, aws: Account, _: Refusal) -> Receipt:
    """Put back what was there before us, unless it is no longer as we put it."""
    key = (step.resource, step.what)
    receipt = _receipt(step, journal)
    try:
        now = aws.resources.read([key])[key]
        if now == step.was:
            return receipt("undone", "as it was already")
        if now != step.settings and journal.done(step):
            return receipt("kept", "it was changed since; settle it by hand")
        aws.resources.upsert(*key, step.was)
    except AwsError as error:
        return receipt("kept", error.message)
    return receipt("undone", "removed" if step.was is None else "as it was before")
