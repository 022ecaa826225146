"""Open the sources of secret values: env files and the secrets of another environment."""

from __future__ import annotations

import contextlib
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.environments import apply_environment
from shield_ai.model.errors import SourceError
from shield_ai.model.locator import (
    CodeLiteral,
    Copy,
    DotenvLine,
    EnvVar,
    FormerSecret,
    Generated,
    Locator,
    Prompt,
)
from shield_ai.model.naming import DOTENV
from shield_ai.project.env_file import read_env_file
from shield_ai.scan.text.value_shapes import CHANGE_ME, PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Change, Origin
    from shield_ai.project.tree import Tree
    from shield_ai.project.values import Values


class EnvFiles:
    """Reads each env file once: standard input can't be read twice."""

    def __init__(self) -> None:
        self._files: dict[str, dict[str, Hidden]] = {}

    def read(self, paths: Sequence[str]) -> dict[str, dict[str, Hidden]]:
        """Return the variables of each file.

        Args:
            paths: As the user gave them; `-` is standard input.

        Raises:
            SourceError: A file can't be read.
        """
        for path in paths:
            if path not in self._files:
                self._files[path] = read_env_file(Path(path))
        return {path: self._files[path] for path in paths}


class SecretCopies:
    """Reads the secrets of other environments, for `--copy-from`, and those that were renamed.

    Args:
        manifest: shield.toml.
        environment: The selected environment; empty: none.
        open_account: Opens the account of an environment.
    """

    def __init__(
        self, manifest: Manifest, environment: str, open_account: Callable[[str], Account]
    ) -> None:
        self._manifest = manifest
        self._environment = environment
        self._open_account = open_account
        self._values: dict[tuple[str, str], Hidden] = {}

    def locators(self, environment: str) -> dict[str, Locator]:
        """Return the locator of each variable with a value in an environment.

        Args:
            environment: The environment to copy from.

        Raises:
            AwsError: An AWS call failed.
        """
        source = apply_environment(self._manifest, environment)
        names = {source.app.prefix + secret.name: secret for secret in source.secret}
        live = self._open_account(environment).secrets.live_state(names)
        locators: dict[str, Locator] = {}
        for name, state in live.secrets.items():
            if not state.current or state.deleted:
                continue
            secret = names[name]
            for variable, field in secret.variables().items():
                locators[variable] = Copy(environment, secret.name, field)
        return locators

    def read(self, source: Copy | FormerSecret) -> Hidden:
        """Read a secret.

        Args:
            source: The secret, with or without one of its fields.

        Returns:
            The entire value.

        Raises:
            AwsError: An AWS call failed.
        """
        if isinstance(source, FormerSecret):
            key = (self._environment, source.name)
        else:
            prefix = apply_environment(self._manifest, source.environment).app.prefix
            key = (source.environment, prefix + source.secret)
        if key not in self._values:
            environment, name = key
            self._values[key] = self._open_account(environment).secrets.read(name)
        return self._values[key]


def planned_env_files(changes: Sequence[Change]) -> list[str]:
    """Return the env files that the locators of a plan name, sorted.

    Args:
        changes: The planned changes.
    """
    paths = set()
    for change in changes:
        for origin in change.origins:
            source = origin.source
            if isinstance(source, DotenvLine):
                paths.add(source.path)
    return sorted(paths)


def app_env_values(tree: Tree, settings: Sequence[str]) -> dict[str, Hidden]:
    """Return the variables of the .env files that the settings may load; the closest file wins.

    Empty variables are left out.

    Args:
        tree: The app's folder.
        settings: The paths of the settings files.
    """
    values: dict[str, Hidden] = {}
    for variables in _app_env_files(tree, settings):
        values |= {name: value for name, value in variables.items() if value}
    return values


def empty_app_variables(tree: Tree, settings: Sequence[str]) -> set[str]:
    """Return the variables that the .env files set, but only to an empty value.

    Args:
        tree: The app's folder.
        settings: The paths of the settings files.
    """
    names = {name for variables in _app_env_files(tree, settings) for name in variables}
    return names - app_env_values(tree, settings).keys()


def _app_env_files(tree: Tree, settings: Sequence[str]) -> Iterator[dict[str, Hidden]]:
    """Yield the variables of each .env file that the settings may load, the closest one last."""
    folders: set[PurePosixPath] = set()
    for path in settings:
        folders.update(PurePosixPath(path).parents)
    for folder in sorted(folders, key=lambda folder: len(folder.parts)):
        env_file = str(folder / DOTENV)
        # The app's parser may accept a file that ours rejects, and an app may need no file.
        with contextlib.suppress(SourceError):
            if tree.read(env_file) is not None:
                yield read_env_file(tree.path(env_file))


def placeholder_secrets(changes: Sequence[Change], values: Values) -> Iterator[str]:
    """Yield the secrets with a placeholder such as `changeme` in a file or environment variable.

    Args:
        changes: The planned changes.
        values: Resolves the locators.
    """
    for change in changes:
        for origin in change.origins:
            source = origin.source
            if not isinstance(source, EnvVar | DotenvLine | CodeLiteral):
                continue
            value = values.resolve(source).reveal()
            if PLACEHOLDER.search(value) or CHANGE_ME.fullmatch(value):
                yield f"{change.name} ({_place(source)})"


def require_unambiguous(changes: Sequence[Change], values: Values) -> None:
    """Require that the values to store have no `${NAME}` that only some readers expand.

    Args:
        changes: The planned changes.
        values: Resolves the locators.

    Raises:
        UnsafePlanError: A value in an env file is ambiguous.
    """
    for change in changes:
        for origin in change.origins:
            values.require_unambiguous(origin.source)


def _place(source: EnvVar | DotenvLine | CodeLiteral) -> str:
    return source.path if isinstance(source, CodeLiteral) else source.variable


def has_value(values: Values, origin: Origin, text: str) -> bool:
    """Return whether an origin's value equals a text; False if generated or prompted for.

    Args:
        values: Resolves the locators.
        origin: The origin.
        text: The text to compare with.

    Raises:
        ValueMissingError: A value no longer exists in its source.
    """
    if isinstance(origin.source, Generated | Prompt):
        return False
    return values.resolve(origin.source).reveal() == text
