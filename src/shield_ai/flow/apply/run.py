"""Apply a plan: edit the files as one transaction, then change AWS.

Each step is recorded in the journal before it runs.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from shield_ai.flow.apply import file_transaction
from shield_ai.flow.journal.journal_record import (
    FileStep,
    ResourceStep,
    SecretStep,
    require_same_account,
)
from shield_ai.model.errors import SourceError, StalePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.model.plan import NOT_COMPARED, Action, Applied, Receipt, StepKind, StepStatus
from shield_ai.model.resource import SECRET_KIND
from shield_ai.project.python_source import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.edit import FileChange
    from shield_ai.model.plan import Change, Comparison, Origin, Plan
    from shield_ai.model.resource import Live
    from shield_ai.project.tree import Tree
    from shield_ai.project.values import Values

_STALE_HINT = "run shield plan again and review the changes"
_OUTCOMES = {
    Action.CREATE: "created",
    Action.RESTORE: "restored",
    Action.UPDATE: "updated",
    Action.REMOVE: "removed",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Applier:
    """Applies plans to one app.

    Args:
        tree: The app's folder.
        journal: Locked by the caller.
        values: Resolves the plan's locators.
        aws: The account; None to apply the file edits only.
        on_receipt: Called after each step; after `check` for the files.
        on_edit: Called after the edit of each file.
        check: Called after the files are edited, to compare the settings; an exception from it
            undoes every edit.
    """

    tree: Tree
    journal: Journal
    values: Values
    aws: Account | None
    on_receipt: Callable[[Receipt], None]
    on_edit: Callable[[], None] = lambda: None
    check: Callable[[], Comparison] | None = None

    def apply(self, plan: Plan) -> Applied:
        """Apply a plan; skip the steps that are already done.

        Raises:
            StalePlanError: A file, secret or resource changed since the plan was made, or the
                account or region differs. Nothing was done.
            UnsafePlanError: An apply to another account was interrupted. Nothing was done.
            SourceError: A file can't be written; every file is unchanged.
            AwsError: An AWS call failed. The files are restored, the changes in AWS remain, and the
                next apply does the rest.
            ValueMissingError: A value no longer exists in the source that the plan names.
        """
        pending = self._pending_files(plan)
        changes = self._pending_changes(plan)
        if not pending and not changes and not self.journal.interrupted_run():
            return Applied()
        # Resolve every value before the first step: a missing value must not interrupt the run.
        values = self._secret_values(changes)
        if self.aws:
            _require_unchanged(plan, changes, self.aws)
            steps = self.journal.open_aws_steps(self.journal.interrupted_run())
            require_same_account(steps, self.aws.id, self.aws.session.region)
        run = self.journal.begin_run(tuple(file.path for file in pending), plan.environment)
        edits = file_transaction.stage_files(pending, run=run, tree=self.tree, journal=self.journal)
        file_transaction.commit_files(
            edits, tree=self.tree, journal=self.journal, on_edit=self.on_edit
        )
        receipts: list[Receipt] = []
        try:
            settings = self.check() if self.check else NOT_COMPARED
            for receipt in self._run_steps(plan, run, edits, changes, values):
                receipts.append(receipt)
                self.on_receipt(receipt)
        except BaseException:
            file_transaction.undo_all(edits, tree=self.tree, journal=self.journal)
            raise
        self.journal.end_run(run)
        return Applied(receipts=tuple(receipts), settings=settings)

    def _pending_files(self, plan: Plan) -> list[FileChange]:
        """Return the file changes that are not done yet.

        Raises:
            StalePlanError: A file changed since the plan was made.
        """
        pending = []
        for file in plan.files:
            now = self.tree.read(file.path)
            current = None if now is None else digest(now)
            if current == file.after:
                continue
            if current != file.before:
                raise _stale(file.path)
            pending.append(file)
        for path, planned in plan.read.items():
            if digest(self.tree.read(path) or b"") != planned:
                raise _stale(path)
        return pending

    def _pending_changes(self, plan: Plan) -> list[Change]:
        if not self.aws:
            return []
        unchanged = {Action.KEEP, Action.DRIFT}
        return [change for change in plan.changes if change.action not in unchanged]

    def _secret_values(self, changes: Sequence[Change]) -> dict[str, Hidden]:
        values = {}
        for change in changes:
            if change.resource == SECRET_KIND and change.origins:
                values[change.name] = resolve_value(change.origins, self.values)
        return values

    def _run_steps(
        self,
        plan: Plan,
        run: str,
        edits: Sequence[FileStep],
        changes: Sequence[Change],
        values: Mapping[str, Hidden],
    ) -> Iterator[Receipt]:
        """Change the secrets, then the resources.

        Yields:
            The receipts of the file edits, which are done already, and of each change.
        """
        for file_step in edits:
            yield _file_receipt(file_step)
        if self.aws is None:
            return
        for change in changes:
            if change.resource == SECRET_KIND:
                value = values.get(change.name)
                token = ""
                if value:
                    token = self.journal.request_token(change.name, value)
                secret_step = self.journal.write(_secret_step(change, plan, run, token))
                yield self._change_secret(change, value, secret_step, self.aws)
        for change in changes:
            if change.resource != SECRET_KIND:
                step = self.journal.write(_resource_step(change, plan, run))
                yield self._change_resource(change, step, self.aws)

    def _change_secret(
        self, change: Change, value: Hidden | None, step: SecretStep, aws: Account
    ) -> Receipt:
        settings = change.settings or {}
        arn = ""
        if value and change.action is Action.CREATE:
            arn = aws.secrets.create(change.name, value, settings, token=step.token)
        elif change.action is Action.RESTORE:
            arn = aws.secrets.restore(change.name, value, token=step.token)
        elif value:
            aws.secrets.put_value(change.name, value, token=step.token)
        if change.action is not Action.CREATE:
            aws.secrets.update_settings(change.name, settings, change.before or {})
        self.journal.mark_done(step, arn)
        detail = _OUTCOMES[change.action]
        return Receipt(
            step=StepKind.SECRET, what=change.name, status=StepStatus.DONE, detail=detail
        )

    def _change_resource(self, change: Change, step: ResourceStep, aws: Account) -> Receipt:
        aws.resources.reconcile(change.resource, change.name, change.settings)
        self.journal.mark_done(step)
        what = f"{change.resource} {change.name}"
        return Receipt(
            step=StepKind.RESOURCE,
            what=what,
            status=StepStatus.DONE,
            detail=_OUTCOMES[change.action],
        )


def _secret_step(change: Change, plan: Plan, run: str, token: str) -> SecretStep:
    return SecretStep(
        run=run,
        what=change.name,
        action=change.action,
        settings=change.settings,
        was=change.before,
        previous=change.version,
        token=token,
        account=plan.account,
        region=plan.region,
        environment=plan.environment,
    )


def _resource_step(change: Change, plan: Plan, run: str) -> ResourceStep:
    return ResourceStep(
        run=run,
        what=change.name,
        action=change.action,
        resource=change.resource,
        settings=change.settings,
        was=change.before,
        account=plan.account,
        region=plan.region,
        environment=plan.environment,
    )


def _file_receipt(step: FileStep) -> Receipt:
    detail = "created" if step.before is None else "edited"
    if step.narrowed:
        detail += ", restricted to its owner"
    return Receipt(step=StepKind.FILE, what=step.what, status=StepStatus.DONE, detail=detail)


def _stale(name: str) -> StalePlanError:
    return StalePlanError(f"{name} changed since the plan was made", _STALE_HINT)


def _require_unchanged(plan: Plan, changes: Sequence[Change], aws: Account) -> None:
    """Require that the account still has the state that the plan was made for.

    Raises:
        StalePlanError: The account or region differs, or a secret or resource changed.
    """
    secrets = [change.name for change in changes if change.resource == SECRET_KIND]
    resources = [
        (change.resource, change.name) for change in changes if change.resource != SECRET_KIND
    ]
    live = aws.live_state(secrets, resources)
    if live.account != plan.account or live.region != plan.region:
        raise StalePlanError(
            f"the plan is for account {plan.account} in {plan.region}, "
            f"but the current account is {live.account} in {live.region}",
            _STALE_HINT,
        )
    for change in changes:
        if not _is_as_planned(change, live):
            raise _stale(f"{change.resource} {change.name}")


def _is_as_planned(change: Change, live: Live) -> bool:
    """Return whether the state in AWS is the one that the change was planned for."""
    if change.resource != SECRET_KIND:
        return live.resources[change.resource, change.name] == change.before
    state = live.secrets.get(change.name)
    if change.action is Action.CREATE:
        return state is None
    if state is None:
        return False
    if change.action is Action.RESTORE:
        return state.deleted
    if state.deleted:
        return False
    return state.settings == change.before and state.current == change.version


def resolve_value(origins: tuple[Origin, ...], values: Values) -> Hidden:
    """Build the value of a secret: one text, or a JSON document with a member for each field.

    Args:
        origins: The field and the source of each part; a source without a field has the entire
            value.
        values: Resolves the locators.

    Raises:
        ValueMissingError: A value no longer exists in its source.
        SourceError: A value is not text, which AWS could not store.
    """
    parts = {}
    for origin in origins:
        parts[origin.field] = values.resolve(origin.source)
        try:
            parts[origin.field].reveal().encode()
        except UnicodeEncodeError:
            raise SourceError(
                f"the value of {origin.locator} is not UTF-8",
                "AWS stores secrets as text: encode binary data, for example in base64",
            ) from None
    if "" in parts:
        return parts[""]
    return Hidden(json.dumps({field: part.reveal() for field, part in parts.items()}))
