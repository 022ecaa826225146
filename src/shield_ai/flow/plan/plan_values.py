"""Open the sources that a plan may take values from."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Final

from shield_ai.flow.value_sources import EnvFiles, SecretCopies
from shield_ai.model.environments import get_environment
from shield_ai.model.locator import Prompt
from shield_ai.project.values import Values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.app_options import PlanningOptions
    from shield_ai.model.locator import Locator
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Live


class PlanValues:
    """The sources of values of one app.

    Args:
        app: The app.
        options: The sources that the user chose.
    """

    def __init__(self, app: AppContext, options: PlanningOptions) -> None:
        self.options: Final = options
        self._app: Final = app
        self._env_files: Final = EnvFiles()

    @functools.cached_property
    def _copies(self) -> SecretCopies:
        return SecretCopies(self._app.manifest, self._app.environment, self._app.open_account)

    def open(self, env_files: Sequence[str]) -> Values:
        """Return the values in env files, environment variables and the app's code.

        Args:
            env_files: The files to read.

        Raises:
            SourceError: A file can't be read.
        """
        files = self._env_files.read(env_files)
        read = self._app.tree.read
        return Values(files, os.environ, read, self.options.prompt, self._copies.read)

    def selected_env_files(self) -> tuple[str, ...]:
        """Return the env files given by the user, or else that of the selected environment.

        With --copy-from, the latter need not exist.
        """
        if self.options.env_files or not self._app.environment:
            return self.options.env_files
        name = get_environment(self._app.manifest, self._app.environment).env_file
        if not name:
            return ()
        path = self._app.tree.path(name)
        return () if self.options.copy_from and not path.exists() else (str(path),)

    def available(self, values: Values, variables: Iterable[str]) -> dict[str, Locator]:
        """Return the locator of each variable that has a value.

        Args:
            values: From `open`.
            variables: The names.
        """
        found = values.locators(variables)
        if self.options.copy_from:
            return {**self._copies.locators(self.options.copy_from), **found}
        return found

    def prompts(self, target: Manifest, live: Live) -> dict[str, Locator]:
        """Return the locator of each variable to prompt for, because AWS has no value for it.

        Args:
            target: shield.toml, with the settings of the environment.
            live: The state of the account.
        """
        prompts: dict[str, Locator] = {}
        if self.options.prompt is None:
            return prompts
        for secret in target.secret:
            state = live.secrets.get(target.app.prefix + secret.name)
            if not (state and state.current):
                prompts.update({name: Prompt(name) for name in secret.variables()})
        return prompts
