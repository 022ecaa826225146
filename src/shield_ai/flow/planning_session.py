"""Make the plan for one app from its files, the options and the account.

`AppSession` adds the commands that make changes.
"""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import role_name
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.apply import resolve_value
from shield_ai.flow.aws_plan import AwsInputs
from shield_ai.flow.deployment_plan import find_sources
from shield_ai.flow.journal import Journal
from shield_ai.flow.journal_record import SECRET
from shield_ai.flow.plan import CodeInputs, adds_runtime, make_plan
from shield_ai.flow.plan_check import planned_inputs, require_derived, require_safe_paths
from shield_ai.flow.plan_file import Scope, limit_plan, read_plan, require_app, require_scope
from shield_ai.flow.plan_lists import report_once
from shield_ai.flow.preconditions import (
    ignored_new_files,
    old_python_warnings,
    require_parsed_settings,
    require_untracked_dotenv,
    unhide_copy,
)
from shield_ai.flow.value_sources import EnvFiles, SecretCopies, has_value, placeholders
from shield_ai.model.deployment import Deployment
from shield_ai.model.environments import get_environment
from shield_ai.model.errors import ShieldError
from shield_ai.model.locator import Prompt
from shield_ai.model.naming import MANIFEST
from shield_ai.project import git
from shield_ai.project.git_process import is_in_repository
from shield_ai.project.python_versions import find_python_versions
from shield_ai.project.tree import BACKUP
from shield_ai.project.values import Values, read_env_file
from shield_ai.rewrite.project.env_example import PATH as ENV_EXAMPLE
from shield_ai.rewrite.project.fixer import DotenvFiles
from shield_ai.rewrite.python.move_literals import DOTENV, LiteralRemoval

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.aws.live.account import Account
    from shield_ai.model.edit import FileChange
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.plan import Origin, Plan, ValueState
    from shield_ai.model.resource import Resource
    from shield_ai.project.layout import AppFacts
    from shield_ai.project.python_versions import NamedVersion
    from shield_ai.scan.python.app_scan import Scan


class PlanningOptions(NamedTuple):
    """The sources of values for a plan, and what to do with them."""

    env_files: tuple[str, ...] = ()  # files to take values from
    copy_from: str = ""  # the environment to copy values from; empty: none
    # Prompts the user for the value of a variable; None: don't prompt.
    prompt: Callable[[str], Hidden] | None = None
    python: str = ""  # the interpreter that loads the settings; empty: that of the app
    remove_literals: bool = False  # move literals from the code to .env
    # Returns, by kind and name, whether to overwrite values and settings that differ in AWS.
    may_overwrite: Callable[[str, str], bool] = lambda _kind, _name: False


class PlanningSession(AppContext):
    """Makes the plan of one command on one app.

    Args:
        app: The app's folder.
        only: "code" or "aws" to limit the command to code or AWS.
        options: The sources of values, and what to do with them.
        environment: An environment of shield.toml; empty: none.
        scan: The scan of the app, if it was made already.

    Raises:
        SourceError: The folder does not exist.
    """

    def __init__(
        self,
        app: Path,
        *,
        only: Scope | None = None,
        options: PlanningOptions | None = None,
        environment: str = "",
        scan: Scan | None = None,
    ) -> None:
        super().__init__(app, only, environment, scan)
        self.journal = Journal(self.tree.root)
        # Whether verify may load the settings, which runs the app's code.
        self.may_run_settings = False
        # The settings modules that apply has compared, and why it could not compare others.
        self.compared_modules: list[str] = []
        self.comparison_problems: list[str] = []
        self._env_files = EnvFiles()
        self._options = options or PlanningOptions()

    @functools.cached_property
    def _copies(self) -> SecretCopies:
        return SecretCopies(self.manifest, self.open_account)

    def _values(self, env_files: Sequence[str]) -> Values:
        files = self._env_files.read(env_files)
        return Values(files, os.environ, self.tree.read, self._options.prompt, self._copies.read)

    def _selected_env_files(self) -> tuple[str, ...]:
        """Return the env files that the user named, or the one of the environment."""
        if self._options.env_files or not self.environment:
            return self._options.env_files
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
        plan = unhide_copy(self.tree.root, plan)
        pythons = self._python_versions() if adds_runtime(plan) else []
        unparsed = [skip for skip in self.unreadable if skip.path in facts.settings]
        deployment = Deployment() if self.only == "aws" else self.deployment
        unparsed += deployment.unread
        harmless = self.scan_result.harmless
        skipped, harmless = report_once(self.findings, plan.skipped, harmless)
        return msgspec.structs.replace(
            plan,
            skipped=(
                *skipped,
                *(self.scan_result.unresolved if self.only != "aws" else ()),
                *unparsed,
                *(() if self.only == "aws" else self.scan_result.file_reads),
                *self.scan_result.unscanned,
                *ignored_new_files(self.tree.root, plan),
                *old_python_warnings(pythons),
            ),
            harmless=harmless,
            deployment=deployment.variables,
            environment=self.environment,
            only=self.only or "",
            placeholders=tuple(placeholders(plan.changes, values)),
        )

    def _python_versions(self) -> list[NamedVersion]:
        app = self.manifest.app
        return find_python_versions(self.tree, (*app.settings, app.runtime))

    def _code_inputs(self) -> CodeInputs:
        facts = self.scan_result.facts
        return CodeInputs(
            accessor_import=facts.accessor_import(self.manifest),
            relative_package=facts.relative_package,
            test_module=facts.test_module(self.manifest.app.runtime),
            has_folder=self.tree.has_folder,
            real_path=self.tree.real_path,
            calls=self.scan_result.calls,
            python_files=self.scan_result.python_files,
            dotenv_files=self._dotenv_files(facts),
            django=facts.django,
            in_git=is_in_repository(self.tree.root),
            ignores_backups=bool(git.ignored_files(self.tree.root, [f"{MANIFEST}{BACKUP}"])),
            removal=self._literal_removal() if self._options.remove_literals else None,
            deployment=find_sources(
                self.tree.root,
                self.tree.read,
                self.deployment,
                self.manifest,
                self.environment,
                self.scan_result.migrated,
            ),
        )

    def _dotenv_files(self, facts: AppFacts) -> DotenvFiles:
        root = self.tree.root
        return DotenvFiles(
            examples=facts.env_examples,
            loads=facts.dotenv,
            reads=facts.reads_dotenv,
            is_tracked=git.git_state(root, DOTENV) is git.GitState.TRACKED,
            hides_example=bool(git.ignored_files(root, [ENV_EXAMPLE])),
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
        if self._options.copy_from:
            available = {**self._copies.locators(self._options.copy_from), **available}
        can_prompt = self._options.prompt is not None
        return AwsInputs(
            live=live,
            available=available,
            prompts={name: Prompt(name) for name in variables if can_prompt},
            target=target,
            desired=desired,
            last_applied=applied,
            compare_value=self._compare_value,
            has_value=functools.partial(has_value, values),
            may_overwrite=self._options.may_overwrite,
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
        """Return the file edits of a plan for code only; empty if planning fails."""
        try:
            session = PlanningSession(self.tree.root, only="code", scan=self.scan_result)
            return session.plan().files
        except ShieldError:
            return ()

    def load_plan(self, path: Path) -> Plan:
        """Load a plan from a file, and switch to its environment and to its part of the changes.

        Args:
            path: The file.

        Raises:
            StalePlanError: The file is not a valid plan.
            UnsafePlanError: The plan is for another app or environment, contradicts --only, or has
                a path or a source of a value outside the app.
        """
        loaded = read_plan(path, self.environment)
        require_app(loaded, path, self.manifest.app.name)
        require_scope(loaded, path, self.only)
        self.environment = loaded.environment
        self.only = self.only or loaded.only or None
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
