"""Apply a plan to one app, or continue an apply that was interrupted."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.apply.apply_recovery import (
    is_unedited,
    recover,
    remaining_plan,
    uncompared_steps,
)
from shield_ai.flow.apply.file_transaction import undo_all
from shield_ai.flow.apply.run import Applier
from shield_ai.flow.apply.settings_check import SettingsCheck, SettingsComparison
from shield_ai.flow.apply.settings_values import known_values
from shield_ai.flow.apply.stale_logins import require_working_logins
from shield_ai.flow.plan.plan_effects import changes_nothing, edited_paths, rewrites_code
from shield_ai.flow.plan.planning_session import PlanningSession
from shield_ai.flow.plan.preconditions import (
    require_committed,
    require_environment,
    require_runtime_not_ignored,
    require_values,
)
from shield_ai.flow.value_sources import planned_env_files, require_unambiguous
from shield_ai.model.plan import NOT_COMPARED
from shield_ai.rewrite.project.dotenv_values import dotenv_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.flow.app_options import SettingsOptions
    from shield_ai.flow.journal.journal_record import FileStep
    from shield_ai.model.plan import Applied, Plan, Receipt
    from shield_ai.project.values import Values


class ApplySession(PlanningSession):
    """Applies the plan of one command. The arguments are those of `PlanningSession`."""

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the app against other commands."""
        with self.journal.locked():
            yield

    def recover(self) -> int:
        """Recover an interrupted apply, and return how many AWS steps were completed or reverted.

        Raises:
            UnsafePlanError: The interrupted apply was to another environment or account.
        """
        if self.aws is None:
            return 0
        require_environment(self.journal, self.environment)
        return recover(self.journal, self.aws)

    def remaining_plan(self, plan: Plan | None = None) -> Plan:
        """Return the plan of the changes that remain after a recovery.

        Args:
            plan: The plan to continue; None to make a new one.
        """
        return self.plan() if plan is None else remaining_plan(plan, self.journal)

    def has_nothing_to_do(self, plan: Plan) -> bool:
        """Return whether a plan changes nothing and no apply was interrupted.

        Args:
            plan: The plan.
        """
        return changes_nothing(plan) and not self.is_interrupted

    @property
    def is_interrupted(self) -> bool:
        """Whether the last apply was interrupted."""
        return bool(self.journal.load().interrupted_run())

    def steps_to_repeat(self, plan: Plan | None) -> list[FileStep]:
        """Return the file edits of an interrupted apply that did not compare the settings.

        The caller can undo them with `restore`; the next apply then makes and compares them again.

        Args:
            plan: The plan from a file; None if this command makes the plan.

        Returns:
            The steps, newest first; none if this apply can't repeat all of them.
        """
        steps = uncompared_steps(self.journal.load())
        if not all(is_unedited(step, self.tree.read) for step in steps):
            return []
        if plan:
            if not edited_paths(plan).issuperset(step.what for step in steps):
                return []
        return [] if self.only == "aws" else steps

    def restore(self, steps: Sequence[FileStep]) -> None:
        """Undo edits of an interrupted apply. Then use a new session: this one's scan is outdated.

        Args:
            steps: From `steps_to_repeat`.
        """
        undo_all(steps[::-1], tree=self.tree, journal=self.journal)

    def require_safe(
        self,
        plan: Plan,
        *,
        allow_dirty: bool,
        allow_missing: bool,
        allow_placeholders: bool = False,
    ) -> None:
        """Require that every secret has a value, and that the edits are safe in git.

        Args:
            plan: The plan.
            allow_dirty: Accept uncommitted changes.
            allow_missing: Accept secrets without a value.
            allow_placeholders: Accept placeholders such as `changeme`.

        Raises:
            ValueMissingError: A secret has no value, or a placeholder.
            UnsafePlanError: There are uncommitted changes, or git ignores a file that the app
                imports.
        """
        self.require_values(
            plan, allow_missing=allow_missing, allow_placeholders=allow_placeholders
        )
        require_runtime_not_ignored(self.tree.root, plan, self.manifest.app.runtime)
        if plan.files and not allow_dirty:
            require_committed(self.tree, self.journal)

    def require_values(
        self, plan: Plan, *, allow_missing: bool, allow_placeholders: bool = False
    ) -> None:
        """Require that every secret has a value.

        Args:
            plan: The plan.
            allow_missing: Accept secrets without a value.
            allow_placeholders: Accept placeholders such as `changeme`.

        Raises:
            ValueMissingError: A secret has no value, or a placeholder.
        """
        require_values(
            plan,
            self.values.selected_env_files(),
            self.tree.read,
            allow_missing=allow_missing,
            allow_placeholders=allow_placeholders,
        )

    def apply(
        self,
        plan: Plan,
        on_receipt: Callable[[Receipt], None],
        settings: SettingsOptions,
        *,
        on_edit: Callable[[], None] = lambda: None,
    ) -> Applied:
        """Apply a plan, and undo the edits if they change a setting.

        Args:
            plan: The plan.
            on_receipt: Called after each step; for files, after the settings are compared.
            settings: Whether and how to load the settings before and after the edits.
            on_edit: Called after the edit of each file.

        Raises:
            UnsafePlanError: A value in an env file is ambiguous, a setting differs, or the database
                rejects a new login.
        """
        selected = self.values.selected_env_files()
        values = self.values.open([*selected, *planned_env_files(plan.changes)])
        require_unambiguous(plan.changes, values)
        require_working_logins(plan, self.target_manifest, values, self.aws)
        change = dotenv_change(plan.dotenv, values, self.tree.read)
        if change:
            plan = msgspec.structs.replace(plan, files=(*plan.files, change))
        leaves_uncompared = bool(uncompared_steps(self.journal.load()))
        check = None
        if settings.may_run and rewrites_code(plan):
            comparison = self._load_settings(values, settings.python)
            check = SettingsCheck(comparison, strict=bool(plan.dotenv)).check
        applier = Applier(
            tree=self.tree,
            journal=self.journal,
            values=values,
            aws=self.aws if plan.changes else None,
            on_receipt=on_receipt,
            on_edit=on_edit,
            check=check,
        )
        applied = applier.apply(plan)
        if leaves_uncompared:
            return msgspec.structs.replace(applied, settings=NOT_COMPARED, leaves_uncompared=True)
        return applied

    def _load_settings(self, values: Values, python: str) -> SettingsComparison:
        known = known_values(self.scan_result, self.manifest, self.tree, values)
        comparison = SettingsComparison(
            self.tree,
            self.settings_modules(),
            self.manifest,
            known,
            os.environ,
            python,
        )
        comparison.map_path = self.scan_result.facts.runtime
        return comparison
