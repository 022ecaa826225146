"""Prove that apply changes no setting, by loading the settings before and after it."""

from __future__ import annotations

import json
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.flow.apply.agent_stub import AgentStub
from shield_ai.flow.apply.load_environs import load_environs
from shield_ai.flow.apply.settings_causes import find_causes
from shield_ai.flow.apply.settings_probe import SettingsLoader, compare_settings
from shield_ai.flow.value_sources import app_env_values
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.model.naming import DOTENV, MANIFEST
from shield_ai.model.plan import Comparison
from shield_ai.project.app_name import metadata_names
from shield_ai.project.runtime_names import COPY, PACKAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.flow.apply.loaded_settings import LoadedSettings
    from shield_ai.flow.apply.settings_values import KnownValues
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.tree import Tree

# Seconds between two loads, so that timestamps with a resolution of 1 s differ.
_CLOCK_DELAY = 1.1
# Each is tried by itself, with another load of the settings.
_MAX_TRIED_SECRETS = 40


class SettingsCheck:
    """Rejects edits that change a setting.

    Args:
        comparison: Loads and compares the settings.
        strict: Whether a module that can't be compared is an error.
    """

    def __init__(self, comparison: SettingsComparison, *, strict: bool) -> None:
        self._comparison = comparison
        self._strict = strict
        comparison.load_before()

    def check(self) -> Comparison:
        """Load the settings again and compare them.

        Raises:
            UnsafePlanError: A setting differs, or the settings can't import the runtime.
        """
        differ, problems = self._comparison.compare_after()
        if differ and self._comparison.lacks_runtime:
            raise UnsafePlanError(
                f"shield-ai-runtime is not installed for {self._comparison.python}",
                "every file was restored; install shield-ai-runtime there, or set runtime ="
                f' "{self._comparison.map_path}" in [app] of shield.toml so that apply copies it'
                " into the app, or use --no-proof",
            )
        if differ:
            advice = "; ".join(self._comparison.causes)
            if advice:
                advice += "; then apply again"
            else:
                advice = _differ_advice(self._comparison)
            raise UnsafePlanError(
                f"these settings would change: {', '.join(differ)}",
                f"every file was restored; {advice}",
            )
        if self._strict and problems:
            raise UnsafePlanError(
                f"can't prove that the app reads the removed literals from {DOTENV}: {problems[0]}",
                "every file was restored; run shield where the app's dependencies are "
                "installed, or use --no-proof",
            )
        return self._comparison.summary(problems)


def _differ_advice(comparison: SettingsComparison) -> str:
    """Return what to do about settings that differ, without a known cause."""
    variables = comparison.variables_read_elsewhere()
    if not variables and comparison.has_secret_error:
        return (
            f"if the code reads another variable for the secret than {MANIFEST} names, write the"
            " same variable in both, and apply again"
        )
    if not variables:
        return (
            "remove the secrets that these settings read from shield.toml; if they read none,"
            " compare them yourself and use --no-proof; please report this as a bug"
        )
    names = " and ".join(variables)
    its, it = ("its secret", "it") if len(variables) == 1 else ("their secrets", "them")
    return (
        f"other code reads {names} itself: write shield.toml with shield draft, unless it exists,"
        f" remove {its} there, add {it} to ignore in [app], and apply again"
    )


class SettingsComparison:
    """Loads the settings before the edits and again after them.

    Args:
        tree: The app's folder.
        modules: The settings modules, each with the folder in the app that it is imported from.
        manifest: shield.toml.
        values: The values of the app's variables; other required variables get a sample value.
        environ: The environment variables of this process.
        python: The interpreter that loads the settings; by default, that of the app.
    """

    def __init__(
        self,
        tree: Tree,
        modules: Sequence[tuple[str, str]],
        manifest: Manifest,
        values: KnownValues,
        environ: Mapping[str, str],
        python: str = "",
    ) -> None:
        self.modules = tuple(module for module, _ in modules)
        self.map_path = "secrets.py"  # where apply could write a map file
        self.lacks_runtime = False  # whether a load after the edits did not find shield_runtime
        self.has_secret_error = False  # whether the runtime rejects an expression, with AWS on
        self._loader = SettingsLoader(tree.root, modules, python)
        self._loader.project_names = _project_names(tree, modules)
        self._loader.own_names = (PACKAGE, COPY, PurePosixPath(manifest.app.runtime).stem)
        self._loader.secret_names = {secret.name for secret in manifest.secret}
        self.python = self._loader.python
        self._manifest = manifest
        current = {name: Hidden(text) for name, text in environ.items()}
        # What to do about known causes, if settings differ.
        self.causes = tuple(
            find_causes(
                manifest,
                tree.read,
                values,
                {**app_env_values(tree, manifest.app.settings), **current, **values.env_files},
            )
        )
        self._environs = load_environs(tree.root, modules, manifest, values, environ)
        self._defaults = values.defaults
        self._loader.samples = self._environs.samples
        self._others = self._environs.others
        self._loader.hidden = [*self._environs.complete.values(), *self._others.values()]
        self._before: list[list[LoadedSettings]] = []
        self._differ_with_aws: set[str] = set()
        self._differ_with_others: set[str] = set()

    def load_before(self) -> None:
        """Load the settings with the current environment, and with every variable set."""
        self._before = [
            self._loader.load(self._environs.current),
            self._loader.load(self._environs.complete),
        ]

    def compare_after(self) -> tuple[list[str], list[str]]:
        """Load the settings as before and with AWS on, and compare them.

        With AWS on, the variables of the secrets are first not set, and then have other values.

        Returns:
            The settings that differ, and why modules could not be compared.
        """
        before_current, before_complete = self._before
        current = self._loader.load(self._environs.current)
        complete = self._loader.load(self._environs.complete)
        self.lacks_runtime = any(
            loaded.missing_module == PACKAGE for loaded in (*current, *complete)
        )
        differ_current, _ = compare_settings(before_current, current)
        differ_complete, problems = compare_settings(before_complete, complete)
        with_aws = self._load_with_aws()
        self.has_secret_error = any(loaded.error == "SecretError" for loaded in with_aws)
        differ_with_aws, _ = compare_settings(before_complete, with_aws, compares_errors=False)
        differ = list(dict.fromkeys([*differ_current, *differ_complete]))
        if differ or differ_with_aws:
            unstable = self._unstable_settings(current, complete)
            differ = [name for name in differ if name not in unstable]
            differ_with_aws = [name for name in differ_with_aws if name not in unstable]
        only_with_aws = [name for name in differ_with_aws if name not in differ]
        self._differ_with_aws = set(only_with_aws)
        marked = [f"{name} (with USE_AWS_SECRETS=true)" for name in only_with_aws]
        if not differ and not marked:
            marked = self._compare_with_other_values(current, complete)
        return differ + marked, problems

    def _compare_with_other_values(
        self, current: list[LoadedSettings], complete: list[LoadedSettings]
    ) -> list[str]:
        """Return the settings that use the environment although AWS has the secret, marked so.

        Args:
            current: The settings after the edits, with the current environment.
            complete: The same with every variable set.
        """
        differ = self._changed_by(self._others)
        if differ:
            unstable = self._unstable_settings(current, complete)
            differ = [name for name in differ if name not in unstable]
        self._differ_with_others = set(differ)
        return [f"{name} (from the environment with USE_AWS_SECRETS=true)" for name in differ]

    def _changed_by(self, others: Mapping[str, str]) -> list[str]:
        """Return the settings that other values of variables change with AWS on.

        Modules and classes that reject a value are not compared.
        """
        if not others:
            return []
        before = []
        after = []
        for old, new in zip(self._before[-1], self._load_with_aws(others), strict=True):
            if not (old.error or new.error or old.class_error or new.class_error):
                before.append(old)
                after.append(new)
        return compare_settings(before, after)[0]

    def variables_read_elsewhere(self) -> list[str]:
        """Return the variables without which, or by which, settings differ with AWS on.

        Code that is not rewritten reads them, such as the constructor of a client of a library.
        """
        found: list[str] = []
        for name in list(self._others)[:_MAX_TRIED_SECRETS] if self._differ_with_others else ():
            if not self._differ_with_others.isdisjoint(
                self._changed_by({name: self._others[name]})
            ):
                found.append(name)
        if not self._differ_with_aws:
            return found
        for secret in self._manifest.secret[:_MAX_TRIED_SECRETS]:
            variables = {name for name in secret.variables() if name in self._environs.complete}
            environ = {name: self._environs.complete[name] for name in variables}
            differ, _ = compare_settings(
                self._before[-1], self._load_with_aws(environ), compares_errors=False
            )
            if not self._differ_with_aws.issubset(differ):
                found += sorted(variables)
        return found

    def summary(self, problems: Sequence[str]) -> Comparison:
        """Return the result, and what the modules lack that could not be compared.

        Args:
            problems: Why modules could not be compared.
        """
        failed = []
        compared = []
        invented = set()
        for loaded in self._before[-1]:
            if loaded.error or loaded.class_error:
                failed.append(loaded)
                invented.update(loaded.samples)
            elif not self._defaults.issuperset(loaded.samples):
                compared.append(loaded.module)
                invented.update(set(loaded.samples) - self._defaults)
        return Comparison(
            modules=self.modules,
            problems=tuple(problems),
            lacks_requirements=any(map(_lacks_requirements, failed)),
            lacks_project=any(loaded.lacks_project for loaded in failed),
            lacks_variables=any(map(_lacks_variables, failed)),
            lacks_permission=any(loaded.is_denied for loaded in failed),
            sample_variables=tuple(sorted(invented)),
            sample_modules=tuple(compared),
            python_without_boto3=self._python_without_boto3(),
        )

    def _python_without_boto3(self) -> str:
        """Return the interpreter of the first load if it lacks boto3; otherwise, ""."""
        lacks = any(not loaded.has_boto3 for loads in self._before for loaded in loads)
        return self._loader.python if lacks else ""

    def _load_with_aws(self, variables: Mapping[str, str] | None = None) -> list[LoadedSettings]:
        """Load the settings with the secrets in AWS.

        Args:
            variables: Variables of secrets that are set, too.
        """
        moved = set(self._manifest.variables())
        environ = {
            name: text for name, text in self._environs.complete.items() if name not in moved
        }
        # An env file of a developer may select development, where a default replaces a secret.
        environ["AWS_SECRETS_ENV"] = "production"
        with AgentStub(self._stored_secrets()) as agent:
            self._loader.allowed_port = agent.port
            aws_on = agent.env_vars(self._manifest.app.prefix)
            empty = self._environs.empty
            return self._loader.load({**environ, **empty, **(variables or {}), **aws_on})

    def _unstable_settings(
        self, current: list[LoadedSettings], complete: list[LoadedSettings]
    ) -> set[str]:
        """Return the settings that differ on every load, such as a time or a random key."""
        time.sleep(_CLOCK_DELAY)
        unstable, _ = compare_settings(current, self._loader.load(self._environs.current))
        unstable_complete, _ = compare_settings(
            complete, self._loader.load(self._environs.complete)
        )
        return {*unstable, *unstable_complete}

    def _stored_secrets(self) -> dict[str, Hidden]:
        """Return the secrets as apply stores them, by their name in AWS."""
        stored = {}
        for secret in self._manifest.secret:
            fields = {}
            for variable, field in secret.variables().items():
                value = self._environs.values.get(variable)
                if value:
                    fields[field] = value
            name = self._manifest.app.prefix + secret.name
            if "" in fields:
                stored[name] = fields[""]
            elif fields:
                document = {field: value.reveal() for field, value in fields.items()}
                stored[name] = Hidden(json.dumps(document))
        return stored


def _project_names(tree: Tree, modules: Sequence[tuple[str, str]]) -> set[str]:
    """Return the names under which the app may be installed."""
    names = {module.partition(".")[0] for module, _ in modules}
    for folder in {"", *(folder for _, folder in modules)}:
        names.update(metadata_names(tree.read, folder))
    return names


def _lacks_requirements(failed: LoadedSettings) -> bool:
    return failed.is_import_error and not failed.lacks_project


def _lacks_variables(failed: LoadedSettings) -> bool:
    # A variable without a value is often None: `None.split(",")`.
    is_none = "NoneType" in failed.message
    return (failed.names_variable or is_none) and not failed.is_import_error
