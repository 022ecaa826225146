"""Undo the last apply: restore files, delete created secrets, restore everything else in AWS.

A deleted secret can be restored within AWS's recovery window.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shield_ai.flow.apply import file_transaction
from shield_ai.flow.journal.journal_record import (
    FileStep,
    ResourceStep,
    SecretStep,
    require_same_account,
)
from shield_ai.flow.pull import pull_command_for
from shield_ai.flow.rollback.edited_files import edited_error, find_edited_files
from shield_ai.flow.rollback.removed_modules import (
    find_importers,
    find_needed_files,
    importer_error,
    keep_hint,
    keep_reason,
    kept_name,
)
from shield_ai.flow.rollback.restored_settings import restore_settings
from shield_ai.flow.verify.db_login import LoginResult
from shield_ai.model.errors import AwsError, RollbackIncompleteError
from shield_ai.model.plan import Action, Receipt, StepKind, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal.journal_record import AwsStep, Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.flow.rollback.edited_files import EditedFile
    from shield_ai.flow.rollback.removed_modules import Importer
    from shield_ai.flow.verify.db_login import LoginAttempt
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.resource import SecretState
    from shield_ai.project.tree import Tree

# Takes a secret's name and value, and tries its login; returns None for a secret without a login.
TryLogin: TypeAlias = "Callable[[str, Hidden], LoginAttempt | None]"

# The account, the region, and the kind and name of a secret or resource.
_Target: TypeAlias = "tuple[str, str, tuple[str, str]]"

UNDONE = StepStatus.UNDONE
KEPT = StepStatus.KEPT
# For a secret that shield.toml does not list.
SHOW_COMMAND = "aws secretsmanager get-secret-value --secret-id {name} --region {region}"
_RESTORE_COMMAND = "aws secretsmanager restore-secret --secret-id {name} --region {region}"
_CHANGED_SETTINGS = "its settings were changed since apply; restore them manually"


class _Outcome(NamedTuple):
    status: StepStatus
    detail: str
    is_open: bool = False  # the next rollback tries a kept step again
    restored: bool = False  # the settings of a kept secret were restored


class _Files(NamedTuple):
    merged: Mapping[str, EditedFile]  # they keep the edits since apply
    copies: dict[str, str]  # the copies of the other edited files; empty: the user removed the file
    needed: Mapping[str, Importer]  # they are kept, because remaining code imports them


def _target(step: AwsStep) -> _Target:
    return step.account, step.region, step.resource_key


def _no_login(_name: str, _value: Hidden) -> LoginAttempt | None:
    return None


def _no_problem(_name: str) -> str:
    return ""


def _not_pulled(_name: str) -> bool:
    return False


def _listed(_name: str) -> bool:
    return True


def _require_safe(lost: Sequence[EditedFile], importers: Sequence[Importer]) -> None:
    """Refuse to lose edits, and to remove modules that other code imports."""
    manual = [file for file in lost if not file.is_generated]
    if manual:
        raise edited_error(manual, keep_hint(importers))
    if importers:
        raise importer_error(importers)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rollback:
    """Undoes the open steps of the last apply, and those that earlier rollbacks kept.

    Args:
        tree: The app's folder.
        journal: Locked by the caller.
        aws: The account; None if no step needs it.
        on_receipt: Called with the result of each step, and with each file of the user that was
            saved.
        try_login: Checks whether the previous value of a secret still works.
        rotation_problem: Takes a secret's name. Returns why its pending rotation must be finished
            first; empty if it need not.
        is_pulled: Takes a secret's name. Returns whether an env file has its current value.
        is_listed: Takes a secret's name. Returns whether shield.toml lists it, as `shield pull`
            requires.
    """

    tree: Tree
    journal: Journal
    aws: Account | None
    on_receipt: Callable[[Receipt], None]
    try_login: TryLogin = _no_login
    rotation_problem: Callable[[str], str] = _no_problem
    is_pulled: Callable[[str], bool] = _not_pulled
    is_listed: Callable[[str], bool] = _listed

    # The steps of secrets that were rotated since apply.
    rotated: list[SecretStep] = dataclasses.field(default_factory=list, init=False)
    # The files, secrets and resources that were not undone: all that the next rollback tries again,
    # and those that this rollback is the first to keep.
    not_undone: list[str] = dataclasses.field(default_factory=list, init=False)
    # The files, secrets and resources that the next rollback tries again.
    retried: list[str] = dataclasses.field(default_factory=list, init=False)

    def undo(self, steps: Sequence[Step], *, force: bool) -> list[Receipt]:
        """Undo steps.

        Args:
            steps: The steps, newest first.
            force: If true, restore the exact previous content of files that were edited since, and
                save the user's version in .shield/edited; only modules that remaining code imports
                and changed values in env files are kept. If false, undo only the edits of apply, or
                raise UnsafePlanError.

        Raises:
            UnsafePlanError: Later edits of a file can't be separated from those of apply; remaining
                code imports a module that would be removed; or a step ran in another account.
                Nothing was done.
            RollbackIncompleteError: Steps stay open for the next rollback, or this rollback is the
                first to keep them. The other steps were undone, or kept by an earlier rollback.
            SourceError: A file or a backup can't be read.
        """
        self._require_account(steps)
        files = self._prepare_files(steps, force=force)
        reported = frozenset(map(_target, self.journal.kept_steps()))
        receipts: list[Receipt] = []
        for step in steps:
            if isinstance(step, FileStep):
                receipt = self._undo_file(step, files)
            elif self.aws:
                receipt = self._undo_aws(step, self.aws, reported)
            else:
                raise ValueError("the steps in AWS need the account")
            receipts.append(receipt)
            self.on_receipt(receipt)
        self._require_complete()
        return receipts

    def _prepare_files(self, steps: Sequence[Step], *, force: bool) -> _Files:
        """Find out what happens to each file, and save the edits that the rollback overwrites.

        Raises:
            UnsafePlanError: Edits would be lost, or needed modules removed, and `force` is false.
            SourceError: A file or a backup can't be read.
        """
        edited = find_edited_files(steps, self.tree, self.journal)
        merged = {file.path: file for file in edited if file.is_merged(force=force)}
        lost = [file for file in edited if file.path not in merged]
        contents = {path: file.merged or b"" for path, file in merged.items()}
        importers = find_importers(steps, self.tree, contents)
        if not force:
            _require_safe(lost, importers)
        needed = find_needed_files(importers, steps, self.tree)
        copies = {file.path: self._save_edits(file) for file in lost if file.path not in needed}
        return _Files(merged, copies, needed)

    def _require_complete(self) -> None:
        """Raise an error for steps that stay open or that this rollback is the first to keep."""
        if not self.not_undone:
            return
        hints = []
        # `is_pulled` is called again, because the rollback may have restored the env file.
        to_pull = [
            step
            for step in self.rotated
            if self.is_listed(step.what) and not self.is_pulled(step.what)
        ]
        if to_pull:
            command = pull_command_for(self.tree, to_pull[0].environment)
            hints.append(f"run {command}, so that the app has the current values with AWS off")
        if self.retried:
            hints.append("see the reasons above; resolve them, then run shield rollback again")
        elif self.journal.last_steps():
            hints.append("to undo the steps of the apply before, run shield rollback again")
        elif not hints:
            hints.append("see the reasons above")
        raise RollbackIncompleteError(f"not undone: {', '.join(self.not_undone)}", "; ".join(hints))

    def _require_account(self, steps: Sequence[Step]) -> None:
        if self.aws:
            aws_steps = [step for step in steps if not isinstance(step, FileStep)]
            require_same_account(aws_steps, self.aws.id, self.aws.session.region)

    def _save_edits(self, file: EditedFile) -> str:
        """Save the user's version of a file, and restore the version that apply wrote.

        The step can then be undone like any other.

        Returns:
            The path of the copy; empty if the user removed the file.
        """
        if file.now is None:
            self.tree.write(file.path, file.applied, private=True, mode=file.mode)
            return ""
        copy = self.journal.backups.save_edited_copy(file.path, file.now)
        self.tree.write(file.path, file.applied)
        return copy

    def _keep_file(self, step: FileStep, importer: Importer) -> Receipt:
        """Keep a file that remaining code imports; the next rollback tries to remove it again."""
        name = kept_name(step.what)
        if name not in self.retried:
            self.retried.append(name)
            self.not_undone.append(name)
        detail = keep_reason(importer)
        return Receipt(step=StepKind.FILE, what=step.what, status=KEPT, detail=detail)

    def _undo_file(self, step: FileStep, files: _Files) -> Receipt:
        if step.what in files.needed:
            return self._keep_file(step, files.needed[step.what])
        copy = files.copies.pop(step.what, "")
        file = files.merged.get(step.what)
        if file and file.merged is not None and file.now is not None:
            self.journal.backups.save_edited_copy(step.what, file.now)
            self.tree.write(step.what, file.merged, mode=step.mode if step.narrowed else 0)
        outcome = file_transaction.undo(step, tree=self.tree, journal=self.journal)
        if file:
            outcome = "restored with the edits since apply"
        if copy:
            detail = f"your version was saved as {copy}"
            self.on_receipt(Receipt(step=StepKind.FILE, what=step.what, status=KEPT, detail=detail))
        return Receipt(step=StepKind.FILE, what=step.what, status=UNDONE, detail=outcome)

    def _undo_aws(self, step: AwsStep, aws: Account, reported: Container[_Target]) -> Receipt:
        try:
            match step:
                case SecretStep():
                    kind, what = StepKind.SECRET, step.what
                    outcome = self._undo_secret(step, aws)
                case ResourceStep():
                    kind, what = StepKind.RESOURCE, f"{step.resource} {step.what}"
                    outcome = self._undo_resource(step, aws)
        except AwsError as error:
            outcome = _Outcome(KEPT, error.message, is_open=True)
        self._record(step, what, outcome, is_reported=_target(step) in reported)
        return Receipt(step=kind, what=what, status=outcome.status, detail=outcome.detail)

    def _record(self, step: AwsStep, what: str, outcome: _Outcome, *, is_reported: bool) -> None:
        """Record the outcome of a step in the journal, and what must be reported."""
        if outcome.status is UNDONE:
            self.journal.mark_undone(step)
            return
        if outcome.is_open:
            self.retried.append(what)
        elif not self.journal.is_kept(step):
            self.journal.mark_kept(step, outcome.detail, restored=outcome.restored)
        if outcome.is_open or not is_reported:
            self.not_undone.append(what)

    def _undo_secret(self, step: SecretStep, aws: Account) -> _Outcome:
        problem = self.rotation_problem(step.what)
        if problem:
            return _Outcome(KEPT, problem, is_open=True)
        if step.action is Action.UPDATE:
            return self._undo_update(step, aws)
        return self._undo_creation(step, aws)

    def _undo_creation(self, step: SecretStep, aws: Account) -> _Outcome:
        """Delete a created or restored secret, unless its value was changed since."""
        state = aws.secrets.state(step.what)
        if state is None or state.deleted:
            return _Outcome(UNDONE, "already deleted")
        is_current = "AWSCURRENT" in state.versions.get(step.token, ())
        never_stored = not self.journal.is_done(step) and step.token not in state.versions
        if never_stored and step.action is not Action.RESTORE:
            return _Outcome(UNDONE, "never created")
        if not is_current and not never_stored:
            detail = self._keep_rotated(step, "then", "delete the secret manually")
            return _Outcome(KEPT, detail)
        aws.secrets.delete(step.what)
        return _Outcome(UNDONE, "scheduled for deletion, restorable for 30 days")

    def _keep_rotated(self, step: SecretStep, conjunction: str, action: str) -> str:
        """Record that a secret was rotated, and return the detail of its receipt.

        Args:
            step: The step.
            conjunction: Joins the advice to copy the current value with the action.
            action: What the user can do.
        """
        self.rotated.append(step)
        advice = action
        if not self.is_pulled(step.what):
            command = SHOW_COMMAND.format(name=step.what, region=step.region)
            if self.is_listed(step.what):
                command = pull_command_for(self.tree, step.environment)
            advice = f"copy its current value with {command}, {conjunction} {action}"
        return f"its value was changed since apply: {advice}"

    def _undo_update(self, step: SecretStep, aws: Account) -> _Outcome:
        """Restore the previous value and settings of a secret, unless they were changed since.

        The value and the settings are restored independently of each other.
        """
        state = aws.secrets.state(step.what)
        if state is None or state.deleted:
            return self._explain_deleted(step, is_restorable=state is not None)
        applied = step.settings or {}
        settings, is_changed = restore_settings(step.was or {}, applied, state.settings)
        problem, note = self._restore_value(step, state, aws)
        aws.secrets.update_settings(step.what, settings, state.settings)
        if is_changed:
            problem = "; ".join(filter(None, (problem, _CHANGED_SETTINGS)))
        if problem:
            return _Outcome(KEPT, problem, restored=not is_changed)
        return _Outcome(UNDONE, f"restored{note}")

    def _explain_deleted(self, step: SecretStep, *, is_restorable: bool) -> _Outcome:
        """Return the outcome for an updated secret that was deleted since: kept at first.

        The next rollback accepts the deletion, unless the secret is restored before.
        """
        if self.journal.is_kept(step):
            return _Outcome(UNDONE, "already deleted")
        if not is_restorable:
            return _Outcome(KEPT, "it was deleted since apply, and AWS no longer has its value")
        command = _RESTORE_COMMAND.format(name=step.what, region=step.region)
        detail = "it was deleted since apply: to get its previous value back, restore it with"
        return _Outcome(KEPT, f"{detail} {command}, and roll back again")

    def _restore_value(self, step: SecretStep, state: SecretState, aws: Account) -> tuple[str, str]:
        """Make the previous version of a secret current again.

        Returns:
            Why the version can't be made current, and a note for the receipt; both may be empty.
        """
        if not step.token or state.current == step.previous:
            return "", ""
        if step.token != state.current:
            return self._explain_other_value(step, state), ""
        if not step.previous:
            return "", "; its value stays, because AWS can't remove the only version"
        if step.previous not in state.versions:
            return "AWS no longer has its previous value", ""
        login = self.try_login(step.what, aws.secrets.read(step.what, step.previous))
        if login is not None and login.result is LoginResult.REFUSED:
            return f"its previous value does not work: {login.detail}", ""
        aws.secrets.move_current(step.what, step.previous)
        if login is not None and login.detail:
            return "", f"; {login.detail}"
        return "", ""

    def _explain_other_value(self, step: SecretStep, state: SecretState) -> str:
        """Return why the current value is kept; empty if the step's value was never stored."""
        if not self.journal.is_done(step) and step.token not in state.versions:
            return ""
        return self._keep_rotated(step, "or", "restore it manually")

    def _undo_resource(self, step: ResourceStep, aws: Account) -> _Outcome:
        """Restore the previous settings of a resource, unless they were changed since."""
        key = step.resource_key
        now = aws.resources.read([key])[key]
        if now == step.was:
            return _Outcome(UNDONE, "already restored")
        if now != step.settings and self.journal.is_done(step):
            return _Outcome(KEPT, "it was changed since apply; restore it manually")
        aws.resources.reconcile(*key, step.was)
        return _Outcome(UNDONE, "removed" if step.was is None else "restored")
