"""Run one command on one app: pass the result of each stage to the next.

The stages don't call each other.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.apply import Applier, recover, remaining_plan, resolve_value
from shield_ai.flow.aws_plan import AwsInputs
from shield_ai.flow.journal import SECRET, Journal
from shield_ai.flow.plan import CodeInputs, changes_nothing, make_plan, rewrites_code
from shield_ai.flow.plan_check import planned_inputs, require_derived, require_safe_paths
from shield_ai.flow.plan_file import Scope, limit_plan, read_plan, require_app
from shield_ai.flow.preconditions import (
    require_committed,
    require_environment,
    require_parsed_settings,
    require_untracked_dotenv,
    require_values,
)
from shield_ai.flow.rollback import Rollback, conflicts, last_run
from shield_ai.flow.settings_check import SettingsCheck, SettingsComparison
from shield_ai.flow.settings_values import known_values
from shield_ai.flow.value_sources import EnvFiles, SecretCopies, placeholders, planned_env_files
from shield_ai.flow.verify.aws import verify_aws
from shield_ai.flow.verify.code import verify_code, verify_policy, verify_runtime
from shield_ai.flow.verify.db_login import Login, try_login
from shield_ai.flow.verify.role import read_secrets
from shield_ai.flow.verify.settings import settings_not_checked, verify_settings
from shield_ai.flow.verify.usage import verify_held, verify_usage
from shield_ai.model.environments import get_environment
from shield_ai.model.errors import ShieldError, UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.project.values import Values, read_env_file
from shield_ai.rewrite.python.literals import DOTENV, LiteralRemoval, dotenv_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal import Record
    from shield_ai.flow.verify.check import Check
    from shield_ai.model.edit import FileChange
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.plan import Origin, Plan, Receipt, ValueState
    from shield_ai.model.resource import Resource

__all__ = ["AppSession", "Scope"]


class AppSession(AppContext):
    """One command on one app.

    Args:
        app: The app's folder.
        only: "code" or "aws" to limit the command to one half.
        env_files: Files to take values from.
        remove_literals: Move literals from the code to .env.
        environment: An environment of shield.toml; empty: none.

    Raises:
        SourceError: The folder does not exist.
    """

    def __init__(
        self,
        app: Path,
        *,
        only: Scope | None = None,
        env_files: Sequence[str] = (),
        remove_literals: bool = False,
        environment: str = "",
    ) -> None:
        super().__init__(app, only, environment)
        self.journal = Journal(self.tree.root)
        # The environment to copy values from; empty: none.
        self.copy_from = ""
        # Asks the user for the value of a variable; None: don't ask.
        self.prompt: Callable[[str], Hidden] | None = None
        # Tells by kind and name whether to overwrite values and settings that differ in AWS.
        self.may_overwrite: Callable[[str, str], bool] = lambda _kind, _name: False
        # Whether verify may load the settings, which runs the app's code.
        self.may_run_settings = False
        # The settings modules that apply has compared, and why it could not compare others.
        self.compared_modules: list[str] = []
        self.comparison_problems: list[str] = []
        self._given_env_files = tuple(env_files)
        self._env_files = EnvFiles()
        self._remove_literals = remove_literals

    @functools.cached_property
    def _copies(self) -> SecretCopies:
        return SecretCopies(self.manifest, self.open_account)

    def _values(self, env_files: Sequence[str]) -> Values:
        files = self._env_files.read(env_files)
        return Values(files, os.environ, self.tree.read, self.prompt, self._copies.read)

    def _selected_env_files(self) -> tuple[str, ...]:
        """Return the env files that the user named, or the one of the environment."""
        if self._given_env_files or not self.environment:
            return self._given_env_files
        path = get_environment(self.manifest, self.environment).env_file
        return (str(self.tree.path(path)),) if path else ()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the app against other commands."""
        with self.journal.locked():
            yield

    def plan(self) -> Plan:
        """Make a plan.

        Raises:
            ShieldError: The app, shield.toml or a source of values can't be used.
        """
        facts = self.scan_result.facts
        require_parsed_settings(self.manifest, facts, self.unreadable)
        values = self._values(self._selected_env_files())
        plan = make_plan(
            self.manifest,
            self.findings,
            self.tree.read,
            constants=self.scan_result.constants,
            aws=self._aws_inputs(self.aws, values) if self.aws else None,
            code=self._code_inputs() if self.only != "aws" else None,
        )
        unparsed = [skip for skip in self.unreadable if skip.path in facts.settings]
        return msgspec.structs.replace(
            plan,
            skipped=(*plan.skipped, *unparsed),
            harmless=self.scan_result.harmless,
            environment=self.environment,
            placeholders=tuple(placeholders(plan.changes, values)),
        )

    def _code_inputs(self) -> CodeInputs:
        return CodeInputs(
            accessor_import=self.scan_result.facts.accessor_import(self.manifest),
            has_folder=self.tree.has_folder,
            calls=self.scan_result.calls,
            python_files=self.scan_result.python_files,
            loads_dotenv=self.scan_result.facts.dotenv,
            removal=self._literal_removal() if self._remove_literals else None,
        )

    def _literal_removal(self) -> LiteralRemoval:
        require_untracked_dotenv(self.tree.root)
        existing: dict[str, Hidden] = {}
        if self.tree.read(DOTENV) is not None:
            existing = read_env_file(self.tree.path(DOTENV))
        return LiteralRemoval(
            [*self.findings, *self.scan_result.constants],
            self._values(()),
            existing,
            loads_dotenv=self.scan_result.facts.dotenv,
        )

    def _aws_inputs(self, aws: Account, values: Values) -> AwsInputs:
        target = self.target_manifest
        desired = self._desired_resources(aws)
        applied = self.journal.load().applied_settings(aws.id, target.app.region, self.environment)
        keys = {key for key in applied if key[0] != SECRET} | {item.key for item in desired}
        names = [target.app.prefix + secret.name for secret in target.secret]
        live = aws.live_state(names, keys)
        variables = target.variables()
        available = values.locators(variables)
        if self.copy_from:
            available = {**self._copies.locators(self.copy_from), **available}
        can_prompt = self.prompt is not None
        return AwsInputs(
            live=live,
            available=available,
            prompts={name: f"prompt:{name}" for name in variables if can_prompt},
            target=target,
            desired=desired,
            last_applied=applied,
            compare_value=self._compare_value,
            may_overwrite=self.may_overwrite,
        )

    def _desired_resources(self, aws: Account) -> Sequence[Resource]:
        """Return the desired resources; require the app's role unless it is one of them."""
        target = self.target_manifest
        desired = resources(target, aws.id, target.app.region, self.tree.read)
        roles = [resource.name for resource in desired if resource.kind == "role"]
        if target.app.role and role_name(target.app) not in roles:
            aws.require_role(role_name(target.app))
        return desired

    def _compare_value(self, name: str, version: str, origins: tuple[Origin, ...]) -> ValueState:
        """Compare the sources of a secret with a version in AWS, without reading that version."""
        value = resolve_value(origins, self._values(self._selected_env_files()))
        return self.journal.compare_value(name, value, version)

    def planned_edits(self) -> Sequence[FileChange]:
        """Return the edits of a plan for the code alone; empty if it can't be planned."""
        try:
            session = AppSession(self.tree.root, only="code")
            session.scan_result = self.scan_result
            return session.plan().files
        except ShieldError:
            return ()

    def load_plan(self, path: Path) -> Plan:
        """Load a plan from a file, and switch to its environment.

        Args:
            path: The file.

        Raises:
            StalePlanError: The file is not a valid plan.
            UnsafePlanError: The plan is for another app or environment, or has a path or a source
                of a value outside the app.
        """
        loaded = read_plan(path, self.environment)
        require_app(loaded, path, self.manifest.app.name)
        self.environment = loaded.environment
        require_safe_paths(loaded, self.tree, self._selected_env_files())
        if loaded.dotenv:
            require_untracked_dotenv(self.tree.root)
        return limit_plan(loaded, self.only)

    def require_derived(self, plan: Plan) -> None:
        """Require that planning now produces every change in AWS of a plan.

        Args:
            plan: From `load_plan`.

        Raises:
            StalePlanError: Planning does not produce a change.
            UnsafePlanError: A secret has a source that planning never chooses for it.
        """
        if self.aws is None or not plan.changes:
            return
        inputs = self._aws_inputs(self.aws, self._values(()))
        derived = make_plan(
            self.manifest,
            self.findings,
            self.tree.read,
            constants=self.scan_result.constants,
            aws=planned_inputs(inputs, plan, self.target_manifest),
        )
        require_derived(plan.changes, derived.changes)

    def resume(self, plan: Plan | None = None) -> Plan:
        """Settle an interrupted apply, and return the plan of what remains to be done.

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
        """Require that a plan can be applied without losing anything.

        Args:
            plan: The plan.
            allow_dirty: Accept uncommitted changes.
            allow_missing: Accept secrets without a value.
            allow_placeholders: Accept placeholders such as `changeme`.

        Raises:
            ValueMissingError: A secret has no value, or a placeholder.
            UnsafePlanError: git has uncommitted changes.
        """
        require_values(plan, allow_missing=allow_missing, allow_placeholders=allow_placeholders)
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
            self.tree.root, self.settings_modules(), self.manifest, known, os.environ
        )
        return SettingsCheck(comparison, strict=strict)

    def verify(self) -> list[Check]:
        """Run the checks of the code, of AWS, or of both."""
        checks: list[Check] = []
        if self.only != "aws":
            checks += verify_code(self.findings, self.journal.load(), self.tree.read)
            checks += verify_runtime(self.manifest, self.tree.read)
            checks.append(verify_usage(self.manifest, self.scan_result))
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
                self.tree.root, modules, target, secrets.readable, os.environ
            )

    def steps_to_undo(self) -> list[Record]:
        """Return the open steps of the last run, newest first, and switch to its environment.

        Raises:
            UnsafePlanError: The run was to another environment.
        """
        kind = {"code": "file", "aws": "aws", None: ""}[self.only]
        steps = self.journal.open_steps(last_run(self.journal, kind), kind)
        environments = {step.environment for step in steps if step.kind == "aws"}
        if self.environment and environments - {self.environment}:
            raise UnsafePlanError(
                f"the last apply was not to {self.environment}",
                "remove --environment: rollback uses the environment of the last apply",
            )
        if environments:
            self.environment = environments.pop()
        return steps

    def rollback(
        self, steps: list[Record], *, force: bool, on_receipt: Callable[[Receipt], None]
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
            aws=self.aws if any(step.kind == "aws" for step in steps) else None,
            on_receipt=on_receipt,
            try_login=self._try_login,
            rotation_problem=self._rotation_problem,
        )
        return rollback.undo(steps, force=force)

    def _rotation_problem(self, name: str) -> str:
        """Return why a secret's pending rotation must be finished before a rollback."""
        from shield_ai.flow.rotate import SecretRotator

        rotator = SecretRotator(self.target_manifest, self.tree.root, self.aws_session)
        return rotator.rollback_problem(name)

    def _try_login(self, name: str, value: Hidden) -> Login | None:
        """Log in to the database of a secret; None for other kinds of secrets."""
        prefix = self.target_manifest.app.prefix
        for secret in self.manifest.secret:
            if prefix + secret.name == name and secret.kind is Kind.DATABASE:
                return try_login(value, rotation_settings(secret))
        return None

    def edited_files(self, steps: list[Record]) -> list[tuple[str, bytes, bytes]]:
        """Return the files that were edited since apply: path, bytes after apply, current bytes.

        Args:
            steps: From `steps_to_undo`.
        """
        return [
            (conflict.path, self.journal.read_backup(conflict.applied), conflict.now or b"")
            for conflict in conflicts(steps, self.tree)
        ]
