"""Undo the last apply of an app: find its steps, and open what the rollback needs."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.rollback.run import Rollback
from shield_ai.flow.rollback.unsaved_values import UnsavedValues
from shield_ai.flow.verify.db_login import try_login
from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.project.app_folder import may_be_app_folder, require_app_folder
from shield_ai.project.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.flow.app_options import Scope
    from shield_ai.flow.journal.journal_record import AwsStep, Step
    from shield_ai.flow.verify.db_login import LoginAttempt
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.plan import Receipt


@contextlib.contextmanager
def open_undo(
    folder: Path, scope: Scope | None, environment: str, *, adopt: bool
) -> Iterator[Undo]:
    """Lock an app, and find the steps of its last apply.

    Args:
        folder: The app's folder.
        scope: The value of --only; None: not given.
        environment: The requested environment; empty: that of the last apply.
        adopt: Use the journal even if this user did not write it on this machine.

    Raises:
        SourceError: The folder has no journal, and is no app folder or is inside another app.
        UnsafePlanError: Another command holds the lock, the journal is not this user's, or the
            last apply was to another environment.
    """
    tree = Tree(folder)
    journal = Journal(tree.root, adopt=adopt)
    if not journal.path.exists():
        require_app_folder(tree.root)
        if not may_be_app_folder(tree.root):
            raise SourceError(
                f"nothing was applied in {tree.root}, and it has no app", "name the app's folder"
            )
    with journal.locked():
        steps = _last_steps(journal, scope)
        if scope != "code":
            steps = _add_kept_steps(steps, journal.kept_steps(), environment)
        environment = _common_environment(steps, environment, journal)
        options = AppOptions(only=scope, environment=environment)
        yield Undo(AppContext(folder, options), journal, steps)


def _common_environment(steps: Sequence[Step], environment: str, journal: Journal) -> str:
    """Return the environment of the steps in AWS, or the requested one if there are no such steps.

    Raises:
        UnsafePlanError: The steps are of another environment than the requested one.
    """
    environments = {step.environment for step in steps if not isinstance(step, FileStep)}
    edited = {journal.environment_of(step.run) for step in steps if isinstance(step, FileStep)}
    if environment and (environments | edited) - {environment, None}:
        raise UnsafePlanError(
            f"the last apply was not to {environment}",
            "remove --environment: rollback uses the environment of the last apply",
        )
    return environments.pop() if environments else environment


def _last_steps(journal: Journal, scope: Scope | None) -> Sequence[Step]:
    match scope:
        case "code":
            return journal.last_file_steps()
        case "aws":
            return journal.last_aws_steps()
        case None:
            return journal.last_steps()


def _open_steps_of(journal: Journal, scope: Scope | None) -> Callable[[str], Sequence[Step]]:
    """Return the function that returns the open steps of a run in the scope of a rollback."""
    match scope:
        case "code":
            return journal.open_file_steps
        case "aws":
            return journal.open_aws_steps
        case None:
            return journal.open_steps


def _add_kept_steps(
    steps: Sequence[Step], kept: Sequence[AwsStep], environment: str
) -> Sequence[Step]:
    """Add the AWS steps that earlier rollbacks could not undo, and therefore kept.

    They are added if they are newer than the oldest of the steps, and in the same account, region
    and environment: a secret that was kept because it had changed may have been deleted since.

    Args:
        steps: The open steps of the last apply.
        kept: The kept steps of all applies, newest first.
        environment: The requested environment; empty: any.
    """
    if steps:
        again = [step for step in kept if step.seq > steps[-1].seq]
    else:
        again = [step for step in kept if environment in {"", step.environment}]
    again = _with_newest_target(again, [*steps] or again)
    return sorted((*steps, *again), key=lambda step: step.seq, reverse=True)


def _with_newest_target(kept: Sequence[AwsStep], steps: Sequence[Step]) -> list[AwsStep]:
    """Return the kept steps in the account, region and environment of the newest step in AWS."""
    for step in steps:
        if not isinstance(step, FileStep):
            return [other for other in kept if _target(other) == _target(step)]
    return []


def _target(step: AwsStep) -> tuple[str, str, str]:
    return step.account, step.region, step.environment


@dataclasses.dataclass(frozen=True)
class Undo:
    """Undoes the last apply of an app."""

    app: AppContext  # with the environment of the last apply
    journal: Journal  # locked
    steps: Sequence[Step]  # newest first

    @property
    def kept(self) -> list[Step]:
        """The steps that an earlier rollback kept, and that are tried again."""
        return [step for step in self.steps if self.journal.is_kept(step)]

    @property
    def is_finished(self) -> bool:
        """Whether no apply has open steps in the scope of the rollback."""
        return not _last_steps(self.journal, self.app.options.only)

    @property
    def applied_at(self) -> datetime | None:
        """When the last apply of the steps started, in UTC; None if the journal does not tell."""
        kept = self.kept
        steps = [step for step in self.steps if step not in kept] or self.steps
        start = self.journal.start_of(steps[0].run) if steps else 0
        return datetime.fromtimestamp(start, UTC) if start else None

    @property
    def other_applies(self) -> int:
        """The number of other applies that the next rollbacks, with the same scope, can undo."""
        if self.journal.is_adopted:
            return 0  # the journal is used only once
        steps_of = _open_steps_of(self.journal, self.app.options.only)
        runs = {step.run for step in self.steps}
        return sum(bool(steps_of(run)) for run in self.journal.run_ids() if run not in runs)

    @functools.cached_property
    def unsaved(self) -> UnsavedValues:
        """The values in AWS that the app needs after the rollback."""
        return UnsavedValues(self.app, self.journal, self.steps)

    def run(self, on_receipt: Callable[[Receipt], None], *, force: bool) -> list[Receipt]:
        """Undo the steps.

        Args:
            on_receipt: Called after each step.
            force: Restore the exact old content of files that were edited since apply.
        """
        changes_aws = any(not isinstance(step, FileStep) for step in self.steps)
        rollback = Rollback(
            tree=self.app.tree,
            journal=self.journal,
            aws=self.app.aws if changes_aws else None,
            on_receipt=on_receipt,
            checks=self.unsaved.checks(self._try_login, self._rotation_problem),
        )
        return rollback.undo(self.steps, force=force)

    def _rotation_problem(self, name: str) -> str:
        """Return why a secret's pending rotation must be finished first; empty if it need not."""
        from shield_ai.flow.rotate.rotation_reader import RotationReader

        app = self.app
        reader = RotationReader(app.target_manifest, app.tree.root, app.aws_session)
        return reader.rollback_problem(name)

    def _try_login(self, name: str, value: Hidden) -> LoginAttempt | None:
        """Log in to the database of a secret; None for other kinds of secrets."""
        prefix = self.app.target_manifest.app.prefix
        for secret in self.app.manifest.secret:
            if prefix + secret.name == name and secret.kind is Kind.DATABASE:
                return try_login(value, rotation_settings(secret))
        return None
