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
from shield_ai.flow.apply import Applier, recover, resolve_value
from shield_ai.flow.aws_plan import AwsInputs
from shield_ai.flow.draft import draft
from shield_ai.flow.journal import SECRET, Journal
from shield_ai.flow.manifest_file import add_secrets, read_manifest, write_manifest
from shield_ai.flow.manifest_scan import scan_with_manifest
from shield_ai.flow.plan import CodeInputs, plan
from shield_ai.flow.plan_file import Scope, limit_plan, read_plan, require_app
from shield_ai.flow.preconditions import (
    require_committed,
    require_environment,
    require_parsed_settings,
    require_untracked_dotenv,
    require_values,
)
from shield_ai.flow.rollback import Rollback, conflicts, last_run
from shield_ai.flow.settings_check import SettingsComparison
from shield_ai.flow.settings_values import known_values
from shield_ai.flow.value_sources import (
    EnvFiles,
    SecretCopies,
    placeholders,
    planned_env_files,
)
from shield_ai.flow.verify.account import verify_account
from shield_ai.flow.verify.code import (
    verify_code,
    verify_policy,
    verify_resources,
    verify_runtime,
    verify_secrets,
)
from shield_ai.flow.verify.db_login import login_error
from shield_ai.flow.verify.role import read_all, verify_role
from shield_ai.flow.verify.settings import verify_settings
from shield_ai.model.environments import apply_environment, check_account, get_environment
from shield_ai.model.errors import ShieldError, SourceError, UnsafePlanError
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden
from shield_ai.model.plan import Action, Plan
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values, read_env_file
from shield_ai.rewrite.python.literals import DOTENV, LiteralRemoval, dotenv_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.aws.live.account import Account
    from shield_ai.aws.live.session import Session
    from shield_ai.flow.journal import Record
    from shield_ai.flow.verify.check import Check
    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Origin, Receipt
    from shield_ai.scan.python.app_scan import Scan

__all__ = ["AppSession", "Scope"]


class AppSession:
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
        self.tree = Tree(app)
        self.only = only
        self.journal = Journal(self.tree.root)
        self.environment = environment
        # The environment to copy values from; empty: none.
        self.copy_from = ""
        # Asks the user for the value of a variable; None: don't ask.
        self.prompt: Callable[[str], Hidden] | None = None
        # Tells by kind and name whether to overwrite values and settings that differ in AWS.
        self.may_overwrite: Callable[[str, str], bool] = lambda _kind, _name: False
        # Called with a label, the number of done items and their total.
        self.on_progress: Callable[[str, int, int], None] = lambda _label, _done, _total: None
        # The settings modules that apply has compared, and why it could not compare others.
        self.compared_modules: list[str] = []
        self.comparison_problems: list[str] = []
        self._given_env_files = tuple(env_files)
        self._env_files = EnvFiles()
        self._remove_literals = remove_literals

    @functools.cached_property
    def scan_result(self) -> Scan:
        """The scan of the app."""
        try:
            secrets = self.manifest_on_disk.secret if self.manifest_on_disk else ()
        except ShieldError:
            secrets = ()  # an invalid shield.toml is an error only where it is needed
        return scan_with_manifest(self.tree.root, secrets)

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings of the scan."""
        return self.scan_result.findings

    @property
    def unreadable(self) -> Sequence[Skipped]:
        """The files that the scan could not read or parse."""
        return [skip for skip in self.scan_result.skipped if not skip.line]

    @functools.cached_property
    def manifest_on_disk(self) -> Manifest | None:
        """shield.toml; None if it does not exist."""
        return read_manifest(self.tree)

    @functools.cached_property
    def manifest(self) -> Manifest:
        """shield.toml, or a draft if it does not exist."""
        return self.manifest_on_disk or self._draft()

    @property
    def target_manifest(self) -> Manifest:
        """The manifest with the settings of the environment."""
        return apply_environment(self.manifest, self.environment)

    def _draft(self) -> Manifest:
        if not self.scan_result.files:
            raise SourceError(
                f"no Python files in {self.tree.root}",
                "name the app's folder, for Django the one with manage.py",
            )
        return draft(self.findings, self.manifest_on_disk, self.scan_result.facts)

    def write_manifest(self, more: Sequence[Secret] = ()) -> str:
        """Write shield.toml, or add to it, and return what happened.

        Args:
            more: Secrets from other tools, added after those of the scan.
        """
        manifest = add_secrets(self._draft(), more)
        known = len(self.manifest_on_disk.secret) if self.manifest_on_disk else 0
        return write_manifest(self.tree, manifest, known)

    @functools.cached_property
    def aws(self) -> Account | None:
        """The account; None with --only code."""
        if self.only == "code":
            return None
        account = self._open_account(self.environment)
        check_account(self.manifest, self.environment, account.id)
        return account

    @property
    def aws_session(self) -> Session:
        """The connection to AWS.

        Raises:
            ShieldError: The command is limited to the code.
        """
        if self.aws is None:
            raise ShieldError("--only code excludes AWS", "remove --only code")
        return self.aws.session

    def _open_account(self, name: str) -> Account:
        """Open the account of an environment."""
        from shield_ai.aws.live.account import Account
        from shield_ai.aws.live.session import Session

        credentials = get_environment(self.manifest, name)
        session = Session(
            apply_environment(self.manifest, name).app.region,
            profile=credentials.profile,
            assume=credentials.assume,
            read=self.tree.read,
        )
        session.on_progress = self.on_progress
        return Account(session)

    @functools.cached_property
    def _copies(self) -> SecretCopies:
        return SecretCopies(self.manifest, self._open_account)

    def _values(self, env_files: Sequence[str]) -> Values:
        return Values(
            self._env_files.read(env_files),
            os.environ,
            self.tree.read,
            self.prompt,
            lambda path: self._copies.read(path),
        )

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
        made = plan(
            self.manifest,
            self.findings,
            self.tree.read,
            constants=self.scan_result.constants,
            aws=self._aws_inputs(values) if self.aws else None,
            code=self._code_inputs() if self.only != "aws" else None,
        )
        unparsed = [skip for skip in self.unreadable if skip.path in facts.settings]
        return msgspec.structs.replace(
            made,
            skipped=(*made.skipped, *unparsed),
            harmless=self.scan_result.harmless,
            environment=self.environment,
            placeholders=tuple(placeholders(made.changes, values)),
        )

    def _code_inputs(self) -> CodeInputs:
        return CodeInputs(
            accessor_import=self.scan_result.facts.accessor_import(self.manifest),
            has_folder=self.tree.has_folder,
            calls=self.scan_result.calls,
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

    def _aws_inputs(self, values: Values) -> AwsInputs:
        variables = [name for secret in self.manifest.secret for name in secret.variables()]
        target = self.target_manifest
        aws = self.aws
        assert aws is not None
        desired = resources(target, aws.id, target.app.region, self.tree.read)
        created_roles = {resource.name for resource in desired if resource.kind == "role"}
        if target.app.role and role_name(target.app) not in created_roles:
            aws.require_role(role_name(target.app))
        applied = self.journal.load().applied_settings(aws.id, target.app.region, self.environment)
        keys = {key for key in applied if key[0] != SECRET} | {item.key for item in desired}
        live = aws.live([target.app.prefix + secret.name for secret in target.secret], keys)
        copies = self._copies.locators(self.copy_from) if self.copy_from else {}
        return AwsInputs(
            live=live,
            available={**copies, **values.available(variables)},
            prompts={name: f"prompt:{name}" for name in variables} if self.prompt else {},
            target=target,
            desired=desired,
            last_applied=applied,
            compare_value=self._compare_value,
            may_overwrite=self.may_overwrite,
        )

    def _compare_value(self, name: str, version: str, origins: tuple[Origin, ...]) -> str:
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
            UnsafePlanError: The plan is for another app or environment.
        """
        loaded = read_plan(path, self.environment)
        self.environment = loaded.environment
        require_app(loaded, path, self.manifest.app.name)
        return limit_plan(loaded, self.only)

    def resume(self, made: Plan | None = None) -> Plan:
        """Settle an interrupted apply, and return the plan of what remains to be done.

        Args:
            made: The plan to continue; None to make a new one.

        Raises:
            UnsafePlanError: The interrupted apply was to another environment or account.
        """
        if self.aws:
            require_environment(self.journal, self.environment)
            recover(self.journal, self.aws)
        if made is None:
            return self.plan()
        done = [
            (*step.resource_key, step.action, step.previous)
            for step in self.journal.open_steps(self.journal.interrupted_run(), "aws")
            if self.journal.is_done(step)
        ]
        remaining = [
            change
            for change in made.changes
            if (change.resource, change.name, change.action, change.version) not in done
        ]
        return msgspec.structs.replace(made, changes=tuple(remaining))

    def has_nothing_to_do(self, made: Plan) -> bool:
        """Return whether a plan changes nothing and no apply was interrupted.

        Args:
            made: The plan.
        """
        if made.files or self.is_interrupted:
            return False
        return all(change.action in {Action.KEEP, Action.DRIFT} for change in made.changes)

    @property
    def is_interrupted(self) -> bool:
        """Whether the last apply was interrupted."""
        return bool(self.journal.load().interrupted_run())

    def require_safe(
        self,
        made: Plan,
        *,
        allow_dirty: bool,
        allow_missing: bool,
        allow_placeholders: bool = False,
    ) -> None:
        """Require that a plan can be applied without losing anything.

        Args:
            made: The plan.
            allow_dirty: Accept uncommitted changes.
            allow_missing: Accept secrets without a value.
            allow_placeholders: Accept placeholders such as `changeme`.

        Raises:
            ValueMissingError: A secret has no value, or a placeholder.
            UnsafePlanError: git has uncommitted changes.
        """
        require_values(made, allow_missing=allow_missing, allow_placeholders=allow_placeholders)
        if made.files and not allow_dirty:
            require_committed(self.tree, self.journal)

    def apply(
        self, made: Plan, tell: Callable[[Receipt], None], *, compare_settings: bool = True
    ) -> list[Receipt]:
        """Apply a plan, and undo the edits if they change a setting.

        Args:
            made: The plan.
            tell: Called after each step.
            compare_settings: Load the settings before and after the edits, to compare them.

        Raises:
            UnsafePlanError: A setting differs.
        """
        paths = self._selected_env_files()
        planned = [path for path in planned_env_files(made.changes) if path not in paths]
        values = self._values([*paths, *planned])
        rewrites_code = any(file.before and file.path.endswith(".py") for file in made.files)
        change = dotenv_change(made.dotenv, values, self.tree.read(DOTENV))
        if change:
            made = msgspec.structs.replace(made, files=(*made.files, change))
        check = _no_check
        if compare_settings and rewrites_code:
            check = self._settings_check(values, strict=bool(made.dotenv))
        applier = Applier(
            tree=self.tree,
            journal=self.journal,
            values=values,
            aws=self.aws if made.changes else None,
            tell=tell,
            check=check,
        )
        return applier.apply(made)

    def _settings_check(self, values: Values, *, strict: bool) -> Callable[[], None]:
        """Load the settings, and return a function that loads them again and compares them.

        Args:
            values: The value sources.
            strict: Whether a module that can't be compared is an error.
        """
        modules = self._settings_modules()
        known = known_values(self.findings, self.manifest, self.tree, values)
        comparison = SettingsComparison(self.tree.root, modules, self.manifest, known, os.environ)
        comparison.load_before()

        def check() -> None:
            differ, self.comparison_problems = comparison.compare_after()
            if differ:
                raise UnsafePlanError(
                    f"these settings would change: {', '.join(differ)}",
                    "every file was restored; please report it, "
                    "or remove the secrets from shield.toml",
                )
            if strict and self.comparison_problems:
                raise UnsafePlanError(
                    f"not proved that the app finds in {DOTENV} what was removed from the code: "
                    f"{self.comparison_problems[0]}",
                    "every file was restored; run shield where the app's dependencies are "
                    "installed, or use --no-proof",
                )
            self.compared_modules = [module for module, _ in modules]

        return check

    def _settings_modules(self) -> list[tuple[str, str]]:
        """Return the settings modules, each with the folder that it is imported from."""
        facts = self.scan_result.facts
        return [(facts.module(path), facts.root(path)) for path in self.manifest.app.settings]

    def verify(self) -> list[Check]:
        """Run the checks of the code, of AWS, or of both."""
        checks: list[Check] = []
        if self.only != "aws":
            checks += verify_code(self.findings, self.journal.load(), self.tree.read)
            checks += verify_runtime(self.manifest, self.tree.read)
        if self.aws:
            checks += self._verify_aws(self.aws)
        return checks

    def _verify_aws(self, aws: Account) -> Iterator[Check]:
        target = self.target_manifest
        if not self.environment:
            yield from verify_policy(self.manifest, aws.id, self.tree.read)
        seen = read_all(target, aws)
        yield from verify_secrets(target, seen.values, aws)
        desired = resources(target, aws.id, target.app.region, self.tree.read)
        yield from verify_resources(desired, aws)
        yield from verify_role(target, aws, seen)
        yield from verify_account(target, aws, seen.values)
        if not self.only:
            values = {n: value for n, value in seen.values.items() if isinstance(value, Hidden)}
            modules = self._settings_modules()
            yield from verify_settings(self.tree.root, modules, target, values, os.environ)

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
        self, steps: list[Record], *, force: bool, tell: Callable[[Receipt], None]
    ) -> list[Receipt]:
        """Undo steps.

        Args:
            steps: From `steps_to_undo`.
            force: Restore files that were edited since apply, too.
            tell: Called after each step.
        """
        rollback = Rollback(
            tree=self.tree,
            journal=self.journal,
            aws=self.aws if any(step.kind == "aws" for step in steps) else None,
            tell=tell,
            login_error=self._login_error,
        )
        return rollback.undo(steps, force=force)

    def _login_error(self, name: str, value: Hidden) -> str | None:
        """Return why a database does not accept a login; None for other kinds of secrets."""
        prefix = self.target_manifest.app.prefix
        for secret in self.manifest.secret:
            if prefix + secret.name == name and secret.kind is Kind.DATABASE:
                return login_error(value, rotation_settings(secret))
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


def _no_check() -> None:
    """Accept every edit."""
