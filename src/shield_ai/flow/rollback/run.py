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
from shield_ai.flow.rollback.absent_code import absent_error, is_code_absent
from shield_ai.flow.rollback.aws_steps import AwsUndo, Outcome, SecretChecks
from shield_ai.flow.rollback.edited_files import edited_error, find_edited_files
from shield_ai.flow.rollback.removed_modules import (
    find_importers,
    find_needed_files,
    importer_error,
    keep_hint,
    keep_reason,
    kept_name,
)
from shield_ai.model.errors import AwsError, RollbackIncompleteError
from shield_ai.model.plan import Receipt, StepKind, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal.journal_record import AwsStep, Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.flow.rollback.edited_files import EditedFile
    from shield_ai.flow.rollback.removed_modules import Importer
    from shield_ai.project.tree import Tree

# The account, the region, and the kind and name of a secret or resource.
_Target: TypeAlias = "tuple[str, str, tuple[str, str]]"

UNDONE = StepStatus.UNDONE
KEPT = StepStatus.KEPT


class _Files(NamedTuple):
    merged: Mapping[str, EditedFile]  # they keep the edits since apply
    copies: dict[str, str]  # the copies of the other edited files; empty: the user removed the file
    needed: Mapping[str, Importer]  # they are kept, because remaining code imports them


def _target(step: AwsStep) -> _Target:
    return step.account, step.region, step.resource_key


def _require_safe(
    lost: Sequence[EditedFile], importers: Sequence[Importer], *, is_other_branch: bool
) -> None:
    """Refuse to lose edits, to undo nothing, and to remove modules that other code imports."""
    manual = [file for file in lost if not file.is_generated]
    if manual:
        raise edited_error(manual, keep_hint(importers), is_other_branch=is_other_branch)
    if is_other_branch:
        raise absent_error()
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
        checks: What else decides about a secret.
    """

    tree: Tree
    journal: Journal
    aws: Account | None
    on_receipt: Callable[[Receipt], None]
    checks: SecretChecks = dataclasses.field(default_factory=SecretChecks)

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
                code imports a module that would be removed; the folder has none of the edits of
                code; or a step ran in another account. Nothing was done.
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
            changed = [file.path for file in edited if file.merged in {None, file.now}]
            is_other_branch = is_code_absent(steps, self.tree, self.journal, changed)
            _require_safe(lost, importers, is_other_branch=is_other_branch)
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
            if self.checks.is_listed(step.what) and not self.checks.is_pulled(step.what)
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
        match step:
            case SecretStep():
                kind, what = StepKind.SECRET, step.what
            case ResourceStep():
                kind, what = StepKind.RESOURCE, f"{step.resource} {step.what}"
        undo = AwsUndo(
            tree=self.tree,
            journal=self.journal,
            aws=aws,
            checks=self.checks,
            rotated=self.rotated,
        )
        try:
            outcome = undo.undo(step)
        except AwsError as error:
            outcome = Outcome(KEPT, error.message, is_open=True)
        self._record(step, what, outcome, is_reported=_target(step) in reported)
        return Receipt(step=kind, what=what, status=outcome.status, detail=outcome.detail)

    def _record(self, step: AwsStep, what: str, outcome: Outcome, *, is_reported: bool) -> None:
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
