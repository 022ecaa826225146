"""Find the values that only AWS has, and that the app needs after a rollback."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.journal.journal_record import FileStep, SecretStep
from shield_ai.flow.pull import has_current_values, has_unlisted_value, pull_command_for
from shield_ai.flow.rollback.aws_steps import SecretChecks
from shield_ai.flow.rollback.edited_files import find_edited_files
from shield_ai.flow.rollback.restored_values import (
    restored_literals,
    restored_values,
    values_in_file,
)
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.model.plan import Action
from shield_ai.model.site import Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.journal_record import Step
    from shield_ai.flow.journal.log import Journal
    from shield_ai.flow.rollback.aws_steps import TryLogin
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Secret


class PullAdvice(NamedTuple):
    """What to do before a rollback, to keep current values that the app needs."""

    command: str  # writes the values of the secrets in shield.toml to an env file
    number: int  # how many of the secrets are in shield.toml
    unlisted: tuple[str, ...]  # the names in AWS of the other secrets
    literals: tuple[str, ...]  # the places where the rollback restores hardcoded values of them


class UnsavedValues:
    """The current values of the secrets of an app, before a rollback.

    Args:
        app: The app, with the environment of the last apply.
        journal: Locked by the caller.
        steps: The steps to undo.
    """

    def __init__(self, app: AppContext, journal: Journal, steps: Sequence[Step]) -> None:
        self._app = app
        self._journal = journal
        self._steps = steps

    def advice(self) -> PullAdvice:
        """Return the secrets with current values that the app needs, and how to save them.

        These are the secrets that apply created, and those that were rotated since, unless an env
        file has their current values, or the rollback restores them.
        """
        names = self._names_to_lose()
        # The restored code reads the variables again.
        if any(isinstance(step, FileStep) for step in self._steps):
            names |= self._rotated_names()
        replaced = {step.what for step in self._steps}
        command = pull_command_for(self._app.tree, self._app.environment)
        unlisted = tuple(sorted(name for name in names if not self.is_listed(name)))
        literals = tuple(self._literals(names, replaced))
        return PullAdvice(command, len(names) - len(unlisted), unlisted, literals)

    def _literals(self, names: Collection[str], replaced: Collection[str]) -> Iterator[str]:
        """Yield the places where the rollback restores a hardcoded value of one of the secrets."""
        variables: set[str] = set()
        for name in names:
            if name in self._secrets:
                variables.update(self._secrets[name].variables())
        for finding, site in self._app.scan_result.constants:
            is_hardcoded = site.shape is Shape.LITERAL and site.variable in variables
            if is_hardcoded and finding.path in replaced:
                yield f"{finding.name} in {finding.path}"
        steps = [step for step in self._steps if isinstance(step, FileStep)]
        for variable, path in restored_literals(steps, self._journal.backups, variables):
            yield f"{variable} in {path}"

    def checks(self, try_login: TryLogin, rotation_problem: Callable[[str], str]) -> SecretChecks:
        """Return what decides how each secret is undone; see `SecretChecks`."""
        return SecretChecks(
            try_login=try_login,
            rotation_problem=rotation_problem,
            is_pulled=self.is_pulled,
            is_listed=self.is_listed,
        )

    def is_listed(self, name: str) -> bool:
        """Return whether shield.toml lists a secret, as `shield pull` requires.

        Args:
            name: The secret's name in AWS.
        """
        return name in self._secrets

    @functools.cached_property
    def _secrets(self) -> dict[str, Secret]:
        """The secrets in shield.toml, by their name in AWS."""
        target = self._app.target_manifest
        return {target.app.prefix + secret.name: secret for secret in target.secret}

    def _names_to_lose(self) -> set[str]:
        """Return the secrets with a current value that undoing the steps may lose."""
        steps = [step for step in self._steps if isinstance(step, SecretStep)]
        try:
            return {step.what for step in steps if self._may_lose(step)}
        except AwsError:
            return {step.what for step in steps}  # the rollback reports the error

    def _rotated_names(self) -> set[str]:
        """Return the secrets that were rotated since any apply stored them.

        After an error of AWS, the other secrets are not returned: restoring files needs no AWS.
        """
        stored: dict[str, SecretStep] = {}
        tokens: set[str] = set()
        for record in self._journal.records:
            if isinstance(record, SecretStep) and record.environment == self._app.environment:
                stored[record.what] = record
                tokens.add(record.token)
        names: set[str] = set()
        try:
            for name, step in stored.items():
                state = self._app.aws.secrets.state(name) if self._app.aws else None
                if state and state.current not in tokens and self._may_lose(step):
                    names.add(name)
        except ShieldError:
            return names
        return names

    def is_pulled(self, name: str) -> bool:
        """Return whether an env file has the current value of a secret.

        Args:
            name: The secret's name in AWS.
        """
        return self._has_values(name, (), ())

    def _has_values(
        self, name: str, replaced: Collection[str], restored: Collection[Hidden]
    ) -> bool:
        """Return whether the app has the current value of a secret without AWS.

        Args:
            name: The secret's name in AWS.
            replaced: The env files to ignore, because the rollback replaces them.
            restored: The values that the rollback restores; they need no env file.
        """
        secret = self._secrets.get(name)
        if secret:
            return has_current_values(self._app, secret, replaced, restored)
        return has_unlisted_value(self._app, name, replaced, restored)

    @functools.cached_property
    def _restored_values(self) -> tuple[Hidden, ...]:
        """The literals and variables in the files as they are after the rollback."""
        steps = [step for step in self._steps if isinstance(step, FileStep) and step.before]
        found = [*restored_values(steps, self._journal.backups)]
        for file in find_edited_files(self._steps, self._app.tree, self._journal):
            if file.keeps_values and file.merged is not None:
                found += values_in_file(file.path, file.merged)
        return tuple(found)

    def _may_lose(self, step: SecretStep) -> bool:
        """Return whether only AWS has the current value of a secret, and the app may need it."""
        aws = self._app.aws
        state = aws.secrets.state(step.what) if aws else None
        if state is None or state.deleted:
            return False
        if state.has_pending:
            return False  # the database may reject the current value; the rollback says what to do
        replaced = {undone.what for undone in self._steps}
        if self._has_values(step.what, replaced, self._restored_values):
            return False
        is_rotated = bool(step.token) and step.token != state.current
        return is_rotated or step.action is not Action.UPDATE
