"""Run one command on one app: pass the result of each stage to the next.

The stages don't call each other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.apply import Applier
from shield_ai.flow.apply_recovery import recover, remaining_plan
from shield_ai.flow.journal_record import FileStep
from shield_ai.flow.plan import changes_nothing, rewrites_code
from shield_ai.flow.plan_file import Scope
from shield_ai.flow.planning_session import PlanningSession
from shield_ai.flow.preconditions import (
    require_committed,
    require_environment,
    require_runtime_not_ignored,
    require_values,
)
from shield_ai.flow.rollback import Rollback, conflicts
from shield_ai.flow.settings_check import SettingsCheck, SettingsComparison
from shield_ai.flow.settings_values import known_values
from shield_ai.flow.value_sources import planned_env_files
from shield_ai.flow.verify.aws import verify_aws
from shield_ai.flow.verify.code import verify_code, verify_policy, verify_runtime
from shield_ai.flow.verify.db_login import Login, try_login
from shield_ai.flow.verify.deployment import verify_deployment
from shield_ai.flow.verify.role import read_secrets
from shield_ai.flow.verify.settings import settings_not_checked, verify_settings
from shield_ai.flow.verify.usage import reads_secrets, verify_held, verify_usage
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.rewrite.python.move_literals import DOTENV, dotenv_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal_record import Step
    from shield_ai.flow.verify.check import Check
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.plan import Plan, Receipt
    from shield_ai.project.values import Values

__all__ = ["AppSession", "Scope"]


class AppSession(PlanningSession):
    """One run of a command on one app. The arguments are those of `PlanningSession`."""

    def resume(self, plan: Plan | None = None) -> Plan:
        """Recover an interrupted apply, and return the plan of the remaining changes.

        Args:
            plan: The plan to continue; None to make a new one.

        Raises:
            UnsafePlanError: The interrupted apply was to another environment or account.
        """
        if self.aws:
            require_environment(self.journal, self.environment)
            recover(self.journal, self.aws)
        if plan is None:
            return self.plan()
        return remaining_plan(plan, self.journal)

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

    def require_safe(
        self,
        plan: Plan,
        *,
        allow_dirty: bool,
        allow_missing: bool,
        allow_placeholders: bool = False,
    ) -> None:
        """Require that every secret has a value, and that git has no uncommitted changes.

        Args:
            plan: The plan.
            allow_dirty: Accept uncommitted changes.
            allow_missing: Accept secrets without a value.
            allow_placeholders: Accept placeholders such as `changeme`.

        Raises:
            ValueMissingError: A secret has no value, or a placeholder.
            UnsafePlanError: git has uncommitted changes, or ignores a file that the app imports.
        """
        require_values(plan, allow_missing=allow_missing, allow_placeholders=allow_placeholders)
        require_runtime_not_ignored(self.tree.root, plan, self.manifest.app.runtime)
        if plan.files and not allow_dirty:
            require_committed(self.tree, self.journal)

    def apply(
        self, plan: Plan, on_receipt: Callable[[Receipt], None], *, compare_settings: bool = True
    ) -> list[Receipt]:
        """Apply a plan, and undo the edits if they change a setting.

        Args:
            plan: The plan.
            on_receipt: Called after each step.
            compare_settings: Load the settings before and after the edits, to compare them.

        Raises:
            UnsafePlanError: A setting differs.
        """
        values = self._values([*self._selected_env_files(), *planned_env_files(plan.changes)])
        change = dotenv_change(plan.dotenv, values, self.tree.read(DOTENV))
        if change:
            plan = msgspec.structs.replace(plan, files=(*plan.files, change))
        check = None
        if compare_settings and rewrites_code(plan):
            check = self._settings_check(values, strict=bool(plan.dotenv))
        applier = Applier(
            tree=self.tree,
            journal=self.journal,
            values=values,
            aws=self.aws if plan.changes else None,
            on_receipt=on_receipt,
            check=check.check if check else lambda: None,
        )
        receipts = applier.apply(plan)
        if check:
            self.compared_modules = [module for module, _ in self.settings_modules()]
            self.comparison_problems = check.problems
        return receipts

    def _settings_check(self, values: Values, *, strict: bool) -> SettingsCheck:
        known = known_values(self.findings, self.manifest, self.tree, values)
        comparison = SettingsComparison(
            self.tree.root,
            self.settings_modules(),
            self.manifest,
            known,
            os.environ,
            self._options.python,
        )
        return SettingsCheck(comparison, strict=strict)

    def verify(self) -> list[Check]:
        """Run the checks of the code, of AWS, or of both."""
        checks: list[Check] = []
        if self.only != "aws":
            module = self.scan_result.facts.module(self.manifest.app.runtime)
            journal = self.journal.load()
            checks += verify_code(self.findings, self.manifest, module, journal, self.tree.read)
            is_used = reads_secrets(self.scan_result)
            copies = self.scan_result.copies
            checks += verify_runtime(self.manifest, self.tree, copies, is_used=is_used)
            checks.append(verify_usage(self.manifest, self.scan_result))
            checks.append(verify_deployment(self.deployment))
        if self.aws:
            checks += self._verify_aws(self.aws)
        return checks

    def _verify_aws(self, aws: Account) -> Iterator[Check]:
        target = self.target_manifest
        if not self.environment:
            yield from verify_policy(self.manifest, aws.id, self.tree.read)
        secrets = read_secrets(target, aws)
        yield from verify_aws(target, aws, secrets, self.tree.read)
        if not self.only:
            yield verify_held(target, aws, self.scan_result)
            modules = self.settings_modules()
            if modules and not self.may_run_settings:
                yield from settings_not_checked()
                return
            yield from verify_settings(
                self.tree.root,
                modules,
                target,
                secrets.readable,
                os.environ,
                self._options.python,
            )

    def steps_to_undo(self) -> list[Step]:
        """Return the steps of the last run to undo, newest first, and switch to its environment.

        Raises:
            UnsafePlanError: The run was to another environment.
        """
        steps = self._last_steps()
        environments = {step.environment for step in steps if not isinstance(step, FileStep)}
        if self.environment and environments - {self.environment}:
            raise UnsafePlanError(
                f"the last apply was not to {self.environment}",
                "remove --environment: rollback uses the environment of the last apply",
            )
        if environments:
            self.environment = environments.pop()
        return steps

    def _last_steps(self) -> list[Step]:
        match self.only:
            case "code":
                return [*self.journal.last_file_steps()]
            case "aws":
                return [*self.journal.last_aws_steps()]
            case None:
                return self.journal.last_steps()

    def rollback(
        self, steps: list[Step], *, force: bool, on_receipt: Callable[[Receipt], None]
    ) -> list[Receipt]:
        """Undo steps.

        Args:
            steps: From `steps_to_undo`.
            force: Restore files that were edited since apply, too.
            on_receipt: Called after each step.
        """
        rollback = Rollback(
            tree=self.tree,
            journal=self.journal,
            aws=self.aws if any(not isinstance(step, FileStep) for step in steps) else None,
            on_receipt=on_receipt,
            try_login=self._try_login,
            rotation_problem=self._rotation_problem,
        )
        return rollback.undo(steps, force=force)

    def _rotation_problem(self, name: str) -> str:
        """Return why a secret's pending rotation must be finished before a rollback."""
        from shield_ai.flow.rotation_reader import RotationReader

        reader = RotationReader(self.target_manifest, self.tree.root, self.aws_session)
        return reader.rollback_problem(name)

    def _try_login(self, name: str, value: Hidden) -> Login | None:
        """Log in to the database of a secret; None for other kinds of secrets."""
        prefix = self.target_manifest.app.prefix
        for secret in self.manifest.secret:
            if prefix + secret.name == name and secret.kind is Kind.DATABASE:
                return try_login(value, rotation_settings(secret))
        return None

    def edited_files(self, steps: list[Step]) -> list[tuple[str, bytes, bytes]]:
        """Return the files that were edited since apply: path, bytes after apply, current bytes.

        Args:
            steps: From `steps_to_undo`.
        """
        return [
            (conflict.path, self.journal.backups.read(conflict.applied), conflict.now or b"")
            for conflict in conflicts(steps, self.tree)
        ]
